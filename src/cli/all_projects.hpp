// The answers of several projects made one, as if all their segments stood in one project.
//
// Ids stay as they are: two projects may have the same one, and both are told. Asking the projects
// and printing is the verbs' business (verbs_read.cpp,
// verbs_search.cpp), which use this for one project as well.
#pragma once

#include <string>
#include <vector>

#include <shale/query.hpp>

#include "base/integers.hpp"
#include "cli/answers.hpp"

namespace shale::cli {

struct ProjectPage {
  std::string project;
  Page page;
};

struct ProjectSegment {
  std::string project;
  Metadata metadata;
};

struct ListedProjects {
  std::vector<ProjectSegment> segments;
  u64 total = 0;
  std::vector<Fault> faults;
};

// Pages of one listing, in its order, cut to its limit; what nothing else tells apart stays in the
// order of the pages.
ListedProjects merge_pages(std::vector<ProjectPage> pages, const Listing& listing);

// Groups of the same key become one, by exact addition, and times the wider ones; largest sum
// first, then count, then key.
Sum merge_sums(std::vector<Sum> sums);

struct ProjectAnswer {
  std::string project;
  Answer answer;
};

struct FoundProjects {
  std::vector<ProjectHit> hits;
  u64 total = 0;
  bool widened = false;  // in any project, as are the two behind it
  bool partial = false;
  bool moved = false;
  std::string cursor;  // joined_cursor.hpp where all projects are asked for
  std::vector<Facet> facets;
  std::string explanation;
  std::vector<Fault> faults;
  i64 microseconds = 0;  // inside the search calls
};

// The page of `query` that the answers of the projects make: best score first, then newest, then
// the smaller id, then the order of the answers. Facets add up, if none was cut, and are cut here.
FoundProjects merge_answers(std::vector<ProjectAnswer> answers, const Query& query,
                            bool all_projects);

}  // namespace shale::cli

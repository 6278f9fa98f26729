#include "cli/all_projects.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

Metadata segment(const std::string& id, i64 created) {
  Metadata metadata;
  metadata.id = id;
  metadata.created_at.microseconds = created;
  return metadata;
}

std::vector<std::string> ids(const ListedProjects& listed) {
  std::vector<std::string> names;
  for (const auto& [project, metadata] : listed.segments) {
    names.push_back(project + '/' + metadata.id);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("all projects: pages are merged by key, then time, then id, and cut") {
  Page one{{segment("c", 5), segment("a", 4), segment("x", 1)}, {9, 3, INT64_MIN}, 7, {}};
  Page two{{segment("b", 6), segment("a", 4), segment("b", 4)}, {9, 3, 3}, 3, {}};
  two.faults.emplace_back().message = "one";
  const std::vector<ProjectPage> pages = {{"p", one}, {"q", two}};
  const auto all = merge_pages(pages, {.sort = "tokens", .limit = 100});
  CHECK(ids(all) == Names{"q/b", "p/c", "p/a", "q/a", "q/b", "p/x"});
  CHECK(all.total == 10);
  REQUIRE(all.faults.size() == 1);
  CHECK(all.faults[0].message == "one");
  CHECK(ids(merge_pages(pages, {.sort = "tokens", .limit = 2})) == Names{"q/b", "p/c"});
  CHECK(ids(merge_pages(pages, {.limit = 0})).empty());
  CHECK(ids(merge_pages({}, {})).empty());
}

TEST_CASE("all projects: a listing by id goes by ids alone") {
  Page rising{{segment("a", 1), segment("c", 2)}, {0, 0}, 2, {}};
  Page more{{segment("b", 9), segment("c", 3)}, {0, 0}, 2, {}};
  CHECK(ids(merge_pages({{"p", rising}, {"q", more}}, {.sort = "-id"})) ==
        Names{"p/a", "q/b", "p/c", "q/c"});
  std::swap(rising.segments[0], rising.segments[1]);
  std::swap(more.segments[0], more.segments[1]);
  CHECK(ids(merge_pages({{"p", rising}, {"q", more}}, {.sort = "id"})) ==
        Names{"p/c", "q/c", "q/b", "p/a"});
}

TEST_CASE("all projects: groups of one key become one, beyond what a double holds") {
  const u64 large = (u64(1) << 53) + 1;
  Sum one{{{{"x"}, 2, large}, {{"y"}, 1, 3}}, {}};
  Sum two{{{{"z"}, 1, 7}, {{"y"}, 5, 4}, {{"x"}, 1, 1}}, {}};
  two.faults.emplace_back().message = "one";
  const Sum all = merge_sums({one, two});
  const std::vector<SumRow> expected = {
      {{"x"}, 3, large + 1}, {{"y"}, 6, 7}, {{"z"}, 1, 7}};  // equal sums: the larger count first
  CHECK(all.rows == expected);
  CHECK(all.faults.size() == 1);
  CHECK(merge_sums({}).rows.empty());
}

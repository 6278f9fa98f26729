#include "cli/all_projects.hpp"

#include "cli/joined_cursor.hpp"
#include "query/cursor.hpp"
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
  Sum one{{{{"x"}, 2, large}, {{"y"}, 1, 3}}, false, false, {}};
  Sum two{{{{"z"}, 1, 7}, {{"y"}, 5, 4}, {{"x"}, 1, 1}}, false, false, {}};
  two.faults.emplace_back().message = "one";
  const Sum all = merge_sums({one, two});
  const std::vector<SumRow> expected = {
      {{"x"}, 3, large + 1}, {{"y"}, 6, 7}, {{"z"}, 1, 7}};  // equal sums: the larger count first
  CHECK(all.rows == expected);
  CHECK(all.faults.size() == 1);
  CHECK(merge_sums({}).rows.empty());
}

TEST_CASE("all projects: what is absent adds up, times widen") {
  Sum one{{{{"x"}, 2, 5, 1, TimeRange{10, 20}, TimeRange{30, 40}}}, true, false, {}};
  Sum two{{{{"x"}, 3, 5, 2, TimeRange{5, 15}, TimeRange{35, 45}}, {{"y"}, 1, 1}}, false, true, {}};
  const Sum all = merge_sums({one, two});
  CHECK(all.rows == std::vector<SumRow>{{{"x"}, 5, 10, 3, TimeRange{5, 20}, TimeRange{30, 45}},
                                        {{"y"}, 1, 1, 0}});
  CHECK(all.widened);
  CHECK(all.partial);
  const Sum neither = merge_sums({Sum()});
  CHECK_FALSE(neither.widened);
  CHECK_FALSE(neither.partial);
}

namespace {

Hit hit(const std::string& id, float score, i64 created) {
  Hit made;
  made.id = id;
  made.score = score;
  made.created_at.microseconds = created;
  return made;
}

// A page as the library gives it: `page` is where it begins.
Answer page_of(std::vector<Hit> hits, u64 total, bool more) {
  Answer answer;
  answer.hits = std::move(hits);
  answer.total = total;
  query::Cursor cursor;
  cursor.edition = total;  // tells the projects apart
  answer.page = query::encode_cursor(cursor);
  if (more) answer.cursor = cursor_behind(answer, answer.hits.size());
  return answer;
}

Names names(const FoundProjects& found) {
  Names all;
  for (const ProjectHit& one : found.hits) all.push_back(one.project + '/' + one.hit.id);
  return all;
}

// Where each project goes on: total of the project, id of the last hit told.
std::vector<std::pair<u64, std::string>> places(const FoundProjects& found) {
  std::vector<std::pair<u64, std::string>> all;
  const ProjectCursors cursors = split_cursor(found.cursor).value();
  for (const auto& [project, text] : cursors) {
    const query::Cursor cursor = query::decode_cursor(text).value();
    all.emplace_back(cursor.edition, cursor.after ? cursor.after->id : "");
  }
  return all;
}

using Places = std::vector<std::pair<u64, std::string>>;

}  // namespace

TEST_CASE("all projects: hits are merged in the order of one project, and cut to the page") {
  Answer one = page_of({hit("b", 3, 5), hit("d", 2, 5), hit("a", 1, 1)}, 3, false);
  Answer two = page_of({hit("c", 2, 6), hit("e", 2, 5), hit("d", 2, 5)}, 9, true);
  std::swap(two.hits[1], two.hits[2]);
  two.widened = true;
  one.faults.emplace_back().message = "one";
  const std::vector<ProjectAnswer> answers = {{"p", one}, {"q", two}};
  const FoundProjects all = merge_answers(answers, {.limit = 3}, true);
  CHECK(names(all) == Names{"p/b", "q/c", "p/d"});
  CHECK(all.total == 12);
  CHECK(all.widened);
  CHECK_FALSE(all.moved);
  CHECK(all.faults.size() == 1);
  CHECK(places(all) == Places{{3, "d"}, {9, "c"}});
  CHECK(names(merge_answers(answers, {.limit = 100}, true)) ==
        Names{"p/b", "q/c", "p/d", "q/d", "q/e", "p/a"});
}

TEST_CASE("all projects: every project goes on behind what was told of it") {
  const Answer some = page_of({hit("a", 2, 1), hit("b", 1, 1)}, 2, false);
  const Answer none = page_of({}, 0, false);
  const Answer low = page_of({hit("c", 1, 1)}, 5, true);
  // Of the third nothing was told yet.
  CHECK(places(merge_answers({{"p", some}, {"q", none}, {"r", low}}, {.limit = 1}, true)) ==
        Places{{2, "a"}, {0, ""}, {5, ""}});
  CHECK(places(merge_answers({{"p", some}, {"r", low}}, {.limit = 3}, true)) ==
        Places{{2, "b"}, {5, "c"}});
  // Nothing follows anywhere, or nothing was asked for.
  CHECK(merge_answers({{"p", some}, {"q", none}}, {.limit = 2}, true).cursor.empty());
  CHECK_FALSE(merge_answers({{"p", some}, {"q", none}}, {.limit = 1}, true).cursor.empty());
  CHECK(merge_answers({{"p", none}}, {.limit = 0}, true).cursor.empty());
  CHECK(merge_answers({}, {.limit = 5, .facets = {"type"}}, true).cursor.empty());
  // One project alone keeps its own cursor.
  CHECK(merge_answers({{"r", low}}, {.limit = 1}, false).cursor == low.cursor);
}

TEST_CASE("all projects: facets add up before they are cut") {
  Answer one, two;
  one.facets = {{"type", {{"a", 3}, {"b", 2}, {"c", 2}}, 3}};
  two.facets = {{"type", {{"c", 5}, {"d", 2}}, 2}};
  two.moved = true;
  const Query query{.limit = 0, .facets = {"type"}, .facet_rows = 3};
  const FoundProjects all = merge_answers({{"p", one}, {"q", two}}, query, true);
  CHECK(all.facets == std::vector<Facet>{{"type", {{"c", 7}, {"a", 3}, {"b", 2}}, 4}});
  CHECK(all.moved);
  // Of one project they may have been cut already.
  one.facets[0].distinct = 50;
  CHECK(merge_answers({{"p", one}}, query, false).facets[0].distinct == 50);
}

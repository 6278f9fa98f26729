#include "cli/store_import.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

ImportedStore some() {
  ImportedProject one;
  one.name = "notes";
  one.from = "notes";
  one.added = 2;
  one.conflicts = 7;
  one.mine = 3;
  one.both = 4;
  one.conflicting = {"a", "b", "c", "d", "e", "f", "g"};
  ImportedProject two;
  two.name = "here\n";
  two.from = "there";
  two.is_new = true;
  two.same = 1;
  ImportedStore all;
  all.projects = {one, two};
  all.added = 2;
  return all;
}

}  // namespace

TEST_CASE("store import: a line for each project") {
  const std::vector<std::string> lines = lines_of(some());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "notes: 2 added, 0 same, 7 conflicts (3 mine, 4 both): a, b, c, d, e, ...");
  CHECK(lines[1] == "here : 0 added, 1 same (from there)");
}

TEST_CASE("store import: the report as JSON") {
  const auto json = json_of(some());
  CHECK(json["added"] == 2);
  CHECK(json["projects"].size() == 2);
  CHECK(json["projects"][0]["both"] == 4);
  CHECK(json["projects"][0]["conflicting"].size() == 7);
  CHECK(json["projects"][1]["is_new"] == true);
  CHECK(json["projects"][1]["from"] == "there");
}

TEST_CASE("store import: policies by name") {
  CHECK(conflict_policy("newest") == OnConflict::newest);
  CHECK(conflict_policy("both") == OnConflict::both);
  CHECK(conflict_policy("mine") == OnConflict::mine);
  CHECK(conflict_policy("theirs") == OnConflict::theirs);
  CHECK(conflict_policy("") == OnConflict::refuse);
}

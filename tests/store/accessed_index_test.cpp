#include "store/accessed_index.hpp"

#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

std::vector<std::string> listed(const Snapshot& now, const std::string& sort,
                                const std::string& where = {}) {
  std::vector<std::string> ids;
  const Page page = now.list({.where = where, .sort = sort}).value();
  for (const Metadata& metadata : page.segments) ids.push_back(metadata.id);
  return ids;
}

TEST_CASE("listings by accesses, over shards and logs") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  project.merge(true).value();
  stash_many(project, "b", 2);
  read(project, "a1", 3);
  read(project, "b1", 5);
  read(project, "a2", 1);
  const Snapshot now = project.snapshot().value();
  CHECK(listed(now, "accesses") == std::vector<std::string>{"b1", "a1", "a2", "a0", "b0"});
  CHECK(listed(now, "-accesses") == std::vector<std::string>{"a0", "b0", "a2", "a1", "b1"});
  const Page page = now.list({.sort = "accesses"}).value();
  CHECK(page.sort_keys == std::vector<std::int64_t>{5, 3, 1, 0, 0});
  // All within the same second, or two: those never read come last either way.
  CHECK(listed(now, "accessed").size() == 5);
  CHECK(listed(now, "-accessed").back() == "b0");
}

TEST_CASE("filters by accesses, of patched segments too") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 4);
  project.merge(true).value();
  read(project, "a1", 3);
  read(project, "a2", 1);
  update(project, "a1", {.pinned = true});
  const Snapshot now = project.snapshot().value();
  CHECK(now.count("accesses:>=1").value().count == 2);
  CHECK(now.count("accesses:0").value().count == 2);
  CHECK(now.count("accesses:>=3 pinned:true").value().count == 1);
  CHECK(now.count("accesses:<3 pinned:true").value().count == 0);
  CHECK(now.count("accessed:1h").value().count == 2);
  CHECK(now.count("-accessed:*").value().count == 2);
  CHECK(now.count("accessed:<2020-01-01").value().count == 0);
  CHECK(listed(now, "id", "accesses:3") == std::vector<std::string>{"a1"});
  CHECK(now.search({.text = "number", .where = "accesses:>2"}).value().total == 1);
}

TEST_CASE("counts at dead versions are told of the live ones") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  read(project, "a0", 3);
  flush(state);
  const Snapshot old = project.snapshot().value();
  stash(project, "a0", "newer");
  forget_counts(state);  // who superseded it was killed
  const std::vector<std::string> expected = {"a0", "a1"};
  CHECK(listed(project.snapshot().value(), "accesses") == expected);
  CHECK(listed(old, "accesses") == expected);  // the version it shows is dead by now
  project.merge(true).value();
  CHECK(listed(old, "accesses") == expected);  // and its shard is gone
}

TEST_CASE("who may not write lists by what is there") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 2);
    project.merge(true).value();
    read(project, "a0");
  }
  const Snapshot now = store.open(reading()).snapshot().value();
  CHECK(listed(now, "accesses") == std::vector<std::string>{"a0", "a1"});
}

TEST_CASE("only questions that name accesses pay for them") {
  CHECK(may_ask_for_accesses("type:code accesses:>1"));
  CHECK(may_ask_for_accesses("-accessed"));
  CHECK(!may_ask_for_accesses("type:code created:7d"));
}

}  // namespace
}  // namespace shale::store

#include <shale/working_set.hpp>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

void stash_in(Project& project, const std::string& id, Tier tier, std::optional<std::string> task,
              i64 touched, std::optional<u32> tokens = std::nullopt) {
  Batch batch;
  batch.stash({.id = id,
               .text = "text of " + id,
               .task = std::move(task),
               .touched_at = Time{touched, true},
               .tier = tier,
               .tokens = tokens});
  project.commit(batch).value();
}

std::vector<std::string> ids_of(const WorkingSet& set) {
  std::vector<std::string> ids;
  for (const Metadata& one : set.segments) ids.push_back(one.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("the working set: last touched first, of one task or of all, with its tokens") {
  const TestStore store;
  Project project = store.open();
  stash_in(project, "a", Tier::working, "one", 100, 5);
  stash_in(project, "b", Tier::working, "two", 300, 7);
  stash_in(project, "c", Tier::stashed, "one", 400, 11);
  project.merge(true).value();
  stash_in(project, "d", Tier::working, "one", 200);
  stash_in(project, "e", Tier::archive, std::nullopt, 500, 13);
  const Snapshot now = project.snapshot().value();
  const WorkingSet all = now.working_set().value();
  CHECK(ids_of(all) == Ids{"b", "d", "a"});
  CHECK(all.tokens == 12);
  CHECK(all.uncounted == 1);
  CHECK(ids_of(now.working_set("one").value()) == Ids{"d", "a"});
  CHECK(now.working_set("three").value().segments.empty());
  CHECK(now.working_set("").value().segments.empty());
}

TEST_CASE("a segment comes into the working set, and leaves it, without its text being written") {
  const TestStore store;
  Project project = store.open();
  stash_in(project, "a", Tier::stashed, std::nullopt, 100);
  stash_in(project, "b", Tier::working, std::nullopt, 200);
  project.merge(true).value();
  Batch batch;
  batch.set_tier("a", Tier::working);
  batch.set_tier("b", Tier::archive);
  CHECK(project.commit(batch).value().updated == 2);
  CHECK(ids_of(project.snapshot().value().working_set().value()) == Ids{"a"});
  CHECK(metadata_of_id(project, "b").tier == Tier::archive);
}

TEST_CASE("a task with quotes and blanks is itself") {
  const TestStore store;
  Project project = store.open();
  const std::string task = "a \"b\" \\ * c:d";
  stash_in(project, "a", Tier::working, task, 100);
  stash_in(project, "b", Tier::working, "a", 100);
  CHECK(ids_of(project.snapshot().value().working_set(task).value()) == Ids{"a"});
}

TEST_CASE("the working set survives the process") {
  const TestStore store;
  {
    Project project = store.open();
    stash_in(project, "a", Tier::working, std::nullopt, 100);
  }
  CHECK(ids_of(store.open().snapshot().value().working_set().value()) == Ids{"a"});
}

}  // namespace
}  // namespace shale::store

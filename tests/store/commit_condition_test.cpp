#include "store/commit_condition.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

Batch batch_of(std::initializer_list<const char*> ids, u64 since) {
  Batch batch;
  for (const char* id : ids) batch.stash(segment(id, "mine"));
  batch.require_unchanged_since(since);
  return batch;
}

// What became of a batch over `a` and `new` that was made before `between`.
ErrorCode outcome(const std::function<void(Project)>& between, bool bulk) {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "before");
  stash(project, "b", "before");
  const u64 since = project.snapshot().value().lsn();
  between(project);
  const Contents before = contents(project);
  const Batch batch = batch_of({"a", "new"}, since);
  const auto done = bulk ? project.ingest(batch) : project.commit(batch, Durability::relaxed);
  if (done) {
    CHECK(text_of(project, "a") == "mine");
    CHECK(text_of(project, "new") == "mine");
    return ErrorCode::io;  // stands for: it was committed
  }
  CHECK(contents(project) == before);
  CHECK(project.verify().value().faults.empty());
  return done.error().code;
}

TEST_CASE("a batch is committed where nobody has changed its ids since, and only there") {
  constexpr ErrorCode committed = ErrorCode::io;
  for (const bool bulk : {false, true}) {
    CHECK(outcome([](Project) {}, bulk) == committed);
    CHECK(outcome([](Project p) { stash(p, "b", "x"); }, bulk) == committed);
    CHECK(outcome([](Project p) { erase(p, "b"); }, bulk) == committed);
    CHECK(outcome([](Project p) { ingest(p, {segment("b", "x")}); }, bulk) == committed);
    CHECK(outcome([](Project p) { erase(p, "none"); }, bulk) == committed);
    CHECK(outcome([](Project p) { stash(p, "a", "x"); }, bulk) == ErrorCode::conflict);
    CHECK(outcome([](Project p) { stash(p, "new", "x"); }, bulk) == ErrorCode::conflict);
    CHECK(outcome([](Project p) { update(p, "a", {.pinned = true}); }, bulk) ==
          ErrorCode::conflict);
    CHECK(outcome([](Project p) { erase(p, "a"); }, bulk) == ErrorCode::conflict);
    CHECK(outcome([](Project p) { ingest(p, {segment("a", "x")}); }, bulk) == ErrorCode::conflict);
    // Folded or not.
    CHECK(outcome([](Project p) { p.merge(true).value(); }, bulk) == committed);
    CHECK(outcome(
              [](Project p) {
                update(p, "a", {.pinned = true});
                p.merge(true).value();
              },
              bulk) == ErrorCode::conflict);
    CHECK(outcome(
              [](Project p) {
                ingest(p, {segment("a", "x")});
                p.merge(true).value();
              },
              bulk) == ErrorCode::conflict);
  }
}

TEST_CASE("updates and erases depend on it as stashes do, and clear() takes it back") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "one");
  const u64 since = project.snapshot().value().lsn();
  stash(project, "a", "two");
  Batch batch;
  batch.require_unchanged_since(since);
  batch.update("a", {.pinned = true});
  const auto refused = project.commit(batch);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("'a' was changed") == 0);
  batch.clear();
  batch.erase("a");
  CHECK(project.commit(batch).value().erased == 1);
}

TEST_CASE("what happened since and is not kept any more may have been a change") {
  StoreConfig config = sealing_after(5);
  config.keep_changes_days = 0;
  const TestStore store(config);
  Project project = store.open();
  const u64 since = stash(project, "a", "one").lsn;
  stash_many(project, "b", 10);
  project.merge(true).value();
  CHECK(project.commit(batch_of({"a"}, since)).error().code == ErrorCode::conflict);
  CHECK(project.commit(batch_of({"a"}, project.snapshot().value().lsn())).has_value());
}

TEST_CASE("counters of several threads that read and write lose nothing") {
  const TestStore store(sealing_after(100));
  stash(store.open(), "n", "0");
  constexpr int threads = 4, additions = 60;
  std::atomic<int> conflicts = 0;
  std::vector<std::jthread> counting;
  for (int t = 0; t < threads; ++t) {
    counting.emplace_back([&] {
      Project project = store.open();
      for (int n = 0; n < additions;) {
        const Snapshot snapshot = project.snapshot().value();
        Batch batch;
        batch.require_unchanged_since(snapshot.lsn());
        batch.stash(segment("n", std::to_string(std::stoi(text_of(snapshot, "n")) + 1)));
        const auto done = project.commit(batch, Durability::relaxed);
        if (done) ++n;
        if (done) continue;
        REQUIRE(done.error().code == ErrorCode::conflict);
        ++conflicts;
      }
    });
  }
  counting.clear();
  CHECK(text_of(store.open(), "n") == std::to_string(threads * additions));
  CHECK(conflicts > 0);
}

}  // namespace
}  // namespace shale::store

#include "store/activity.hpp"

#include <thread>

#include "store/durability.hpp"
#include "store/lease.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;
using namespace std::chrono_literals;

u64 counted(const Project& project, Operation operation) {
  return project.stats().value().activity.of(operation).count;
}

void ask_everything(const Project& project) {
  const Snapshot now = project.snapshot().value();
  const std::vector<std::string> ids = {"a", "none"};
  (void)now.get("a").value();
  (void)now.get_many(ids).value();
  (void)now.search({.text = "text"}).value();
  (void)now.count().value();
  (void)now.list({}).value();
  (void)now.sum("bytes", {}).value();
  (void)now.usage().value();
  (void)now.pack({.text = "text", .tokens = 100}).value();
  (void)now.changes().value();
}

TEST_CASE("every operation is counted once, under its name") {
  const TestStore store(counting_config());
  Project project = store.open();
  stash(project, "a", "text", Durability::full);
  stash(project, "b", "more text", Durability::relaxed);
  ingest(project, {segment("c", "a third")});
  ask_everything(project);
  const Activity activity = project.stats().value().activity;
  for (const Operation one :
       {Operation::get, Operation::get_many, Operation::search, Operation::count, Operation::list,
        Operation::sum, Operation::usage, Operation::pack, Operation::changes, Operation::snapshot,
        Operation::commit_full, Operation::commit_relaxed, Operation::ingest}) {
    INFO(name_of(one));
    CHECK(activity.of(one).count == 1);
    CHECK(activity.of(one).timed == 1);
    CHECK(activity.of(one).total_ns > 0);
    CHECK(activity.of(one).longest_ns == activity.of(one).total_ns);
    CHECK(activity.of(one).p50_ns == activity.of(one).longest_ns);
    REQUIRE_FALSE(activity.of(one).buckets.empty());
    CHECK(activity.of(one).buckets.back().count == 1);
  }
  CHECK(activity.of(Operation::sync).count >= 1);
  CHECK(activity.of(Operation::commit_full).bytes == 4);
  CHECK(activity.of(Operation::commit_relaxed).bytes == 9);
  CHECK(activity.of(Operation::ingest).bytes == 7);
  CHECK(activity.since > 0);
  CHECK(activity.since <= now_microseconds());
  CHECK(activity.segments.hits + activity.segments.misses > 0);
}

TEST_CASE("what earlier processes did stands beside what this one does") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "a", "text");
    ask_everything(project);
  }
  const i64 since = store.open().stats().value().activity.since;
  Project project = store.open();
  CHECK(counted(project, Operation::search) == 1);
  ask_everything(project);
  CHECK(counted(project, Operation::search) == 2);
  CHECK(counted(project, Operation::search) == 2);
  const Activity activity = store.open(reading()).stats().value().activity;
  CHECK(activity.of(Operation::search).count == 2);
  CHECK(activity.since == since);
  CHECK(files_in(store.paths().volatile_folder(), "STATS").size() == 1);
}

TEST_CASE("processes that work at once are counted to the last call") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const u64 before = counted(store.open(), Operation::get);
  constexpr int processes = 4, rounds = 300;
  {
    std::vector<std::unique_ptr<Child>> children;
    children.reserve(processes);
    for (int i = 0; i < processes; ++i) {
      children.push_back(std::make_unique<Child>([&](int) {
        const Store own = Store::open(store.path()).value();
        const Snapshot now = own.project("default").value().snapshot().value();
        for (int n = 0; n < rounds; ++n) {
          (void)now.get("a").value();
          (void)now.count().value();
        }
      }));
    }
    for (const auto& child : children) CHECK(child->wait() == 0);
  }
  const Project project = store.open();
  CHECK(counted(project, Operation::get) == before + processes * rounds);
  CHECK(counted(project, Operation::count) == processes * rounds);
}

TEST_CASE("a killed process takes a second of its figures along at most, and nobody else's") {
  const TestStore store;
  stash(store.open(), "a", "text");
  Child child([&](int pipe) {
    const Store own = Store::open(store.path()).value();
    const Snapshot now = own.project("default").value().snapshot().value();
    for (int n = 0; n < 100; ++n) (void)now.count().value();
    Child::say(pipe);
    for (;;) std::this_thread::sleep_for(1h);
  });
  REQUIRE(child.hears(1));
  const Project project = store.open();
  (void)project.snapshot().value().count().value();
  for (int tries = 0; tries < 500 && counted(project, Operation::count) < 101; ++tries) {
    std::this_thread::sleep_for(20ms);
  }
  CHECK(counted(project, Operation::count) == 101);  // while it lives
  child.kill();
  CHECK(counted(project, Operation::count) == 101);
  (void)project.snapshot().value().count().value();
  CHECK(counted(project, Operation::count) == 102);
  CHECK(counted(store.open(), Operation::count) == 102);
}

TEST_CASE("a child of fork has figures of its own, and adds none of its parent's") {
  const TestStore store;
  auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  (void)project.snapshot().value().count().value();
  {
    Child child([&](int) { flush_figures(*state, 0ms); });
    CHECK(child.wait() == 0);
  }
  CHECK(counted(project, Operation::count) == 1);
}

TEST_CASE("where volatile files were removed it goes on in a new file") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  (void)project.snapshot().value().count().value();
  CHECK(counted(project, Operation::count) == 1);
  std::filesystem::remove(store.paths().stats());
  (void)project.snapshot().value().count().value();
  CHECK(counted(project, Operation::count) == 1);  // what was in the old one has gone with it
  (void)project.snapshot().value().count().value();
  CHECK(counted(store.open(), Operation::count) == 1);
  CHECK(counted(project, Operation::count) == 2);
}

TEST_CASE("figures of another boot or project are begun anew, a copy's are not the original's") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "a", "text");
    ask_everything(project);
  }
  const path file = store.paths().stats();
  u64 offset = 0;
  SECTION("boot") { offset = offsetof(catalog::StatsHeader, boot); }
  SECTION("project") { offset = offsetof(catalog::StatsHeader, project_id); }
  SECTION("inode") { offset = offsetof(catalog::StatsHeader, inode); }
  SECTION("no figures at all") { offset = 0; }
  flip_byte(file, offset);
  CHECK(store.open(reading()).stats().value().activity.since == 0);
  Project project = store.open();
  CHECK(counted(project, Operation::search) == 0);
  ask_everything(project);
  CHECK(counted(project, Operation::search) == 1);
  CHECK(project.stats().value().activity.since > 0);
}

TEST_CASE("another version's file is left as it is: then there are the figures of this process") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "a", "text");
    ask_everything(project);
  }
  const path file = store.paths().stats();
  flip_byte(file, offsetof(catalog::StatsHeader, version));
  const std::string before = read_text(file);
  {
    Project project = store.open();
    ask_everything(project);
    const Activity activity = project.stats().value().activity;
    CHECK(activity.since == 0);
    CHECK(activity.of(Operation::search).count == 1);
  }
  CHECK(read_text(file) == before);
}

TEST_CASE("who only reads adds nothing, and makes no file") {
  const TestStore store;
  stash(store.open(), "a", "text");
  std::filesystem::remove(store.paths().stats());
  {
    const Project project = store.open(reading());
    ask_everything(project);
    CHECK(counted(project, Operation::search) == 1);
    CHECK(project.stats().value().activity.since == 0);
  }
  CHECK_FALSE(std::filesystem::exists(store.paths().stats()));
}

TEST_CASE("the figures of a store are those of this process, over its projects") {
  const TestStore store;
  const Store own = Store::open(store.path(), {.create = true}).value();
  for (const char* name : {"one", "two"}) {
    const Project project = own.project(name).value();
    stash(project, "a", "text");
    ask_everything(project);
    ask_everything(project);
  }
  {
    const Store other = Store::open(store.path()).value();
    ask_everything(other.project("one").value());
    CHECK(other.stats().activity.of(Operation::search).count == 1);
  }
  const StoreStats stats = own.stats();
  CHECK(stats.activity.since == 0);
  CHECK(stats.activity.of(Operation::search).count == 4);
  CHECK(stats.activity.of(Operation::commit_relaxed).count == 2);
  CHECK(stats.segments.entries > 0);
  CHECK(stats.segments.bytes > 0);
  CHECK(stats.segments.hits == stats.activity.segments.hits);
  // What the caches did went to one project or the other, once.
  u64 hits = 0;
  for (const char* name : {"one", "two"}) {
    hits += own.project(name).value().stats().value().activity.segments.hits;
  }
  CHECK(hits >= stats.segments.hits);
  CHECK(hits <= stats.segments.hits + 10);
}

TEST_CASE("who waits for the lease, to merge or for another's sync is counted") {
  const TestStore store;
  const auto state = store.state(patience(5000));
  Project project(state);
  stash(project, "a", "text", Durability::full);
  const auto while_locked = [&](u64 byte, auto act) {
    auto other = LockFile::open(store.paths().lock(), false).value();
    REQUIRE(other.try_lock(byte).value());
    std::thread holder([&other, byte] {
      std::this_thread::sleep_for(100ms);
      other.unlock(byte);
    });
    act();
    holder.join();
  };
  const auto waited = [&] { return project.stats().value().activity; };
  const Activity before = waited();
  while_locked(catalog::lock_byte::lease, [&] { (void)Lease::acquire(*state, "test").value(); });
  CHECK(waited().lease.count >= before.lease.count + 1);
  CHECK(waited().lease.longest_us >= 5000);
  while_locked(catalog::lock_byte::merge, [&] { (void)MergeLock::acquire(*state).value(); });
  CHECK(waited().merge.count >= before.merge.count + 1);
  CHECK(waited().merge.total_us >= 5000);
  stash(project, "c", "text", Durability::full);
  const u64 syncs = waited().sync.count;
  while_locked(catalog::lock_byte::sync, [&] { stash(project, "d", "text", Durability::full); });
  CHECK(waited().sync.count >= syncs + 1);
}

TEST_CASE("merges are counted with what they read and wrote") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 50);
  project.merge(false).value();
  const MergeStats fold = project.stats().value().activity.merges;
  CHECK(fold.folds == 1);
  CHECK(fold.merges == 0);
  CHECK(fold.read_bytes > 0);
  CHECK(fold.written_bytes == store.manifest().shards[0].file_bytes);
  CHECK(fold.total_us > 0);
  stash_many(project, "b", 50);
  project.merge(true).value();
  const MergeStats both = project.stats().value().activity.merges;
  CHECK(both.folds + both.merges >= 2);
  CHECK(both.merges >= 1);
  CHECK(both.written_bytes == store.manifest().written_bytes);
}

TEST_CASE("faults are counted as answers tell them") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 50);
    project.merge(true).value();
  }
  write_text(store.paths().shard(store.manifest().shards[0].id), "");
  const Project project = store.open();
  CHECK(project.snapshot().value().count().value().faults.size() == 1);
  CHECK(project.stats().value().activity.faults == 1);
  CHECK_FALSE(project.snapshot().value().get("a1").has_value());
  CHECK(project.stats().value().activity.faults == 2);
}

}  // namespace
}  // namespace shale::store

#include "store/access_carry.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/file_system.hpp"
#include "store/lease.hpp"
#include "store/publish.hpp"
#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

std::vector<std::string> ids_of(const std::string& stem, int count) {
  std::vector<std::string> ids;
  for (int n = 0; n < count; ++n) ids.push_back(stem + std::to_string(n));
  return ids;
}

TEST_CASE("folds and merges carry what was counted of shards and logs") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "b", 3);
  project.merge(false).value();
  stash_many(project, "a", 3);
  read(project, "a0", 4);
  read(project, "b1", 2);
  flush(state);
  CHECK(files_in(store.paths().volatile_folder(), ".access").size() == 1);
  project.merge(false).value();  // a fold
  const std::vector<std::string> ids = {"a0", "a1", "b0", "b1", "b2"};
  const std::vector<u64> expected = {4, 0, 0, 2, 0};
  CHECK(counts_of(project, ids) == expected);
  CHECK(files_in(store.paths().volatile_folder(), ".access").empty());
  project.merge(true).value();
  CHECK(store.manifest().shards.size() == 1);
  CHECK(counts_of(project, ids) == expected);
  CHECK(files_in(store.paths().shard_folder(), ".access").size() == 1);
  CHECK(counts_of(store.open(), ids) == expected);
}

TEST_CASE("where nothing was read a merge writes nothing") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 3);
  project.merge(true).value();
  stash_many(project, "b", 3);
  project.merge(true).value();
  CHECK(files_in(store.paths().shard_folder(), ".access").empty());
}

TEST_CASE("a merge hands on what versions have that it leaves out") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  project.merge(true).value();
  read(project, "a0", 2);
  read(project, "a1", 3);
  flush(state);
  stash(project, "a0", "in the merge as well");
  {
    Lease lease = Lease::acquire(*state, "seal").value();
    seal_active_log(lease).value();
  }
  stash(project, "a1", "in the log that stays");
  forget_counts(state);  // who superseded them was killed
  const catalog::Manifest manifest = store.manifest();
  MergePlan plan;
  plan.shards = {manifest.shards[0].id};
  plan.logs = {manifest.logs[0].id};
  run_merge(*state, plan, {}).value();
  CHECK(store.manifest().logs.size() == 1);
  CHECK(counts_of(project, {"a0", "a1", "a2"}) == std::vector<u64>{2, 3, 0});
}

TEST_CASE("what is counted and superseded while a merge runs is neither lost nor doubled") {
  const TestStore store;
  const int documents = 200;
  const std::vector<std::string> ids = ids_of("a", documents);
  {
    Project project = store.open();
    stash_many(project, "a", documents);
    project.merge(true).value();
  }
  const auto merging = store.state();
  const auto writing = store.state();
  const auto reading = store.state();
  std::atomic<bool> stop{false};
  u64 reads = 0;
  {
    std::jthread merger([&] {
      while (!stop) Project(merging).merge(true).value();
    });
    std::jthread writer([&] {
      for (int n = 0; !stop; n = (n + 7) % documents)
        stash(Project(writing), ids[usize(n)], "newer");
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
    while (std::chrono::steady_clock::now() < end) {
      const Snapshot now = Project(reading).snapshot().value();
      for (const std::string& id : ids) reads += u64(now.get(id).value().has_value());
      keep_accesses(*reading, false);
      keep_accesses(*writing, false);
      reading->accesses.flush_at = {};
    }
    stop = true;
  }
  flush(writing);
  u64 sum = 0;
  for (const u64 count : counts_of(Project(reading), ids)) sum += count;
  CHECK(sum == reads);
  CHECK(reads > 0);
}

TEST_CASE("a merge that comes to nothing leaves the counts where they were") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  stash_many(project, "b", 2);
  read(project, "a0", 2);
  read(project, "b0", 3);
  flush(state);
  // MANIFEST cannot be replaced.
  const auto in_the_way = store.paths().manifest().string() + ".tmp";
  std::filesystem::create_directories(std::filesystem::path(in_the_way) / "something");
  CHECK(!project.merge(true).has_value());
  CHECK(counts_of(project, {"a0", "b0"}) == std::vector<u64>{2, 3});
  CHECK(files_in(store.paths().shard_folder(), ".access").size() == 1);
  std::filesystem::remove_all(in_the_way);
  project.merge(true).value();
  CHECK(counts_of(project, {"a0", "b0"}) == std::vector<u64>{2, 3});
}

// Ends the process, as kill -9 would, in front of the n-th call that changes a file.
class KilledAt : public FileSystem {
 public:
  explicit KilledAt(int calls) : left_(calls) {}
  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    step();
    return FileSystem::write(descriptor, pieces, count, offset);
  }
  int sync_data(int descriptor) override {
    step();
    return FileSystem::sync_data(descriptor);
  }
  int rename(const char* from, const char* to) override {
    step();
    return FileSystem::rename(from, to);
  }
  int remove(const char* path) override {
    step();
    return FileSystem::remove(path);
  }

 private:
  void step() {
    if (--left_ < 0) ::_exit(7);
  }
  std::atomic<int> left_;
};

// A shard and a log with counts, one of them at a version that is dead.
void fill_for_kills(const TestStore& store) {
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  project.merge(true).value();
  stash_many(project, "b", 2);
  read(project, "a0", 2);
  read(project, "a1", 3);
  read(project, "b0", 5);
  flush(state);
  stash(project, "a0", "newer");
  forget_counts(state);
}

TEST_CASE(
    "a merger killed at any call loses no count; in the middle of a move it doubles that one") {
  int status = 7;
  int moves_doubled = 0;
  int step = 0;
  for (; status == 7; ++step) {
    const TestStore store;
    fill_for_kills(store);
    Child child([&](int) {
      const auto state = store.state();
      KilledAt killed(step);
      FileSystem::use(&killed);
      const Result<void> merged = Project(state).merge(true);
      FileSystem::use(nullptr);
      if (!merged) ::_exit(8);
    });
    status = child.wait();
    INFO("step " << step);
    const std::vector<u64> counts = counts_of(store.open(), {"a0", "a1", "b0", "a2", "b1"});
    moves_doubled += counts[0] == 4;
    CHECK((counts[0] == 2 || counts[0] == 4));
    CHECK(std::vector<u64>(counts.begin() + 1, counts.end()) == std::vector<u64>{3, 5, 0, 0});
    Project again = store.open();
    again.merge(true).value();
    CHECK(counts_of(again, {"a0", "a1", "b0"}) == std::vector<u64>{counts[0], 3, 5});
  }
  CHECK(status == 0);
  CHECK(step > 10);
  CHECK(moves_doubled <= 2);
}

TEST_CASE(
    "who flushes while a killed merger's publication waits does not write to what it retires") {
  int status = 7;
  for (int step = 0; status == 7; ++step) {
    const TestStore fresh;
    fill_for_kills(fresh);
    const auto reading = fresh.state();
    read(Project(reading), "a1", 10);  // counted against the shard of before
    Child child([&](int) {
      const auto state = fresh.state();
      KilledAt killed(step);
      FileSystem::use(&killed);
      const Result<void> merged = Project(state).merge(true);
      FileSystem::use(nullptr);
      if (!merged) ::_exit(8);
    });
    status = child.wait();
    INFO("step " << step);
    flush(reading);
    CHECK(count_of_id(Project(reading), "a1") == 13);
    Project again = fresh.open();
    again.merge(true).value();
    CHECK(count_of_id(again, "a1") == 13);
  }
  CHECK(status == 0);
}

}  // namespace
}  // namespace shale::store

// Store::in_memory: all that a store on a disk does, and nothing left of it. The oracle script runs
// there too (oracle_test.cpp).
#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "base/file_memory.hpp"
#include "base/file_system.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_descriptors.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale::testing {
namespace {

StoreOptions uncounted() {
  StoreOptions options;
  options.tokenizer = "none";
  return options;
}

// Everything that could reach a disk, where it concerns no file in memory.
class WatchedDisk : public FileSystem {
 public:
  WatchedDisk() { FileSystem::use(this); }
  ~WatchedDisk() override { FileSystem::use(nullptr); }
  std::atomic<int> changes = 0;  // of files on disks
  std::atomic<int> calls = 0;    // to memory

  int open(const char* path, int flags, mode_t rights) override {
    const bool may_change = (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0;
    if (may_change) note(path);
    return FileSystem::open(path, flags, rights);
  }
  int make_folder(const char* path, mode_t rights) override {
    note(path);
    return FileSystem::make_folder(path, rights);
  }
  int rename(const char* from, const char* to) override {
    note(from);
    note(to);
    return FileSystem::rename(from, to);
  }
  int remove(const char* path) override {
    note(path);
    return FileSystem::remove(path);
  }

 private:
  void note(const char* path) { is_memory_path(path) ? ++calls : ++changes; }
};

// The way of a project through all that changes it.
void use(Project project) {
  for (int n = 0; n < 20; ++n) stash_many(project, "a" + std::to_string(n) + "-", 10);
  std::vector<NewSegment> many;
  for (int n = 0; n < 50; ++n) many.push_back(segment("b" + std::to_string(n), "bulk words"));
  CHECK(ingest(project, many).stashed == 50);
  project.merge(false).value();
  erase(project, "a0-0");
  Update change;
  change.pinned = true;
  update(project, "b7", change);
  stash(project, "b8", "another text", Durability::full);
  project.merge(true).value();
  stash(project, "last", "in the log", Durability::full);
}

void check_used(const Project& project) {
  const Snapshot now = project.snapshot().value();
  CHECK(now.count().value().count == 250);
  CHECK(found_ids(now, "bulk").size() == 49);
  CHECK(text_of(now, "b8") == "another text");
  CHECK(text_of(now, "a0-0") == "(none)");
  CHECK(now.count("pinned:true").value().count == 1);
  CHECK_FALSE(now.changes().value().batches.empty());
  CHECK(project.verify().value().faults.empty());
  const ProjectStats stats = project.stats().value();
  CHECK((stats.segments == 250 && stats.shards == 1 && stats.disk_bytes > 0));
  CHECK(project.who().value().size() >= 1);
}

TEST_CASE("in memory: a project lives as on a disk, touches none, and leaves nothing") {
  const int before = memory_descriptors();
  {
    const WatchedDisk disk;
    const Store store = Store::in_memory(uncounted()).value();
    const Project project = store.project("default").value();
    use(project);
    check_used(project);
    CHECK(store.projects().value() == std::vector<std::string>{"default"});
    CHECK(disk.calls > 0);
    CHECK(disk.changes == 0);
    CHECK(memory_descriptors() > before);
  }
  CHECK(memory_descriptors() == before);
}

TEST_CASE("in memory: another handle by the path is of the same store, while it is there") {
  std::optional<Store> store = Store::in_memory(uncounted()).value();
  const path at = store->path();
  CHECK(is_memory_path(at.c_str()));
  use(store->project("default").value());
  {
    const Store again = Store::open(at, uncounted()).value();
    const Project project = again.project("default").value();
    check_used(project);
    stash(project, "other", "of the other handle");
    CHECK(text_of(store->project("default").value(), "other") == "of the other handle");
    store.reset();
    CHECK(count_of(project) == 251);
    Project(project).sync().value();
    CHECK(Project(project).merge(true));
  }
  CHECK(Store::open(at, uncounted()).error().code == ErrorCode::not_found);
  CHECK(Store::open(at, {.create = true}).error().code == ErrorCode::not_found);
}

TEST_CASE("in memory: a snapshot keeps what it shows when all other handles are gone") {
  const int before = memory_descriptors();
  std::optional<Snapshot> snapshot;
  {
    const Store store = Store::in_memory(uncounted()).value();
    const Project project = store.project("default").value();
    use(project);
    snapshot = project.snapshot().value();
  }
  CHECK(snapshot->count().value().count == 250);
  CHECK(text_of(*snapshot, "last") == "in the log");
  snapshot.reset();
  CHECK(memory_descriptors() == before);
}

TEST_CASE("in memory: two stores do not see each other") {
  const Store one = Store::in_memory(uncounted()).value();
  const Store two = Store::in_memory(uncounted()).value();
  const Project mine = one.project("default").value();
  const Project other = two.project("default").value();
  stash(mine, "a", "mine");
  stash(other, "a", "other");
  stash(other, "b", "other");
  CHECK(contents(mine) == Contents{{"a", "mine"}});
  CHECK(contents(other) == Contents{{"a", "other"}, {"b", "other"}});
  CHECK(one.path() != two.path());
}

TEST_CASE("in memory: there is nothing to be only read, and a bad option makes nothing") {
  const int before = memory_descriptors();
  CHECK(Store::in_memory(reading()).error().code == ErrorCode::invalid_argument);
  CHECK(Store::in_memory({.index = "words"}).error().code == ErrorCode::invalid_argument);
  CHECK(memory_descriptors() == before);
}

TEST_CASE("in memory: a child of fork has no part in its parent's store, and may make its own") {
  std::optional<Store> store = Store::in_memory(uncounted()).value();
  std::optional<Project> project = store->project("default").value();
  stash(*project, "a", "text");
  std::optional<Snapshot> snapshot = project->snapshot().value();
  Child child([&](int) {
    Batch batch;
    batch.stash(segment("b", "of the child"));
    const bool is_refused = !project->commit(batch) && !project->snapshot() &&
                            !snapshot->get("a") && !store->project("another") &&
                            !Store::open(store->path(), {.create = true});
    snapshot.reset();
    project.reset();
    store.reset();
    if (!under_thread_sanitizer) {  // it lets no child of a parent with threads start any
      const Store own = Store::in_memory(uncounted()).value();
      stash(own.project("default").value(), "c", "text");
    }
    if (!is_refused) throw std::runtime_error("a handle was not refused");
  });
  CHECK(child.wait() == 0);
  stash(*project, "c", "text", Durability::full);
  CHECK(count_of(*project) == 2);
}

TEST_CASE("in memory: pages are not given back, which would free nothing") {
  StoreOptions options = uncounted();
  options.resident_bytes = 1;
  const Store store = Store::in_memory(options).value();
  const Project project = store.project("default").value();
  for (int n = 0; n < 6; ++n) {
    ingest(project, {segment("a" + std::to_string(n), std::string(100'000, char('a' + n)))});
  }
  CHECK(contents(project).size() == 6);
  CHECK(store.state().caches->pages->window_count() > 1);
  CHECK(store.stats().pages.evictions == 0);
}

TEST_CASE("in memory: many threads write, read and merge at once") {
  StoreOptions options = uncounted();
  options.background_merge = true;
  const Store store = Store::in_memory(options).value();
  const Project project = store.project("default").value();
  std::atomic<bool> is_over = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!is_over) {
      const Snapshot now = project.snapshot().value();
      const Answer answer = now.search({.text = "number", .limit = 1}).value();
      if (answer.total != now.count().value().count || !answer.faults.empty()) ++wrong;
    }
  });
  std::thread merger([&] {
    for (int n = 0; n < 10; ++n) Project(project).merge(n % 3 == 0).value();
  });
  std::vector<std::thread> writers;
  writers.reserve(3);
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      for (int n = 0; n < 40; ++n) {
        stash_many(project, std::to_string(w) + "-" + std::to_string(n) + "-", 5);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  merger.join();
  is_over = true;
  reader.join();
  CHECK(wrong == 0);
  CHECK(count_of(project) == 600);
  CHECK(project.verify().value().faults.empty());
}

// Each file takes a descriptor: out of them a commit fails, and takes nothing with it.
TEST_CASE("in memory: without descriptors for more files what is there stays") {
  const Store store = Store::in_memory(uncounted()).value();
  const Project project = store.project("default").value();
  rlimit before = {};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  int there = 0;
  bool has_failed = false;
  {
    rlimit low = before;
    low.rlim_cur = 120;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (; there < 100 && !has_failed; ++there) {
      Batch batch;
      batch.stash(segment("b" + std::to_string(there), "bulk words"));
      const auto done = Project(project).ingest(batch);
      has_failed = !done.has_value();
      if (has_failed) CHECK(done.error().errno_value == EMFILE);
    }
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  }
  REQUIRE(has_failed);
  CHECK(count_of(project) == u64(there - 1));
  stash(project, "again", "text", Durability::full);
  Project(project).merge(true).value();
  CHECK(count_of(project) == u64(there));
  CHECK(project.verify().value().faults.empty());
}

}  // namespace
}  // namespace shale::testing

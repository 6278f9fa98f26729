// Backups while two writers and a merger are at it: each equals what was committed up to its LSN.
#include <atomic>
#include <thread>

#include "base/file_system.hpp"
#include "tests/backup/backup_fixture.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

// Two writers, and maybe a merger, on handles of their own, until the object goes away.
class Busy {
 public:
  Busy(const path& store, History& history, u64 seed, bool merges, bool ingests) {
    for (u64 n = 0; n < 2; ++n) {
      threads_.emplace_back([this, store, &history, seed, n, ingests] {
        Project project = Store::open(store).value().project("default").value();
        std::mt19937_64 random(seed * 2 + n);
        while (!over_) {
          random_batch(project, random, history, ingests);
          ++batches_;
        }
      });
    }
    if (!merges) return;
    threads_.emplace_back([this, store, seed] {
      Project project = Store::open(store).value().project("default").value();
      for (u64 n = seed; !over_; ++n) project.merge(n % 2 == 0).value();
    });
  }
  ~Busy() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Busy(const Busy&) = delete;
  void wait_for(u64 more) const {
    const u64 wanted = batches_ + more;
    while (batches_ < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<u64> batches_ = 0;
  std::vector<std::thread> threads_;
};

// `reads_only`: the source is opened as one that may only be read. Who sees the log alone sees the
// LSN of a bulk ingest a moment before MANIFEST has its shard: there nobody ingests.
void check_running(u64 seed, bool merges, bool reads_only, int rounds) {
  INFO("seed " << seed << ", merges " << merges << ", reads only " << reads_only);
  const TemporaryFolder folder;
  const path source = folder / "source";
  const Store store = Store::open(source, plain_store()).value();
  static_cast<void>(store.project("default").value());
  History history;
  std::vector<BackedUp> done;
  {
    const Busy busy(source, history, seed, merges, !reads_only);
    for (int n = 0; n < rounds; ++n) {
      busy.wait_for(5);
      BackupOptions options;
      options.may_link = n % 3 != 2;
      const Store asked = reads_only ? Store::open(source, reading()).value() : store;
      done.push_back(back_up(asked, folder / std::to_string(n), options).value());
    }
  }
  for (int n = 0; n < rounds; ++n) {
    INFO("backup " << n);
    const path copy = folder / std::to_string(n);
    const Saids expected = history.at(done[usize(n)].projects[0].lsn);
    const Snapshot seen =
        Store::open(copy, reading()).value().project("default").value().snapshot().value();
    CHECK(seen.lsn() == done[usize(n)].projects[0].lsn);
    CHECK(seen.edition() == done[usize(n)].projects[0].edition);
    CHECK(difference(said_by(seen), expected) == "");
    const Store opened = Store::open(copy).value();
    CHECK(difference(said_by(opened), expected) == "");
    CHECK(faults_of(opened).empty());
    // Written on, with what the source writes on, and merged: still its own.
    Project project = opened.project("default").value();
    History own;
    std::mt19937_64 random(seed + u64(n));
    for (int i = 0; i < 3; ++i) random_batch(project, random, own);
    project.merge(true).value();
    CHECK(faults_of(opened).empty());
  }
  CHECK(difference(said_by(store), history.at(~u64(0))) == "");
  CHECK(faults_of(store).empty());
}

// Merges the project whenever a shard is about to be linked: the file has gone then.
class RetiringFileSystem : public FileSystem {
 public:
  explicit RetiringFileSystem(Project project) : project_(std::move(project)) {
    FileSystem::use(this);
  }
  ~RetiringFileSystem() override { FileSystem::use(nullptr); }
  int link(const char* from, const char* to) override {
    if (times_left > 0) {
      --times_left;
      stash(project_, "late" + std::to_string(times_left), "text");
      project_.merge(true).value();
    }
    return FileSystem::link(from, to);
  }
  int times_left = 5;

 private:
  Project project_;
};

}  // namespace

TEST_CASE("backups while two write, and one merges, are snapshots of what they wrote") {
  const u64 seeds = under_address_sanitizer || under_thread_sanitizer ? 1 : 3;
  for (u64 seed = 1; seed <= seeds; ++seed) {
    for (const bool reads_only : {false, true}) {
      check_running(seed, false, reads_only, 6);
      check_running(seed, true, reads_only, 9);
    }
  }
}

TEST_CASE("a shard that is retired as it is linked is no hindrance: the next edition is taken") {
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "source", plain_store()).value();
  Project project = store.project("default").value();
  stash_many(project, "s", 10);
  project.merge(true).value();
  for (const bool read_only : {false, true}) {
    INFO("read only: " << read_only);
    const path copy = folder / (read_only ? "two" : "one");
    const Store asked = read_only ? Store::open(folder / "source", reading()).value() : store;
    RetiringFileSystem retiring(project);
    const BackedUp done = back_up(asked, copy).value();
    CHECK(retiring.times_left == 0);
    CHECK(done.linked_files == 2);  // a shard, and the changes
    CHECK(done.projects.size() == 1);
    CHECK(said_in(copy) == said_by(store));
    CHECK(files_in(copy / "projects" / "default" / "shards", ".shard").size() == 1);
  }
}

}  // namespace shale::testing

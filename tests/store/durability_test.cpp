#include "store/durability.hpp"

#include <thread>

#include "base/file_system.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale::store {
namespace {

using namespace testing;

struct Place {
  TestStore store;
  std::shared_ptr<Project::State> state = store.state(patience(200));
  Project project{state};
  std::shared_ptr<catalog::Control> control = state->shared_control();

  FileId active() const { return store.manifest().logs.back().id; }
  Lsn stash_visible(const std::string& id) const {
    return Lsn{stash(project, id, "text of " + id).lsn};
  }
};

// The sync lock, held by another open file, as by a process that was stopped.
class StoppedSyncer {
 public:
  explicit StoppedSyncer(const TestStore& store)
      : file_(LockFile::open(store.paths().lock(), false).value()) {
    REQUIRE(file_.try_lock(catalog::lock_byte::sync).value());
  }

 private:
  LockFile file_;
};

TEST_CASE("what is committed becomes durable, and is so only then") {
  const Place place;
  const Lsn lsn = place.stash_visible("a");
  CHECK(place.control->durable() < lsn);
  make_durable(*place.state, place.active(), lsn).value();
  CHECK(place.control->durable() == lsn);
  CHECK(place.control->sync_in_flight() == 0);
  stash(place.project, "b", "text", Durability::full);
  CHECK(place.control->durable() == place.control->committed());
}

TEST_CASE("one sync covers everything that was committed before it") {
  const Place place;
  const Lsn first = place.stash_visible("a");
  const Lsn last = place.stash_visible("b");
  make_durable(*place.state, place.active(), first).value();
  CHECK(place.control->durable() == last);
}

TEST_CASE("a stopped holder of the sync lock stops nobody who synced the log before") {
  const Place place;
  stash(place.project, "first", "text", Durability::full);
  const Lsn lsn = place.stash_visible("a");
  const StoppedSyncer stopped(place.store);
  place.control->set_sync_in_flight(place.active().sequence);
  const auto started = std::chrono::steady_clock::now();
  make_durable(*place.state, place.active(), lsn).value();
  const auto waited = std::chrono::steady_clock::now() - started;
  CHECK(waited >= std::chrono::milliseconds(20));
  CHECK(place.control->durable() == lsn);
  CHECK(place.control->late_sync_in_flight() == 0);
  CHECK(place.control->poisoned() == 0);
  // The stopped one's word is his own.
  CHECK(place.control->sync_in_flight() == place.active().sequence);
}

// The kernel told the failure to the file of one who is stopped before he can say so: a file opened
// later hears nothing of it.
class FailingOnce : public FileSystem {
 public:
  FailingOnce() { use(this); }
  ~FailingOnce() override { use(nullptr); }
  int sync_data(int descriptor) override {
    if (!fails_.exchange(false)) return FileSystem::sync_data(descriptor);
    is_failing = true;
    while (!may_go_on) std::this_thread::yield();
    errno = EIO;
    return -1;
  }
  std::atomic<bool> is_failing{false};
  std::atomic<bool> may_go_on{false};

 private:
  std::atomic<bool> fails_{true};
};

TEST_CASE("beside a sync whose outcome is open no success of a file opened since is believed") {
  const TestStore store;
  const auto first = store.state(patience(200));
  const Lsn lsn{stash(Project(first), "a", "text").lsn};
  const FileId left = store.manifest().logs.back().id;
  FailingOnce disk;
  std::thread stopped([&] { make_durable(*first, left, lsn).value(); });
  while (!disk.is_failing) std::this_thread::yield();
  const auto second = store.state(patience(200));
  const auto control = second->shared_control();
  SECTION("he goes on and tells it") {
    std::thread waiter([&] { make_durable(*second, left, lsn).value(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    CHECK(control->durable() < lsn);
    disk.may_go_on = true;
    waiter.join();
  }
  SECTION("he does not") {
    make_durable(*second, left, lsn).value();
    disk.may_go_on = true;
  }
  stopped.join();
  CHECK(control->poisoned() == left.sequence);
  CHECK(control->durable() >= lsn);
  const catalog::LogEntry active = store.manifest().logs.back();
  CHECK(active.id != left);
  CHECK(store.manifest().logs.size() == 1);  // nothing of the left one is kept
  CHECK(text_of(Project(second), "a") == "text");
}

TEST_CASE("a published batch is never called busy, whatever stands in the way of its sync") {
  const Place place;
  const Lsn lsn = place.stash_visible("a");
  place.control->poison(place.active().sequence);
  LockFile holder = LockFile::open(place.store.paths().lock(), false).value();
  REQUIRE(holder.try_lock(catalog::lock_byte::lease).value());
  const auto made = make_durable(*place.state, place.active(), lsn);
  REQUIRE(!made);
  CHECK(made.error().code == ErrorCode::io);
  CHECK(made.error().message.find("may not be durable") != std::string::npos);
}

TEST_CASE("a syncer that died leaves a log nobody trusts: it is left, and the batch is durable") {
  const Place place;
  const Lsn lsn = place.stash_visible("a");
  const FileId left = place.active();
  SECTION("under the lock") { place.control->set_sync_in_flight(left.sequence); }
  SECTION("without it") {
    place.control->set_late_sync_in_flight(left.sequence);
    const StoppedSyncer stopped(place.store);
    make_durable(*place.state, left, lsn).value();
  }
  make_durable(*place.state, left, lsn).value();
  CHECK(place.active() != left);
  CHECK(place.control->poisoned() == left.sequence);
  CHECK(place.control->sync_in_flight() == 0);
  CHECK(place.control->late_sync_in_flight() == 0);
  CHECK(place.control->durable() >= lsn);
  CHECK(text_of(place.project, "a") == "text of a");
  stash(place.project, "b", "text", Durability::full);
  CHECK(count_of(place.project) == 2);
}

TEST_CASE("sealing and merging trust a dead syncer no more than a commit does") {
  const Place place;
  place.stash_visible("a");
  const FileId left = place.active();
  place.control->set_sync_in_flight(left.sequence);
  Project(place.project).merge(true).value();
  CHECK(place.control->poisoned() == left.sequence);
  CHECK(contents(place.project) == Contents{{"a", "text of a"}});
  place.store.reboot();
  CHECK(contents(place.store.open()) == Contents{{"a", "text of a"}});
}

TEST_CASE("an edition is never younger on disk than the batches its overlays speak of") {
  const Place place;
  stash(place.project, "a", "first", Durability::full);
  Project(place.project).merge(true).value();
  stash(place.project, "b", "first", Durability::full);
  // Superseded, visible, not durable: a merge that commits now calls the first version dead.
  stash(place.project, "a", "second");
  CHECK(place.control->durable() < place.control->committed());
  merge_shards_only(place.state);
  CHECK(place.control->durable() == place.control->committed());
}

// A disk that takes its time, as most do: the threads come back while it is at it.
class SlowDisk : public FileSystem {
 public:
  SlowDisk() { use(this); }
  ~SlowDisk() override { use(nullptr); }
  int sync_data(int descriptor) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return FileSystem::sync_data(descriptor);
  }
};

// Syncs that begin as soon as somebody asks serve one thread and three in turn: 40 for 80 batches.
TEST_CASE("threads that commit one batch after the other share their syncs") {
  const SlowDisk slow;  // before anybody has a file open, until nobody has
  const Place place;
  stash(place.project, "first", "text", Durability::full);
  const u64 turns = place.control->sync_turns();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        stash(place.project, std::to_string(t) + "." + std::to_string(i), "text", Durability::full);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count_of(place.project) == 81);
  constexpr bool slowed = under_address_sanitizer || under_thread_sanitizer;
  const u64 most = slowed ? 80 : 32;  // where code is slow, who comes back may come late
  CHECK(place.control->sync_turns() - turns <= most);
  CHECK(place.control->durable() == place.control->committed());
  CHECK(place.control->sync_in_flight() == 0);
}

TEST_CASE("a log that is gone is an error, not an endless wait") {
  const Place place;
  const FileId unknown{place.active().sequence + 1, 77};
  const auto made = make_durable(*place.state, unknown, Lsn::make(unknown.sequence, 5000));
  REQUIRE(!made);
  CHECK(made.error().code == ErrorCode::io);
  CHECK(made.error().path == place.store.paths().log(unknown).string());
}

}  // namespace
}  // namespace shale::store

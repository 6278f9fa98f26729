#include "store/async_commits.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

#include "tests/store/failing_sync.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

Batch batch_of(const std::string& id, const std::string& text = "text") {
  Batch batch;
  batch.stash({.id = id, .text = text});
  return batch;
}

TEST_CASE("what is handed over is committed in order, durable when it is told") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  std::vector<u64> told;
  {
    AsyncCommits commits;
    for (int n = 0; n < 500; ++n) {
      const auto done = [&](const Result<Committed>& result) {
        told.push_back(result.value().lsn);
        CHECK(state->shared_control()->durable().value >= told.back());
      };
      commits.add({state, batch_of("a" + std::to_string(n % 100), std::to_string(n)), done}, {})
          .value();
    }
  }
  REQUIRE(told.size() == 500);
  CHECK(std::is_sorted(told.begin(), told.end(), std::less_equal<>()));
  CHECK(count_of(project) == 100);
  for (int n = 0; n < 100; ++n) {
    CHECK(text_of(project, "a" + std::to_string(n)) == std::to_string(400 + n));
  }
}

TEST_CASE("one that fails is told so, and the others are kept") {
  const TestStore store;
  const auto state = store.state();
  std::vector<bool> told;
  {
    AsyncCommits commits;
    const auto done = [&](const Result<Committed>& result) { told.push_back(result.has_value()); };
    commits.add({state, batch_of("a"), done}, {}).value();
    commits.add({state, batch_of(""), done}, {}).value();
    commits.add({state, batch_of("b"), done, Durability::relaxed}, {}).value();
  }
  // The relaxed one need not wait for the sync.
  CHECK(std::count(told.begin(), told.end(), true) == 2);
  CHECK(std::count(told.begin(), told.end(), false) == 1);
  CHECK(count_of(Project(state)) == 2);
}

TEST_CASE("many wait for few syncs") {
  const TestStore store;
  const auto state = store.state();
  class Counting : public FileSystem {
   public:
    Counting() { use(this); }
    ~Counting() override { use(nullptr); }
    int sync_data(int descriptor) override {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ++syncs;
      return FileSystem::sync_data(descriptor);
    }
    std::atomic<int> syncs = 0;
  };
  stash(Project(state), "first", "makes the log");
  Counting disk;
  std::atomic<int> told = 0;
  {
    AsyncCommits commits;
    for (int n = 0; n < 300; ++n) {
      commits
          .add({state, batch_of(std::to_string(n)),
                [&](const Result<Committed>& result) { told += result ? 1 : 0; }},
               {})
          .value();
    }
  }
  CHECK(told == 300);
  CHECK(disk.syncs < 60);
}

TEST_CASE("where too much waits, a caller waits, and gives up in time") {
  const TestStore store;
  const auto state = store.state();
  std::promise<void> go;
  std::promise<void> began;
  std::atomic<int> told = 0;
  {
    AsyncCommits commits;
    const auto count = [&](const Result<Committed>&) { ++told; };
    // Holds up the thread.
    commits
        .add({state, batch_of("first"),
              [&](const Result<Committed>&) {
                began.set_value();
                go.get_future().wait();
                ++told;
              }},
             {})
        .value();
    began.get_future().wait();
    const std::string large(16 << 20, 'x');
    for (int n = 0; n < 4; ++n) commits.add({state, batch_of("l", large), count}, {}).value();
    const auto refused =
        commits.add({state, batch_of("m", large), count}, std::chrono::milliseconds(20));
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::busy);
    std::thread later([&] { go.set_value(); });
    CHECK(commits.add({state, batch_of("m", large), count}, std::chrono::seconds(60)));
    later.join();
  }
  CHECK(told == 6);
  CHECK(count_of(Project(state)) == 3);
}

TEST_CASE("a completion may hand over more, and let go of everything") {
  const TestStore store;
  std::promise<u64> last;
  {
    auto state = store.state();
    auto commits = std::make_shared<AsyncCommits>();
    const auto second = [&last](Result<Committed> result) { last.set_value(result.value().lsn); };
    AsyncCommits* const raw = commits.get();
    raw->add({state, batch_of("a"),
              [commits, state, second](const Result<Committed>&) mutable {
                commits->add({state, batch_of("b"), second}, {}).value();
                state.reset();
                commits.reset();
              }},
             {})
        .value();
  }
  CHECK(last.get_future().get() > 0);
  CHECK(count_of(Project(store.state())) == 2);
}

TEST_CASE("a sync that fails is told to all that waited for it") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "first", "makes the log");
  std::atomic<int> failed = 0;
  {
    const FailingSync disk(1'000'000);
    AsyncCommits commits;
    for (int n = 0; n < 3; ++n) {
      commits
          .add({state, batch_of(std::to_string(n)),
                [&](const Result<Committed>& result) { failed += result ? 0 : 1; }},
               {})
          .value();
    }
  }
  CHECK(failed == 3);
}

// What a child that is killed had been told, over a pipe, and how it ended.
struct Killed {
  std::vector<int> told;
  int status = 0;
};

Killed killed_while_it_commits(const TestStore& store, int wanted) {
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto state = store.state();
    AsyncCommits commits;
    for (int n = 0;; ++n) {
      const auto done = [n, out = ends[1]](const Result<Committed>& result) {
        if (result) (void)!::write(out, &n, sizeof n);
      };
      (void)commits.add({state, batch_of("k" + std::to_string(n), std::to_string(n)), done},
                        std::chrono::seconds(10));
    }
  }
  ::close(ends[1]);
  Killed killed;
  int n = 0;
  while (::read(ends[0], &n, sizeof n) == ssize_t(sizeof n)) {
    killed.told.push_back(n);
    if (int(killed.told.size()) == wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  ::waitpid(child, &killed.status, 0);
  return killed;
}

TEST_CASE("kill -9: whatever was told is there, each batch in its order") {
  for (const int wanted : {1, 40, 700}) {
    const TestStore store;
    { const auto made = store.state(); }
    const Killed killed = killed_while_it_commits(store, wanted);
    CHECK(WIFSIGNALED(killed.status));
    REQUIRE(int(killed.told.size()) >= wanted);
    Project project = store.open();
    const u64 count = count_of(project);
    CHECK(count >= killed.told.size());
    for (int n = 0; n < int(killed.told.size()); ++n) {
      REQUIRE(killed.told[usize(n)] == n);
      REQUIRE(text_of(project, "k" + std::to_string(n)) == std::to_string(n));
    }
    // What was not told is a beginning of the rest.
    for (u64 n = 0; n < count; ++n) {
      REQUIRE(text_of(project, "k" + std::to_string(n)) == std::to_string(n));
    }
  }
}

TEST_CASE("batches of several projects are told each by its own") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.try_state({}, "two").value();
  std::vector<std::string> told;
  {
    AsyncCommits commits;
    for (int n = 0; n < 30; ++n) {
      const auto& state = n % 3 == 0 ? one : two;
      const auto done = [&told, &state, name = state->name](const Result<Committed>& result) {
        if (state->shared_control()->durable().value >= result.value().lsn) told.push_back(name);
      };
      commits.add({state, batch_of(std::to_string(n)), done}, {}).value();
    }
  }
  CHECK(told.size() == 30);
  CHECK(count_of(Project(one)) == 10);
  CHECK(count_of(Project(two)) == 20);
  CHECK(std::count(told.begin(), told.end(), "two") == 20);
}

TEST_CASE(
    "in a child of fork the parent's thread is left alone, and its batches stay the parent's") {
  const TestStore store;
  const auto state = store.state();
  std::atomic<int> told = 0;
  auto commits = std::make_unique<AsyncCommits>();
  commits->add({state, batch_of("a"), [&](const Result<Committed>&) { ++told; }}, {}).value();
  const pid_t child = ::fork();
  if (child == 0) {
    commits.reset();  // must neither wait nor fall
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  commits.reset();
  CHECK(told == 1);
}

}  // namespace
}  // namespace shale::store

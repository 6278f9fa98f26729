#include "store/async_commits.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "store/durability.hpp"
#include "store/stash.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

// Whoever came first waits no longer than this for others to share his sync.
constexpr std::chrono::milliseconds gathering_max{5};

}  // namespace

struct AsyncCommits::Round {
  std::mutex mutex;
  std::condition_variable came;  // something waits, or the end is wanted
  std::condition_variable room;
  std::deque<AsyncCommit> waiting;
  u64 waiting_bytes = 0;
  bool ends = false;
  std::thread thread;

  // -- the callers' side; the mutex is held --

  bool has_room(u64 bytes) const {
    return waiting.empty() ||
           (waiting.size() < waiting_batches_max && waiting_bytes + bytes <= waiting_bytes_max);
  }

  // -- the thread --

  void run() {
    for (;;) {
      std::deque<AsyncCommit> taken = take();
      if (taken.empty()) return;
      commit_all(std::move(taken));
    }
  }

  // All that waits; nothing at the end.
  std::deque<AsyncCommit> take() {
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return ends || !waiting.empty(); });
    std::deque<AsyncCommit> taken = std::exchange(waiting, {});
    waiting_bytes = 0;
    room.notify_all();
    return taken;
  }

  struct Written {
    AsyncCommit commit;
    Committed result;
  };

  static void commit_all(std::deque<AsyncCommit> taken) {
    std::vector<Written> unsynced;
    Clock::time_point first;
    for (AsyncCommit& commit : taken) {
      auto result = commit_batch(*commit.project, commit.batch.state(), Durability::relaxed);
      if (!result || commit.durability == Durability::relaxed) {
        commit.done(std::move(result));
        continue;
      }
      const Clock::time_point now = Clock::now();
      if (unsynced.empty()) first = now;
      unsynced.push_back({std::move(commit), *std::move(result)});
      if (now - first > gathering_max) sync_and_tell(unsynced);
    }
    sync_and_tell(unsynced);
  }

  // A sync covers all of a project so far; neighbours mostly are of one.
  static void sync_and_tell(std::vector<Written>& unsynced) {
    for (usize at = 0; at < unsynced.size();) {
      const std::shared_ptr<Project::State> project = unsynced[at].commit.project;
      const Result<void> synced = sync_project(*project);
      for (; at < unsynced.size() && unsynced[at].commit.project == project; ++at) {
        Written& one = unsynced[at];
        if (synced) {
          one.commit.done(std::move(one.result));
        } else {
          one.commit.done(Unexpected{synced.error()});
        }
      }
    }
    unsynced.clear();
  }
};

AsyncCommits::AsyncCommits()
    : round_(std::make_unique<std::shared_ptr<Round>>(std::make_shared<Round>())) {}

AsyncCommits::~AsyncCommits() {
  if (generation_ != process_generation()) {
    // Left alone for ever: there is no thread to join, and its mutex may be locked.
    static_cast<void>(round_.release());
    return;
  }
  Round& round = **round_;
  {
    const std::lock_guard lock(round.mutex);
    round.ends = true;
  }
  round.came.notify_all();
  std::thread& thread = round.thread;
  if (!thread.joinable()) return;
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();  // it holds the round, too
  } else {
    thread.join();
  }
}

Result<void> AsyncCommits::add(AsyncCommit commit, std::chrono::milliseconds patience) {
  const u64 bytes = commit.batch.text_bytes();
  Round& round = **round_;
  std::unique_lock lock(round.mutex);
  if (!round.thread.joinable()) {
    round.thread = std::thread([kept = *round_] { kept->run(); });
  }
  const bool is_within = round.thread.get_id() == std::this_thread::get_id();
  if (is_within) patience = {};
  if (!round.room.wait_for(lock, patience, [&] { return round.has_room(bytes); })) {
    return fail_at(ErrorCode::busy, "Too many batches wait to be committed",
                   commit.project->paths.folder.string());
  }
  round.waiting.push_back(std::move(commit));
  round.waiting_bytes += bytes;
  round.came.notify_one();
  return {};
}

}  // namespace shale::store

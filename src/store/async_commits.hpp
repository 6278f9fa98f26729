// Commits on a thread of the store, for callers that do not wait: Project::commit_async.
//
//   caller: queue (or wait while it is full) -> goes on
//   thread: takes what is queued, commits each batch `relaxed`, in the order it came
//           -> one sync for all that want `full` -> their completions
//
// While a sync is under way the next batches gather, so that the busier it is the fewer syncs a
// batch costs. Each batch stays a batch: its own frame, LSN, outcome. A completion is called
// exactly once, on the thread, and only when its batch is as durable as was asked (or has failed);
// one that takes long holds up those behind it. Nothing taken is lost by closing: the destructor
// waits until all is committed and told. What a crash takes is what was not told yet. One per
// Store::State; the thread starts with the first batch.
#pragma once

#include <chrono>
#include <memory>

#include "store/project_state.hpp"

namespace shale::store {

// What may wait at once; a batch that is larger alone is taken where nothing else waits.
inline constexpr u64 waiting_bytes_max = u64(64) << 20;
inline constexpr usize waiting_batches_max = 65'536;

struct AsyncCommit {
  std::shared_ptr<Project::State> project;
  Batch batch;
  Project::Completion done;
  Durability durability = Durability::full;
};

class AsyncCommits {
 public:
  AsyncCommits();
  // In a child of fork it does nothing: the thread is the parent's. Called from a completion it
  // does not wait for the thread it is called on, which goes on until all is told.
  ~AsyncCommits();
  AsyncCommits(const AsyncCommits&) = delete;
  AsyncCommits& operator=(const AsyncCommits&) = delete;

  // ErrorCode::busy where there was no room for so long; from a completion, at once.
  Result<void> add(AsyncCommit commit, std::chrono::milliseconds patience);

 private:
  struct Round;                                    // what the thread works with
  std::unique_ptr<std::shared_ptr<Round>> round_;  // shared with the thread
  u64 generation_ = process_generation();
};

}  // namespace shale::store

// The access lock: the right to change .access files, and the view that says where counts belong.
//
// What is counted must survive that shards are merged meanwhile. So whoever writes counts down, and
// the merger from summing those of its inputs until the edition with the new shard is published,
// hold this lock, one at a time:
//
//   in-process mutex; a byte of LOCK (PROTOCOL C1)
//   is LOCK the file at its path, are we of its recovery, is no MANIFEST in flight? else the lease
//     is taken for a moment: it waits for who publishes, or finishes what one who was killed left
//   the newest view, of the epoch that CONTROL says
//
// Then no edition that this process knows of is older than the last merge: a count can only be
// written to a file that is still named, or that names have just left and nobody reads. Without the
// look at what is in flight it could go to the inputs of a merger that was killed behind MANIFEST:
// whoever finishes his publication would throw it away. Order: merge < access < lease < view <
// sync. Not held while texts are read; readers never wait for it.
#pragma once

#include "store/project_state.hpp"

namespace shale::store {

class AccessLock {
 public:
  // Waits up to `patience`; nothing where somebody else has it, or publishes, all that time, or the
  // store was replaced under its path.
  static Result<std::optional<AccessLock>> try_acquire(Project::State& project,
                                                       std::chrono::milliseconds patience);
  // Waits up to options.busy_timeout; then ErrorCode::busy.
  static Result<AccessLock> acquire(Project::State& project);
  ~AccessLock();
  AccessLock(AccessLock&& other) noexcept;
  AccessLock& operator=(AccessLock&&) = delete;

  Project::State& project() const { return *project_; }
  // Of an edition that stays the newest but for seals and ingests.
  const std::shared_ptr<const View>& view() const { return view_; }

 private:
  explicit AccessLock(Project::State& project) : project_(&project) {}
  using Deadline = std::chrono::steady_clock::time_point;
  Result<bool> settle(Deadline deadline);
  Result<bool> settle_by_lease(Deadline deadline);
  Result<bool> is_in_doubt() const;

  Project::State* project_;
  std::unique_lock<std::timed_mutex> mutex_;
  std::shared_ptr<LockFile> lock_file_;
  bool locked_ = false;
  std::shared_ptr<const View> view_;
};

}  // namespace shale::store

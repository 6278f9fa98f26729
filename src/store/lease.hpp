// The lease: the right to write to a project, for milliseconds.
//
// In-process mutex, then the kernel's lock on LOCK with a deadline; then what the last holder may
// have left unfinished is repaired, and the newest view is loaded. Nobody steals a lease; a holder
// that is killed loses it to the kernel (PROTOCOL A7, B5, C1).
//
// A store may be replaced while it is open. Three looks find that out, a microsecond together:
// LOCK, which no program of ours replaces, is still the file at its path, else everything is opened
// anew (moved away and restored, deleted and copied: A7); it counts as many recoveries as when
// CONTROL was opened, else CONTROL is opened by path again (volatile/ removed under those who run:
// they would write by a page that nobody else has); and the frame that CONTROL calls the last one
// stands in the log, else CONTROL is of another moment than the files, and is made anew (files
// copied over those of a running store: A6).
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "store/project_state.hpp"

namespace shale::store {

class Lease {
 public:
  // Waits up to options.busy_timeout; then ErrorCode::busy with the holder's pid. read_only where
  // the project cannot be written.
  static Result<Lease> acquire(Project::State& project, std::string_view verb);
  // Waits up to `patience`; nothing where somebody else has it all that time.
  static Result<std::optional<Lease>> try_acquire(Project::State& project, std::string_view verb,
                                                  std::chrono::milliseconds patience);
  ~Lease();
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;

  Project::State& project() const { return *project_; }
  catalog::Control& control() const { return *control_; }
  // The view at the committed LSN: nothing newer exists while the lease is held.
  const std::shared_ptr<const View>& view() const { return view_; }
  // Loads it again after this holder changed something.
  Result<void> refresh();
  // The active log, opened for writing, without the batches a killed writer left unpublished.
  Result<ActiveLog*> active_log();
  // Where the active log ends now.
  Result<delta::LogEnd> log_end() const;

 private:
  explicit Lease(Project::State& project) : project_(&project) {}
  Result<bool> lock(std::chrono::steady_clock::time_point deadline);
  Result<void> settle();
  Result<bool> log_ends_as_told() const;

  Project::State* project_;
  std::unique_lock<std::timed_mutex> mutex_;
  std::shared_ptr<LockFile> lock_file_;
  bool locked_ = false;
  bool is_recovered_ = false;  // by another process since CONTROL was found here
  std::shared_ptr<catalog::Control> control_;
  std::shared_ptr<const View> view_;
};

// A lock between processes on one byte of LOCK, held beside an in-process mutex: the merge lock.
class MergeLock {
 public:
  // Waits up to options.busy_timeout; then ErrorCode::busy with the holder's pid.
  static Result<MergeLock> acquire(Project::State& project);
  // Waits up to `patience`; nothing where somebody else has it all that time.
  static Result<std::optional<MergeLock>> try_acquire(Project::State& project,
                                                      std::chrono::milliseconds patience);
  ~MergeLock();
  MergeLock(MergeLock&& other) noexcept;
  MergeLock& operator=(MergeLock&&) = delete;

 private:
  explicit MergeLock(Project::State& project)
      : project_(&project), lock_file_(project.shared_lock_file()) {}
  Project::State* project_;
  std::unique_lock<std::timed_mutex> mutex_;
  std::shared_ptr<LockFile> lock_file_;
  bool locked_ = false;
};

}  // namespace shale::store

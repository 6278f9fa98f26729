// Locks between processes: open-file-description locks on single bytes of a file.
//
// The kernel frees a lock when the last descriptor of the open file goes away, so a killed holder
// never leaves one behind. Threads of one process share an open file and would all "get" the lock:
// callers take their own mutex first. So would a child of fork, which could even free its parent's
// lock, or keep it for a parent that was killed: lock files are closed in the child before fork
// returns there, and what it asks of them is an error (PROTOCOL C1).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>

#include "base/file.hpp"

namespace shale {

// An open lock file. Byte ranges are named by the caller (catalog/control.hpp lists them).
class LockFile {
 public:
  static Result<LockFile> open(const std::filesystem::path& path, bool create);
  ~LockFile();
  LockFile(LockFile&&) noexcept;
  LockFile& operator=(LockFile&&) noexcept;
  // Waits with back-off until `deadline`, at least one try; false where somebody else has it all
  // that time. Exclusive.
  Result<bool> lock(u64 byte, std::chrono::steady_clock::time_point deadline);
  Result<bool> try_lock(u64 byte);
  void unlock(u64 byte) noexcept;
  // Whether another open file has the lock: of another process, or another LockFile of this one.
  // What this LockFile has itself is not told. True for the moment only: to tell, not to decide by.
  Result<bool> is_locked(u64 byte) const;
  // The path still names the very file that is open here (PROTOCOL A7).
  Result<bool> still_at_path() const { return TRY(count_at_path()).has_value(); }

  // A count that all who have the file open see, without mapping it: its length, for what stands in
  // it means nothing. The callers agree on who may raise it.
  Result<u64> count() const { return file_->size(); }
  Result<void> raise_count();
  // The same by its path, in one call with the look at that: nothing where another file is there.
  Result<std::optional<u64>> count_at_path() const;
  const File& file() const { return *file_; }

 private:
  LockFile(File file, FileIdentity identity);
  std::unique_ptr<File> file_;  // where it stays: the list of what a child closes holds on to it
  FileIdentity identity_;       // of what is open: never changes
};

// Sleeps until somebody, in any process, calls wake_all() on a word in shared memory, but not where
// the word's low half differs from that of `seen` already, and no longer than `patience`. May wake
// for no reason: the caller looks again. Who wakes changes the word first, by a release; who waits
// has loaded `seen` before he looked for what he waits for: then no wake-up is missed.
void wait_for_wake(u64& word, u64 seen, std::chrono::steady_clock::duration patience);
void wake_all(u64& word);

// Waits for a mutex of this process until `deadline`; the lock owns it or not.
std::unique_lock<std::timed_mutex> lock_until(std::timed_mutex& mutex,
                                              std::chrono::steady_clock::time_point deadline);

}  // namespace shale

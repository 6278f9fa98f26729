// Locks between processes: open-file-description locks on single bytes of a file.
//
// The kernel frees a lock when the last descriptor of the open file goes away, so a killed holder
// never leaves one behind. Threads of one process share an open file and would all "get" the lock:
// callers take their own mutex first (PROTOCOL C1).
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
  // Waits with back-off until `deadline`; busy (ErrorCode::busy) after it. Exclusive.
  Result<void> lock(u64 byte, std::chrono::steady_clock::time_point deadline);
  Result<bool> try_lock(u64 byte);
  void unlock(u64 byte) noexcept;
  // The path still names the very file that is open here (PROTOCOL A7).
  Result<bool> still_at_path() const;
  const File& file() const { return file_; }

 private:
  explicit LockFile(File file) : file_(std::move(file)) {}
  File file_;
};

// Waits for a mutex of this process until `deadline`; the lock owns it or not.
std::unique_lock<std::timed_mutex> lock_until(std::timed_mutex& mutex,
                                              std::chrono::steady_clock::time_point deadline);

}  // namespace shale

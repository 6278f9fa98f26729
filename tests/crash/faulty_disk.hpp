// A disk that fails: the n-th call of one kind, once or from then on, in one of the ways disks and
// kernels do. Everything it lets through is recorded (disk_record.hpp), so that what a power cut
// would leave afterwards can be looked at too. Used by the fault tests.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/crash/disk_record.hpp"

namespace shale::testing {

enum class Call : u8 { open, read, write, allocate, sync, folder_sync, rename, remove, map };
inline constexpr Call all_calls[] = {Call::open,     Call::read,   Call::write,
                                     Call::allocate, Call::sync,   Call::folder_sync,
                                     Call::rename,   Call::remove, Call::map};
inline const char* call_name(Call call) {
  constexpr const char* names[] = {"open",        "read",   "write",  "allocate", "sync",
                                   "folder sync", "rename", "remove", "map"};
  return names[usize(call)];
}

enum class Failure : u8 {
  once,     // that call alone
  forever,  // that call and all behind it
  shorted,  // of a write: a part of it is written, the rest fails
  killed,   // the process ends there, in a write half way
  lost,     // of a sync: it fails, and what it should have written is lost for good
};
inline const char* failure_name(Failure failure) {
  constexpr const char* names[] = {"once", "for ever", "short", "killed", "lost pages"};
  return names[usize(failure)];
}

struct FailingCall {
  Call call = Call::write;
  u64 at = 0;  // of its kind, from 1; 0: none, calls are only counted
  Failure failure = Failure::once;
  int problem = EIO;
};

class FaultyDisk : public RecordingFileSystem {
 public:
  static constexpr int killed_status = 99;

  FaultyDisk(const std::filesystem::path& root, const std::string& boot, const FailingCall& failing)
      : RecordingFileSystem(root, boot), failing_(failing) {}

  u64 count(Call call) const { return counts_[usize(call)]; }
  bool happened() const { return happened_; }
  void repair() { repaired_ = true; }

  int open(const char* path, int flags, mode_t rights) override {
    return fails(Call::open) ? -1 : RecordingFileSystem::open(path, flags, rights);
  }
  ssize_t read(int descriptor, void* out, usize bytes, off_t offset) override {
    return fails(Call::read) ? -1 : RecordingFileSystem::read(descriptor, out, bytes, offset);
  }
  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    if (!fails(Call::write)) return RecordingFileSystem::write(descriptor, pieces, count, offset);
    const bool is_cut = failing_.failure == Failure::shorted || failing_.failure == Failure::killed;
    if (!is_cut || rest_fails_) return -1;
    rest_fails_ = failing_.failure == Failure::shorted && pieces->iov_len > 1;
    const iovec half = {pieces->iov_base, (pieces->iov_len + 1) / 2};
    const ssize_t written = RecordingFileSystem::write(descriptor, &half, 1, offset);
    if (failing_.failure == Failure::killed) ::_exit(killed_status);
    return written;
  }
  int allocate(int descriptor, off_t offset, off_t bytes) override {
    return fails(Call::allocate) ? -1 : RecordingFileSystem::allocate(descriptor, offset, bytes);
  }
  int sync_data(int descriptor) override {
    if (!fails(Call::sync)) return RecordingFileSystem::sync_data(descriptor);
    if (failing_.failure == Failure::lost) lose_unsynced(descriptor);
    errno = failing_.problem;
    return -1;
  }
  int sync_folder(int descriptor) override {
    return fails(Call::folder_sync) ? -1 : RecordingFileSystem::sync_folder(descriptor);
  }
  int rename(const char* from, const char* to) override {
    return fails(Call::rename) ? -1 : RecordingFileSystem::rename(from, to);
  }
  int remove(const char* path) override {
    return fails(Call::remove) ? -1 : RecordingFileSystem::remove(path);
  }
  int allow_map(int) override { return fails(Call::map) ? -1 : 0; }

 private:
  // Whether this call fails; errno says why. A short write goes on failing until its rest has.
  bool fails(Call call) {
    if (call == failing_.call && rest_fails_ && !is_over_) {
      is_over_ = true;
      errno = failing_.problem;
      return true;
    }
    const u64 number = ++counts_[usize(call)];
    if (repaired_ || call != failing_.call || failing_.at == 0) return false;
    const bool hit =
        failing_.failure == Failure::forever ? number >= failing_.at : number == failing_.at;
    if (!hit) return false;
    happened_ = true;
    if (failing_.failure == Failure::killed && call != Call::write) ::_exit(killed_status);
    errno = failing_.problem;
    return true;
  }

  FailingCall failing_;
  u64 counts_[std::size(all_calls)] = {};
  bool happened_ = false;
  bool repaired_ = false;
  bool rest_fails_ = false;  // of a short write: the call that goes on with it
  bool is_over_ = false;     // that one has failed
};

// A disk with room for so many bytes more: writes and blocks beyond that fail with ENOSPC. What is
// overwritten takes no room; what is removed gives none back.
class FullDisk : public RestartedFileSystem {
 public:
  FullDisk(const std::filesystem::path& root, const std::string& boot, u64 room)
      : RestartedFileSystem(root, boot), room_(room) {}
  void repair() { room_ = ~u64(0); }
  bool was_full() const { return was_full_; }

  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    u64 bytes = 0;
    for (int n = 0; n < count; ++n) bytes += pieces[n].iov_len;
    if (!take(descriptor, u64(offset) + bytes)) return -1;
    return RestartedFileSystem::write(descriptor, pieces, count, offset);
  }
  ssize_t copy_range(int, off_t*, int, off_t*, usize) override {
    errno = EXDEV;  // by read and write, which are counted
    return -1;
  }
  int allocate(int descriptor, off_t offset, off_t bytes) override {
    if (!take(descriptor, u64(offset) + u64(bytes))) return -1;
    return RestartedFileSystem::allocate(descriptor, offset, bytes);
  }

 private:
  bool take(int descriptor, u64 end) {
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0) return false;
    const u64 size = u64(status.st_size);
    const u64 more = end > size ? end - size : 0;
    if (more > room_) {
      was_full_ = true;
      errno = ENOSPC;
      return false;
    }
    room_ -= more;
    return true;
  }

  u64 room_;
  bool was_full_ = false;
};

}  // namespace shale::testing

#include "base/file_copy.hpp"

#include <algorithm>
#include <cerrno>

#include "base/file_system.hpp"

namespace shale {

namespace {

constexpr u64 step_bytes = u64(16) << 20;  // some 10 ms: how soon a caller that wants to end can
constexpr u64 hand_bytes = u64(1) << 20;

// Errors of link() that say "not between these two", not "not now".
bool cannot_link(int problem) {
  return problem == EXDEV || problem == EPERM || problem == EMLINK || problem == EOPNOTSUPP ||
         problem == ENOSYS;
}

// What the kernel copied at `at`, up to `bytes`; nothing where it cannot between these two.
Result<u64> copy_by_kernel(const File& from, File& to, u64 at, u64 bytes) {
  for (;;) {
    off_t in = off_t(at);
    off_t out = off_t(at);
    const ssize_t copied = FileSystem::current().copy_range(from.descriptor(), &in, to.descriptor(),
                                                            &out, usize(bytes));
    if (copied >= 0) return u64(copied);
    if (errno == EINTR) continue;
    const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    if (is_full || errno == EIO) {
      return fail_errno("cannot copy the file", from.path().string(), errno);
    }
    return u64(0);
  }
}

Result<u64> copy_by_hand(const File& from, File& to, u64 at, u64 bytes) {
  Buffer room(usize(std::min(bytes, hand_bytes)));
  TRY(from.read_exactly(at, room));
  TRY(to.write_at(at, room));
  return u64(room.size());
}

Result<void> fill(const File& from, u64 bytes, File& to, const CopyStep& step) {
  to.pace_writes();
  bool by_kernel = true;
  for (u64 at = 0; at < bytes;) {
    const u64 wanted = std::min(bytes - at, step_bytes);
    u64 done = 0;
    if (by_kernel) done = TRY(copy_by_kernel(from, to, at, wanted));
    by_kernel = done != 0;  // some file systems answer 0 where they cannot
    if (done == 0) done = TRY(copy_by_hand(from, to, at, wanted));
    at += done;
    TRY(step(done));
  }
  return to.sync_data();
}

}  // namespace

Result<bool> link_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (FileSystem::current().link(from.c_str(), to.c_str()) == 0) return true;
  if (cannot_link(errno)) return false;
  return fail_errno("cannot link the file", from.string(), errno);
}

Result<void> copy_file(const File& from, u64 bytes, const std::filesystem::path& to,
                       const CopyStep& step) {
  File copy = TRY(File::open(to, File::Mode::create_new));
  Result<void> done = fill(from, bytes, copy, step);
  if (!done) static_cast<void>(remove_file(to));
  return done;
}

}  // namespace shale

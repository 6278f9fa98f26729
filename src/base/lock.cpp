#include "base/lock.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <set>
#include <thread>

#include "base/system.hpp"

namespace shale {

namespace {

// A lease is held for some 20 us: trying again costs less than a sleep, which takes 60 at least.
constexpr int tries_before_sleep = 32;
constexpr auto first_pause = std::chrono::microseconds(50);
constexpr auto pause_max = std::chrono::milliseconds(1);

struct flock one_byte(short type, u64 byte) {
  struct flock what = {};  // l_pid must be 0 for OFD commands
  what.l_type = type;
  what.l_whence = SEEK_SET;
  what.l_start = off_t(byte);
  what.l_len = 1;
  return what;
}

// One OFD lock command on one byte: 0, or the errno.
int lock_command(int descriptor, short type, u64 byte) {
  struct flock what = one_byte(type, byte);
  for (;;) {
    if (fcntl(descriptor, F_OFD_SETLK, &what) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

// The lock files open in this process. Its mutex is held over each fork, so that a child finds the
// list whole; never destroyed, because a lock file may outlive every other static object.
class OpenLocks {
 public:
  static OpenLocks& instance() {
    static OpenLocks* const one = new OpenLocks();
    return *one;
  }
  void add(File* file) {
    const std::lock_guard lock(mutex_);
    files_.insert(file);
  }
  void remove(File* file) {
    const std::lock_guard lock(mutex_);
    files_.erase(file);
  }

 private:
  OpenLocks() {
    at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
            [] { instance().close_all(); });
  }
  void close_all() {
    for (File* file : files_) file->close();
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::set<File*> files_;
};

}  // namespace

LockFile::LockFile(File file, FileIdentity identity)
    : file_(std::make_unique<File>(std::move(file))), identity_(identity) {
  OpenLocks::instance().add(file_.get());
}
LockFile::~LockFile() {
  if (file_ != nullptr) OpenLocks::instance().remove(file_.get());
}
LockFile::LockFile(LockFile&&) noexcept = default;
LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(identity_, other.identity_);
  return *this;
}

Result<LockFile> LockFile::open(const std::filesystem::path& path, bool create) {
  const auto mode = create ? File::Mode::create : File::Mode::read_write;
  File file = TRY(File::open(path, mode));
  const FileIdentity identity = TRY(file.identity());
  return LockFile(std::move(file), identity);
}

Result<bool> LockFile::try_lock(u64 byte) {
  const int problem = lock_command(file_->descriptor(), F_WRLCK, byte);
  if (problem == 0) return true;
  if (problem == EAGAIN || problem == EACCES) return false;
  return fail_errno("cannot lock the file", file_->path().string(), problem);
}

// Back-off instead of F_OFD_SETLKW, which knows no deadline.
Result<bool> LockFile::lock(u64 byte, std::chrono::steady_clock::time_point deadline) {
  using Clock = std::chrono::steady_clock;
  Clock::duration pause = first_pause;
  for (int tries = 1;; ++tries) {
    if (TRY(try_lock(byte))) return true;
    if (tries < tries_before_sleep) {
      std::this_thread::yield();
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (now >= deadline) return false;
    std::this_thread::sleep_for(std::min(pause, deadline - now));
    pause = std::min<Clock::duration>(pause * 2, pause_max);
  }
}

void LockFile::unlock(u64 byte) noexcept { lock_command(file_->descriptor(), F_UNLCK, byte); }

Result<bool> LockFile::is_locked(u64 byte) const {
  struct flock what = one_byte(F_WRLCK, byte);  // what would stand in the way of this one?
  if (fcntl(file_->descriptor(), F_OFD_GETLK, &what) != 0) {
    return fail_errno("cannot ask for the lock", file_->path().string(), errno);
  }
  return what.l_type != F_UNLCK;
}

// The futex is the word's low half, which comes first (little endian). Without FUTEX_PRIVATE_FLAG:
// the waiters are in other processes.
void wait_for_wake(u64& word, u64 seen, std::chrono::steady_clock::duration patience) {
  using std::chrono::nanoseconds;
  const auto left = std::max(nanoseconds(0), std::chrono::duration_cast<nanoseconds>(patience));
  const timespec timeout = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  syscall(SYS_futex, &word, FUTEX_WAIT, u32(seen), &timeout, nullptr, 0);
}

void wake_all(u64& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

// In slices of the wall clock, so that setting it back delays nobody by more than one. Waiting by
// the steady clock itself (pthread_mutex_clocklock) is unknown to clang 14's thread sanitizer,
// which then takes the unlocking for that of another thread's mutex.
std::unique_lock<std::timed_mutex> lock_until(std::timed_mutex& mutex,
                                              std::chrono::steady_clock::time_point deadline) {
  using std::chrono::system_clock;
  constexpr system_clock::duration slice = std::chrono::milliseconds(100);
  for (;;) {
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto wait = std::min(std::chrono::duration_cast<system_clock::duration>(left), slice);
    std::unique_lock lock(mutex, std::defer_lock);
    if (wait.count() <= 0) return std::unique_lock(mutex, std::try_to_lock);
    if (lock.try_lock_until(system_clock::now() + wait)) return lock;
  }
}

Result<void> LockFile::raise_count() {
  const u64 next = TRY(count()) + 1;
  if (::ftruncate(file_->descriptor(), off_t(next)) == 0) return {};
  return fail_errno("cannot make the file longer", file_->path().string(), errno);
}

Result<std::optional<u64>> LockFile::count_at_path() const {
  const std::optional<PathStanding> there = TRY(path_standing(file_->path()));
  if (!there.has_value() || there->identity != identity_) return std::optional<u64>();
  return std::optional(there->bytes);
}

}  // namespace shale

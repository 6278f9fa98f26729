#include "base/lock_holder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>

#include "base/lock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using testing::TemporaryFolder;

LockFile open_lock(const TemporaryFolder& folder, const char* name = "LOCK") {
  return LockFile::open(folder / name, true).value();
}

std::optional<i64> told(const LockFile& file, u64 byte) {
  return lock_holder(file.file().identity().value(), byte);
}

// A child of fork that has done `work` and then waits to be killed.
class Holder {
 public:
  explicit Holder(const std::function<bool()>& work) {
    int ends[2] = {};
    if (::pipe(ends) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      const char answer = work() ? 'y' : 'n';
      if (::write(ends[1], &answer, 1) == 1) ::pause();
      ::_exit(1);
    }
    char answer = 0;
    is_ready_ = ::read(ends[0], &answer, 1) == 1 && answer == 'y';
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Holder() { kill(); }
  void kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  bool is_ready() const { return is_ready_; }
  ::pid_t pid() const { return pid_; }

 private:
  ::pid_t pid_ = 0;
  bool is_ready_ = false;
};

TEST_CASE("the holder of a byte is told, of that byte and that file only, while he has it") {
  const TemporaryFolder folder;
  std::optional<LockFile> kept;
  Holder holder([&] {
    kept = open_lock(folder);
    return kept->try_lock(5).value_or(false) && kept->try_lock(6).value_or(false) &&
           kept->try_lock(u64(1) << 40).value_or(false);
  });
  REQUIRE(holder.is_ready());
  const LockFile mine = open_lock(folder);
  CHECK(told(mine, 5) == holder.pid());
  CHECK(told(mine, 6) == holder.pid());
  CHECK(told(mine, u64(1) << 40) == holder.pid());
  CHECK_FALSE(told(mine, 4).has_value());
  CHECK_FALSE(told(mine, 7).has_value());
  CHECK_FALSE(told(open_lock(folder, "other"), 5).has_value());
  ::kill(holder.pid(), SIGSTOP);
  CHECK(told(mine, 5) == holder.pid());
  holder.kill();
  CHECK_FALSE(told(mine, 5).has_value());
}

TEST_CASE("of two who have bytes of one file, each is told of his own; one may be who asks") {
  const TemporaryFolder folder;
  std::optional<LockFile> kept;
  const Holder holder([&] {
    kept = open_lock(folder);
    return kept->try_lock(5).value_or(false);
  });
  REQUIRE(holder.is_ready());
  LockFile mine = open_lock(folder);
  REQUIRE(mine.try_lock(6).value());
  CHECK(told(mine, 5) == holder.pid());
  CHECK(told(mine, 6) == ::getpid());
  mine.unlock(6);
  CHECK_FALSE(told(mine, 6).has_value());
}

}  // namespace
}  // namespace shale

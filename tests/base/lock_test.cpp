#include "base/lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using testing::TemporaryFolder;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

LockFile open_lock(const TemporaryFolder& folder) {
  return LockFile::open(folder / "LOCK", true).value();
}

TEST_CASE("a lock file is made only where asked for") {
  const TemporaryFolder folder;
  const auto missing = LockFile::open(folder / "LOCK", false);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::not_found);
  CHECK(LockFile::open(folder / "LOCK", true));
  CHECK(LockFile::open(folder / "LOCK", false));
}

TEST_CASE("two open files exclude each other, byte by byte") {
  const TemporaryFolder folder;
  LockFile one = open_lock(folder);
  LockFile two = open_lock(folder);
  CHECK(one.try_lock(3).value());
  CHECK_FALSE(two.try_lock(3).value());
  CHECK(two.try_lock(4).value());
  CHECK(two.try_lock(2).value());
  CHECK_FALSE(one.try_lock(4).value());
  one.unlock(3);
  CHECK(two.try_lock(3).value());
  two.unlock(4);
  CHECK_FALSE(one.try_lock(3).value());
  CHECK(one.try_lock(4).value());
}

TEST_CASE("the same open file gets its own lock again") {
  const TemporaryFolder folder;
  LockFile lock = open_lock(folder);
  CHECK(lock.try_lock(0).value());
  CHECK(lock.try_lock(0).value());  // why callers take a mutex first
  lock.unlock(0);
  LockFile other = open_lock(folder);
  CHECK(other.try_lock(0).value());  // locks do not count
}

TEST_CASE("a lock is told to those who have it not, and only while it is held") {
  const TemporaryFolder folder;
  LockFile one = open_lock(folder);
  const LockFile two = open_lock(folder);
  const auto told = [](const LockFile& file, u64 byte) { return file.is_locked(byte).value(); };
  CHECK_FALSE(told(two, 5));
  REQUIRE(one.try_lock(5).value());
  CHECK(told(two, 5));
  CHECK_FALSE(told(one, 5));  // it has it itself
  CHECK_FALSE(told(two, 4));
  CHECK_FALSE(told(two, 6));
  CHECK(one.try_lock(6).value());  // asking took nothing
  one.unlock(5);
  CHECK_FALSE(told(two, 5));
  { const LockFile gone = std::move(one); }
  CHECK_FALSE(told(two, 6));
}

TEST_CASE("a lock of another process is told until that is killed") {
  const TemporaryFolder folder;
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    LockFile lock = open_lock(folder);
    const char answer = lock.try_lock(5).value_or(false) ? 'y' : 'n';
    if (write(ends[1], &answer, 1) != 1) _exit(1);
    pause();
  }
  char answer = 0;
  REQUIRE(read(ends[0], &answer, 1) == 1);
  const LockFile mine = open_lock(folder);
  CHECK(mine.is_locked(5).value());
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK_FALSE(mine.is_locked(5).value());
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("closing frees, and very high bytes are bytes like others") {
  const TemporaryFolder folder;
  constexpr u64 high = u64(1) << 40;
  LockFile one = open_lock(folder);
  {
    LockFile two = open_lock(folder);
    CHECK(two.try_lock(high).value());
    CHECK_FALSE(one.try_lock(high).value());
  }
  CHECK(one.try_lock(high).value());
  CHECK(one.file().size().value() == 0);
  CHECK_FALSE(one.try_lock(u64(1) << 63));  // beyond off_t: an error, not a lock
}

TEST_CASE("waiting ends at the deadline without the lock") {
  const TemporaryFolder folder;
  LockFile one = open_lock(folder);
  LockFile two = open_lock(folder);
  REQUIRE(one.try_lock(7).value());
  const auto begin = Clock::now();
  const auto result = two.lock(7, begin + milliseconds(60));
  const auto waited = Clock::now() - begin;
  REQUIRE(result);
  CHECK_FALSE(*result);
  CHECK(waited >= milliseconds(60));
  CHECK(waited < milliseconds(1000));
}

TEST_CASE("a deadline in the past still tries once") {
  const TemporaryFolder folder;
  LockFile one = open_lock(folder);
  LockFile two = open_lock(folder);
  CHECK(one.lock(1, Clock::now() - milliseconds(5)).value());
  CHECK_FALSE(two.lock(1, Clock::now() - milliseconds(5)).value());
}

TEST_CASE("a waiter gets the lock soon after it is freed") {
  const TemporaryFolder folder;
  LockFile one = open_lock(folder);
  REQUIRE(one.try_lock(7).value());
  std::thread holder([&] {
    std::this_thread::sleep_for(milliseconds(50));
    one.unlock(7);
  });
  LockFile two = open_lock(folder);
  const auto begin = Clock::now();
  CHECK(two.lock(7, begin + milliseconds(10'000)).value());
  CHECK(Clock::now() - begin < milliseconds(5'000));
  holder.join();
}

TEST_CASE("a child of fork has no lock, frees none and keeps none") {
  const TemporaryFolder folder;
  LockFile held = open_lock(folder);
  LockFile moved = std::move(held);
  REQUIRE(moved.try_lock(3).value());
  int go[2];
  REQUIRE(pipe(go) == 0);
  const pid_t child = fork();
  if (child == 0) {
    moved.unlock(3);  // would free the parent's
    const auto tried = moved.try_lock(3);
    close(go[1]);
    char byte = 0;
    (void)!read(go[0], &byte, 1);  // lives on until the parent is done with the lock
    _exit(!tried && tried.error().code == ErrorCode::io ? 0 : 1);
  }
  LockFile other = open_lock(folder);
  CHECK_FALSE(other.try_lock(3).value());
  {
    const LockFile gone = std::move(moved);  // closed, as when the holder is killed
  }
  // Soon: fork may return here before the child has closed its own.
  CHECK(other.lock(3, Clock::now() + std::chrono::seconds(10)).value());
  close(go[0]);
  close(go[1]);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("who waits for a word hears of its change, and waits no longer than he would") {
  u64 word = u64(7) << 32 | 5;
  const auto started = Clock::now();
  wait_for_wake(word, 6, std::chrono::hours(1));  // the low half differs
  wait_for_wake(word, 5, milliseconds(20));       // the high half does not matter
  CHECK(Clock::now() - started >= milliseconds(20));
  wait_for_wake(word, 5, milliseconds(-1));
  std::thread waiter([&] { wait_for_wake(word, 5, std::chrono::hours(1)); });
  while (Clock::now() - started < milliseconds(60)) std::this_thread::yield();
  std::atomic_ref(word).fetch_add(1, std::memory_order_release);
  wake_all(word);
  waiter.join();
  CHECK(Clock::now() - started < std::chrono::minutes(30));
}

TEST_CASE("a mutex is waited for until the deadline, not longer, and had soon after it is free") {
  std::timed_mutex mutex;
  std::unique_lock held(mutex);
  std::thread waiter([&] {
    const auto started = Clock::now();
    CHECK_FALSE(lock_until(mutex, Clock::now() - milliseconds(1)).owns_lock());
    CHECK_FALSE(lock_until(mutex, Clock::now() + milliseconds(30)).owns_lock());
    CHECK(Clock::now() - started >= milliseconds(30));
    CHECK(lock_until(mutex, Clock::now() + std::chrono::seconds(60)).owns_lock());
    CHECK(Clock::now() - started < std::chrono::seconds(30));
  });
  std::this_thread::sleep_for(milliseconds(250));  // longer than a slice of waiting
  held.unlock();
  waiter.join();
  CHECK(lock_until(mutex, Clock::now() - milliseconds(1)).owns_lock());
}

TEST_CASE("a killed process leaves no lock behind") {
  const TemporaryFolder folder;
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    LockFile lock = open_lock(folder);
    const char answer = lock.try_lock(5).value_or(false) ? 'y' : 'n';
    if (write(ends[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  REQUIRE(read(ends[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  LockFile mine = open_lock(folder);
  CHECK_FALSE(mine.try_lock(5).value());
  CHECK_FALSE(mine.lock(5, Clock::now() + milliseconds(20)).value());
  kill(child, SIGKILL);
  CHECK(mine.lock(5, Clock::now() + milliseconds(10'000)).value());
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  close(ends[1]);
}

// Adds 1 to a number in the file, `rounds` times, each under the lock.
bool add_under_lock(const TemporaryFolder& folder, int rounds) {
  LockFile lock = open_lock(folder);
  File number = File::open(folder / "number", File::Mode::create).value();
  for (int i = 0; i < rounds; ++i) {
    if (!lock.lock(9, Clock::now() + milliseconds(20'000)).value_or(false)) return false;
    u64 value = 0;
    std::byte room[8] = {};
    static_cast<void>(number.read_at(0, room));
    value = load<u64>(room) + 1;
    if (!number.write_at(0, bytes_of(value))) return false;
    lock.unlock(9);
  }
  return true;
}

TEST_CASE("processes that count under the lock lose no count") {
  const TemporaryFolder folder;
  constexpr int rounds = 300;
  pid_t children[3] = {};
  for (pid_t& child : children) {
    child = fork();
    if (child == 0) _exit(add_under_lock(folder, rounds) ? 0 : 1);
  }
  CHECK(add_under_lock(folder, rounds));
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  const Buffer bytes = read_file(folder / "number", 8).value();
  REQUIRE(bytes.size() == 8);
  CHECK(load<u64>(bytes.data()) == 4 * rounds);
}

TEST_CASE("a lock file that was replaced under its path is noticed") {
  const TemporaryFolder folder;
  LockFile lock = open_lock(folder);
  CHECK(lock.still_at_path().value());
  REQUIRE(rename_path(folder / "LOCK", folder / "OLD"));
  CHECK_FALSE(lock.still_at_path().value());
  const LockFile other = open_lock(folder);
  CHECK_FALSE(lock.still_at_path().value());
  CHECK(other.still_at_path().value());
}

}  // namespace
}  // namespace shale

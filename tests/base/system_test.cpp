#include "base/system.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("the clock tells microseconds since 1970") {
  const i64 seconds = i64(time(nullptr));
  const i64 now = now_microseconds();
  CHECK(now / 1'000'000 >= seconds - 1);
  CHECK(now / 1'000'000 <= seconds + 5);
}

TEST_CASE("random numbers are not zero and do not repeat") {
  std::set<u64> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_u64());
  CHECK(seen.size() == 1000);
  CHECK_FALSE(seen.contains(0));
}

// Runs `f` in a child and returns the number it answers.
template <class F>
u64 in_child(F f) {
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const u64 answer = f();
    const ssize_t written = write(ends[1], &answer, sizeof answer);
    _exit(written == ssize_t(sizeof answer) ? 0 : 1);
  }
  REQUIRE(child > 0);
  u64 answer = 0;
  CHECK(read(ends[0], &answer, sizeof answer) == ssize_t(sizeof answer));
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  close(ends[1]);
  return answer;
}

TEST_CASE("pid and start time name a process") {
  CHECK(process_id() == u64(getpid()));
  const u64 mine = process_start_time();
  CHECK(mine > 0);
  CHECK(process_start_time() == mine);
  // Clock ticks are 10 ms: a child of a later moment has a later start.
  usleep(50'000);
  CHECK(in_child([] { return process_start_time(); }) > mine);
  CHECK(in_child([] { return process_id(); }) != process_id());
}

TEST_CASE("start time is in clock ticks since boot, not in some other field") {
  timespec up = {};
  REQUIRE(clock_gettime(CLOCK_BOOTTIME, &up) == 0);
  const u64 ticks = u64(sysconf(_SC_CLK_TCK));
  const u64 child_start = in_child([] { return process_start_time(); });
  CHECK(child_start + 2 * ticks >= u64(up.tv_sec) * ticks);
  CHECK(child_start <= (u64(up.tv_sec) + 5) * ticks);
}

TEST_CASE("a process has the name that ps shows, without the end of its line") {
  const std::string name = process_name();
  CHECK(name == "base_test");
  CHECK(prctl(PR_SET_NAME, "a (name) of 15") == 0);
  CHECK(process_name() == "a (name) of 15");
  CHECK(prctl(PR_SET_NAME, name.c_str()) == 0);
}

TEST_CASE("the boot id is the same for every process of a boot") {
  const u64 mine = boot_id().value();
  CHECK(mine != 0);
  CHECK(boot_id().value() == mine);
  CHECK(in_child([] { return boot_id().value_or(u64(0)); }) == mine);
}

TEST_CASE("memory figures are bytes and plausible") {
  const u64 file = resident_file_bytes();
  CHECK(file > 100'000);  // the program itself is a mapped file
  CHECK(file < u64(4) << 30);
  const u64 peak = peak_resident_bytes();
  CHECK(peak >= file);
  const u64 anonymous = resident_anonymous_bytes();
  CHECK(anonymous > 100'000);
  CHECK(peak >= anonymous);
  {
    std::vector<char> ballast(usize(64) << 20, 'x');
    CHECK(ballast[ballast.size() / 2] == 'x');
    CHECK(resident_anonymous_bytes() >= anonymous + (u64(60) << 20));
    CHECK(resident_file_bytes() < file + (u64(8) << 20));
  }
  CHECK(peak_resident_bytes() >= u64(64) << 20);
}

TEST_CASE("what is resident is told of the process that asks, in a child of fork too") {
  constexpr usize bytes = usize(64) << 20;
  const u64 before = resident_file_bytes();
  const u64 in_the_child = in_child([] {
    void* const shared =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return u64(0);
    std::memset(shared, 1, bytes);
    return resident_file_bytes();
  });
  CHECK(in_the_child >= bytes);
  CHECK(resident_file_bytes() < before + bytes / 2);
}

}  // namespace
}  // namespace shale

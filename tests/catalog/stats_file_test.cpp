#include "catalog/stats_file.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/catalog/control_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using namespace testing;
using shale::testing::TemporaryFolder;
using std::filesystem::path;

StatsFile made_at(const path& file) { return StatsFile::create(file, identity, 77).value(); }
StatsFile opened(const path& file) { return *StatsFile::open(file, identity).value(); }
bool is_there(const path& file, const ControlIdentity& whose = identity) {
  return StatsFile::open(file, whose).value().has_value();
}

// One of each kind.
StatsWords some_words(u64 longest = 500) {
  StatsWords words{};
  words.of(Operation::search).latency.add(400);
  words.of(Operation::search).nanoseconds = 400;
  words.of(Operation::search).longest = longest;
  words.of(Operation::get).count = 64;
  words.of(Lock::merge) = {2, 3000, longest, 0};
  words.of(Cache::results).hits = 5;
  words.merges.read_bytes = 1000;
  words.faults = 1;
  return words;
}

TEST_CASE("what is added by one is read by all, sums added, the longest raised") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  StatsFile one = made_at(file);
  StatsFile two = opened(file);
  one.add(some_words(500));
  two.add(some_words(300));
  for (const StatsWords& words :
       {one.words(), two.words(), read_stats(file, identity).value()->words}) {
    CHECK(words.of(Operation::search).latency.total() == 2);
    CHECK(words.of(Operation::search).nanoseconds == 800);
    CHECK(words.of(Operation::search).longest == 500);
    CHECK(words.of(Operation::get).count == 128);
    CHECK(words.of(Operation::list).latency.total() == 0);
    CHECK(words.of(Lock::merge).count == 4);
    CHECK(words.of(Lock::merge).nanoseconds == 6000);
    CHECK(words.of(Lock::merge).longest == 500);
    CHECK(words.of(Cache::results).hits == 10);
    CHECK(words.merges.read_bytes == 2000);
    CHECK(words.faults == 2);
  }
  CHECK(one.made_at() == 77);
  CHECK(read_stats(file, identity).value()->made_at == 77);
}

TEST_CASE("differences are those of sums, and add up again") {
  const StatsWords before = some_words(900);
  StatsWords now = before;
  add(now, some_words(100));
  CHECK(now.of(Operation::search).longest == 900);
  const StatsWords more = difference(now, before);
  CHECK(more.of(Operation::search).latency.total() == 1);
  CHECK(more.of(Operation::get).count == 64);
  CHECK(more.of(Operation::search).longest == 900);
  CHECK_FALSE(is_zero(more));
  CHECK(is_zero(difference(now, now)));
  CHECK(is_zero(StatsWords{}));
}

TEST_CASE("a file of another boot, project or place is none of ours") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  CHECK_FALSE(is_there(file));
  CHECK_FALSE(read_stats(file, identity).value().has_value());
  made_at(file).add(some_words());
  CHECK(is_there(file));
  CHECK_FALSE(is_there(file, {identity.project_id, identity.boot + 1}));
  CHECK_FALSE(is_there(file, {identity.project_id + 1, identity.boot}));
  CHECK_FALSE(read_stats(file, {identity.project_id, 1}).value().has_value());
  std::filesystem::copy_file(file, folder / "copy");
  CHECK_FALSE(is_there(folder / "copy"));
  CHECK_FALSE(read_stats(folder / "copy", identity).value().has_value());
}

TEST_CASE("a file of another version is left alone, whatever else it is") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  (void)made_at(file);
  overwrite(file, offsetof(StatsHeader, version), u64(u32(stats_bytes)) << 32 | 2);
  CHECK(StatsFile::open(file, identity).error().code == ErrorCode::too_new);
  CHECK(read_stats(file, identity).error().code == ErrorCode::too_new);
}

TEST_CASE("a file that is cut, empty or something else is none of ours") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  (void)made_at(file);
  SECTION("empty") { std::filesystem::resize_file(file, 0); }
  SECTION("half a header") { std::filesystem::resize_file(file, 30); }
  SECTION("cut") { std::filesystem::resize_file(file, stats_bytes - 1); }
  SECTION("something else") { overwrite(file, 0, 0x1234); }
  CHECK_FALSE(is_there(file));
  CHECK_FALSE(read_stats(file, identity).value().has_value());
}

TEST_CASE("whose file was removed, replaced or cut learns it before he adds") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  const StatsFile one = made_at(file);
  CHECK(one.is_at(file).value());
  SECTION("removed") { std::filesystem::remove(file); }
  SECTION("replaced") { (void)made_at(file); }
  SECTION("cut") { std::filesystem::resize_file(file, 4096); }
  CHECK_FALSE(one.is_at(file).value());
}

TEST_CASE("processes that add at once lose nothing; one that is killed leaves sums that hold") {
  const TemporaryFolder folder;
  const path file = folder / "STATS";
  const StatsFile own = made_at(file);
  constexpr int processes = 4, rounds = 2000;
  std::vector<pid_t> children;
  children.reserve(processes);
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      StatsFile mine = opened(file);
      for (int n = 0; n < rounds; ++n) mine.add(some_words());
      _exit(0);
    }
    children.push_back(child);
  }
  const pid_t killed = fork();
  if (killed == 0) {
    StatsFile mine = opened(file);
    for (;;) mine.add({});  // adds nothing, ends anywhere
  }
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  REQUIRE(kill(killed, SIGKILL) == 0);
  REQUIRE(waitpid(killed, nullptr, 0) == killed);
  const StatsWords words = own.words();
  CHECK(words.of(Operation::search).latency.total() == processes * rounds);
  CHECK(words.of(Operation::get).count == 64 * processes * rounds);
  CHECK(words.of(Operation::search).longest == 500);
}

}  // namespace
}  // namespace shale::catalog

#include "cli/progress.hpp"

#include <thread>

#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;
using shale::testing::Ran;
using shale::testing::run_captured;
using shale::testing::run_on_terminal;

namespace {

// A bar over work of `milliseconds`, shown every few of them; 99 steps to the end.
int work(int milliseconds, bool quiet = false) {
  ProgressBar bar("work", quiet);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
    bar.show(50, 100, 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return 0;
}

usize count_of(std::string_view text, std::string_view part) {
  usize count = 0;
  for (usize at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

constexpr std::string_view wipe = "\r\033[K";

}  // namespace

TEST_CASE("progress: a bar where the end is known, a count where it is not") {
  const std::string half = progress_line("ingest", 512, 1024, 3);
  CHECK(half == "ingest [============            ]  50 %  512 B  3 segments");
  CHECK(progress_line("add", 2048, 0, 7) == "add 2.0 KiB  7 segments");
  CHECK(progress_line("x", 0, 10, 0).find("  0 %") != std::string::npos);
  // An input that grew while it was read.
  CHECK(progress_line("x", 30, 10, 0).find("[========================] 100 %") !=
        std::string::npos);
}

TEST_CASE("progress: a bar comes after half a second, ten times a second, and goes again") {
  const std::string text = run_on_terminal([] { return work(950); }).out;
  INFO(text);
  const usize drawn = count_of(text, "work [============            ]  50 %  50 B  3 segments");
  CHECK(drawn >= 1);
  CHECK(drawn <= 5);
  CHECK(count_of(text, wipe) == drawn + 1);
  CHECK(text.ends_with(wipe));
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("progress: short work, a pipe, --quiet and a dumb terminal see none of it") {
  CHECK(run_on_terminal([] { return work(100); }).out.empty());
  CHECK(run_on_terminal([] { return work(560, true); }).out.empty());
  CHECK(run_captured([] { return work(560); }).err.empty());
  const Ran dumb = run_on_terminal([] {
    setenv("TERM", "dumb", 1);
    return work(560);
  });
  CHECK(dumb.out.empty());
}

TEST_CASE("progress: the bar grows with the share and is always as long") {
  usize before = 0;
  for (u64 done = 0; done <= 240; ++done) {
    const std::string line = progress_line("x", done, 240, 0);
    INFO(line);
    const usize full = count_of(line, "=");
    CHECK(full == done / 10);
    CHECK(full >= before);
    CHECK(line.find(']') == 27);
    before = full;
  }
  CHECK(progress_line("x", UINT64_MAX, UINT64_MAX, UINT64_MAX).find("100 %") != std::string::npos);
}

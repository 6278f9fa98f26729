#include "cli/progress.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

TEST_CASE("progress: a bar where the end is known, a count where it is not") {
  const std::string half = progress_line("ingest", 512, 1024, 3);
  CHECK(half == "ingest [============            ]  50 %  512 B  3 segments");
  CHECK(progress_line("add", 2048, 0, 7) == "add 2.0 KiB  7 segments");
  CHECK(progress_line("x", 0, 10, 0).find("  0 %") != std::string::npos);
  // An input that grew while it was read.
  CHECK(progress_line("x", 30, 10, 0).find("[========================] 100 %") !=
        std::string::npos);
}

#include "base/on_all_cores.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"

using namespace shale;

TEST_CASE("on all cores: each item once") {
  for (const usize items : {usize(0), usize(1), usize(2), usize(10'000)}) {
    std::vector<int> times(items, 0);
    CHECK(on_all_cores(items, [&](usize i) -> Result<void> {
      ++times[i];
      return {};
    }));
    CHECK(times == std::vector<int>(items, 1));
  }
}

TEST_CASE("on all cores: an error ends it, an exception comes back to the caller") {
  std::atomic<usize> done = 0;
  const auto failing = [&](usize i) -> Result<void> {
    if (i == 3) return fail(ErrorCode::no_space, "full");
    ++done;
    return {};
  };
  const auto result = on_all_cores(1'000'000, failing);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::no_space);
  CHECK(done < 999'999);
  CHECK_THROWS_AS(on_all_cores(100,
                               [](usize i) -> Result<void> {
                                 if (i == 7) throw std::runtime_error("seven");
                                 return {};
                               }),
                  std::runtime_error);
}

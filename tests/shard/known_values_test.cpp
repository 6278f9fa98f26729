#include "shard/known_values.hpp"

#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

TEST_CASE("a value is known once it is remembered, if its code is small") {
  KnownValues values;
  CHECK(values.find(3) == nullptr);
  values.remember(3, "code");
  REQUIRE(values.find(3) != nullptr);
  CHECK(*values.find(3) == "code");
  CHECK(values.find(2) == nullptr);
  values.remember(1'000'000, "far");
  CHECK(values.find(1'000'000) == nullptr);
}

TEST_CASE("of threads that remember the same value one wins, and all see it") {
  KnownValues values;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (usize t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (u32 code = 0; code < 64; ++code) {
        values.remember(code, "value " + std::to_string(code));
        const std::string* const known = values.find(code);
        if (known == nullptr || *known != "value " + std::to_string(code)) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

}  // namespace
}  // namespace shale::shard

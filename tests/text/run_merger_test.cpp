#include "text/run_merger.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"

namespace shale {
namespace {

TEST_CASE("runs: as many tokens as the definition has") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  RunMerger merger;
  for (const Vocabulary* vocabulary : {&testing::cl100k(), &testing::o200k()}) {
    for (int i = 0; i < 250; ++i) {
      std::string piece;
      const u32 runs = 1 + u32(random() % 4);
      for (u32 run = 0; run < runs; ++run) {
        piece.append(40 + random() % 160, " \n-=a*#0\xFF"[random() % 9]);
      }
      const auto tokens = merger.count(*vocabulary, piece);
      INFO(piece);
      REQUIRE(tokens);
      REQUIRE(*tokens == testing::merged_by_definition(*vocabulary, piece));
    }
  }
}

TEST_CASE("runs: lengths one by one") {
  RunMerger merger;
  for (usize length = 16; length < 400; ++length) {
    const std::string piece(length, '-');
    const auto tokens = merger.count(testing::o200k(), piece);
    REQUIRE(tokens);
    CHECK(*tokens == testing::merged_by_definition(testing::o200k(), piece));
  }
}

TEST_CASE("runs: a piece of many short runs is left to others") {
  RunMerger merger;
  std::string piece;
  for (int i = 0; i < 100; ++i) piece += "ab";
  CHECK_FALSE(merger.count(testing::cl100k(), piece));
  CHECK_FALSE(merger.count(testing::cl100k(), "aaaabbbb"));
}

TEST_CASE("runs: ten megabytes take no time to speak of") {
  RunMerger merger;
  const std::string piece(usize(10) << 20, ' ');
  CHECK(merger.count(testing::o200k(), piece) == u64(81'920));
}

}  // namespace
}  // namespace shale

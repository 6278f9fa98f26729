#include "query/number_lists.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("each list holds its numbers in the order they came in") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    const u32 count = 1 + u32(random() % 40);
    std::vector<std::vector<u32>> expected(count);
    std::vector<NumberLists::Entry> entries(random() % 200);
    for (NumberLists::Entry& entry : entries) {
      entry = {u32(random() % count), u32(random())};
      expected[entry.list].push_back(entry.number);
    }
    const NumberLists lists(count, entries);
    for (u32 list = 0; list < count; ++list) {
      const std::span<const u32> found = lists.of(list);
      REQUIRE(std::vector<u32>(found.begin(), found.end()) == expected[list]);
    }
    REQUIRE(lists.of(count).empty());
  }
}

TEST_CASE("there may be no list at all") {
  CHECK(NumberLists().of(0).empty());
  CHECK(NumberLists(0, {}).of(0).empty());
  CHECK(NumberLists(3, {}).of(2).empty());
  CHECK(NumberLists(3, {}).of(0xffffffff).empty());
}

}  // namespace
}  // namespace shale::query::testing

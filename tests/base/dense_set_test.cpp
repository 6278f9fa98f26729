#include "base/dense_set.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/document_set.hpp"
#include "tests/base/random_sets.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::Random;

// Empty, sparse and full stretches, so that both kinds of container come about.
std::vector<u32> random_values(std::mt19937& random, u32 limit) {
  std::set<u32> values;
  for (int stretch = 0; stretch < 4 && limit > 0; ++stretch) {
    const u32 begin = u32(random() % limit);
    const u32 step = 1 + u32(random() % (random() % 2 == 0 ? 3 : 3000));
    for (u32 value = begin; value < limit && values.size() < 60'000; value += step)
      values.insert(value);
  }
  return {values.begin(), values.end()};
}

DocumentSet shared(const DenseSet& set) {
  return DocumentSet::sharing(std::make_shared<const DenseSet>(set));
}

DenseSet dense(const DocumentSet& documents, u32 limit) {
  DenseSet set(limit);
  documents.add_to(set);
  return set;
}

TEST_CASE("dense set: the same as a bitmap of the same numbers") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    const u32 limit = std::vector<u32>{0, 1, 63, 64, 65, 65'536, 200'001, 1u << 18}[random() % 8];
    const std::vector<u32> a = random_values(random, limit), b = random_values(random, limit);
    DenseSet left(limit), right(limit);
    for (const u32 value : a) left.add(value);
    for (const u32 value : b) right.add(value);
    const Bitmap left_map = Bitmap::from_sorted(a), right_map = Bitmap::from_sorted(b);
    REQUIRE(left.count() == a.size());
    REQUIRE(left.to_vector() == a);
    REQUIRE(shared(left).to_vector() == a);
    REQUIRE(shared(left).count() == a.size());
    REQUIRE(dense(DocumentSet::copy_of(left_map), limit).to_vector() == a);
    DenseSet both = left, either = left;
    both &= right;
    either |= right;
    Bitmap both_map = left_map, either_map = left_map;
    both_map &= right_map;
    either_map |= right_map;
    REQUIRE(both.to_vector() == both_map.to_vector());
    REQUIRE(either.to_vector() == either_map.to_vector());
    const u32 begin = u32(random() % (limit + 1)), end = begin + u32(random() % (limit + 70));
    std::vector<u32> between, expected;
    left.for_each_between(begin, end, [&](u32 value) { between.push_back(value); });
    std::copy_if(a.begin(), a.end(), std::back_inserter(expected),
                 [&](u32 value) { return value >= begin && value < end; });
    REQUIRE(between == expected);
    for (const u32 value : expected) left.remove(value);
    REQUIRE(left.count() == a.size() - expected.size());
    for (const u32 value : expected) REQUIRE_FALSE(left.contains(value));
  }
}

TEST_CASE("dense set: nothing lies behind its limit") {
  for (const u32 limit : {1u, 64u, 100u, 65'537u, 70'000u}) {
    DenseSet set(limit);
    set.add_all();
    CHECK(set.count() == limit);
    CHECK(set.contains(limit - 1));
    CHECK_FALSE(set.contains(limit));
    CHECK(shared(set).to_vector() == Bitmap::range(0, limit).to_vector());
    CHECK(dense(DocumentSet::range(0, 300'000), limit).count() == limit);
    std::vector<u32> many;
    for (u32 value = 0; value < 300'000; value += 1 + value % 3) many.push_back(value);
    const u32 below = Bitmap::from_sorted(many).count_below(limit);
    CHECK(dense(DocumentSet::from_sorted(many), limit).count() == below);
    many.assign({limit, limit + 1, 299'000});
    CHECK(dense(DocumentSet::from_sorted(many), limit).count() == 0);
  }
}

TEST_CASE("dense set: containers are added where they belong") {
  DenseSet set(131'073);
  const std::vector<u16> values = {0, 1, 9, 65'535};
  set.add(FrozenContainer{1, false, 4, {}, values});
  set.add(FrozenContainer{2, false, 4, {}, values});  // only 131,072 is below the limit
  set.add(FrozenContainer{3, false, 4, {}, values});
  CHECK(set.to_vector() == std::vector<u32>{65'536, 65'537, 65'545, 131'071, 131'072});
}

}  // namespace
}  // namespace shale

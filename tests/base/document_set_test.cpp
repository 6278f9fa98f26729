#include "base/document_set.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "tests/base/aligned_image.hpp"
#include "tests/base/random_sets.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::Random;
using Values = std::vector<u32>;

// Of three sets with common keys, empty ones and short arrays among them.
Values random_values(Random& random) {
  if (testing::below(random, 6) == 0) return {};
  if (testing::below(random, 3) != 0) return testing::random_set(random, 4);
  std::set<u32> few;
  for (u32 i = testing::below(random, 300); i-- > 0;) few.insert(testing::below(random, 300'000));
  return {few.begin(), few.end()};
}

std::set<u32> set_of(const Values& values) { return {values.begin(), values.end()}; }
Values values_of(const std::set<u32>& set) { return {set.begin(), set.end()}; }

TEST_CASE("a set answers for its members") {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    const Values values = random_values(random);
    const DocumentSet set = DocumentSet::from_sorted(values);
    REQUIRE(set.to_vector() == values);
    REQUIRE(set.count() == values.size());
    REQUIRE(set.empty() == values.empty());
    REQUIRE(set.to_bitmap() == Bitmap::from_sorted(values));
    REQUIRE(DocumentSet::copy_of(set.to_bitmap()).to_vector() == values);
    for (const u32 value : values) {
      if (testing::below(random, 64) != 0) continue;
      const bool next = std::binary_search(values.begin(), values.end(), value + 1);
      REQUIRE(set.contains(value));
      REQUIRE(set.contains(value + 1) == next);
    }
  }
  CHECK_FALSE(DocumentSet().contains(0));
}

TEST_CASE("a set of a range has every document of it") {
  for (const auto& [begin, end] : std::vector<std::pair<u32, u32>>{{0, 0},
                                                                   {5, 5},
                                                                   {0, 1},
                                                                   {0, 64},
                                                                   {3, 70},
                                                                   {65'530, 65'540},
                                                                   {1000, 200'001},
                                                                   {0xffffffc0, 0xffffffff}}) {
    Values expected;
    for (u32 value = begin; value < end; ++value) expected.push_back(value);
    CHECK(DocumentSet::range(begin, end).to_vector() == expected);
    CHECK(DocumentSet::range(begin, end).count() == end - begin);
  }
}

TEST_CASE("sets are intersected, united and subtracted as those of the standard library") {
  const u64 seed = std::random_device{}();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 150; ++round) {
    std::vector<Values> given(1 + testing::below(random, 4));
    for (Values& values : given) values = random_values(random);
    std::vector<DocumentSet> sets;
    std::vector<const DocumentSet*> pointers;
    for (const Values& values : given) sets.push_back(DocumentSet::from_sorted(values));
    for (const DocumentSet& set : sets) pointers.push_back(&set);
    std::set<u32> all = set_of(given[0]), any = set_of(given[0]), first = set_of(given[0]);
    for (usize i = 1; i < given.size(); ++i) {
      const std::set<u32> other = set_of(given[i]);
      std::erase_if(all, [&](u32 value) { return !other.contains(value); });
      std::erase_if(first, [&](u32 value) { return other.contains(value); });
      any.insert(other.begin(), other.end());
    }
    const Values among = random_values(random);
    const DocumentSet filter = DocumentSet::from_sorted(among);
    const auto passing =
        std::count_if(among.begin(), among.end(), [&](u32 value) { return any.contains(value); });

    REQUIRE(DocumentSet::intersection_of(pointers).to_vector() == values_of(all));
    REQUIRE(DocumentSet::union_of(pointers).to_vector() == values_of(any));
    REQUIRE(DocumentSet::union_count(pointers, nullptr) == any.size());
    REQUIRE(DocumentSet::union_count(pointers, &filter) == u32(passing));
    DocumentSet rest = sets[0];
    for (usize i = 1; i < sets.size(); ++i) rest = DocumentSet::difference_of(rest, sets[i]);
    REQUIRE(rest.to_vector() == values_of(first));
    REQUIRE(rest.count() == first.size());
  }
}

TEST_CASE("what is made of sets outlives them") {
  Random random(7);
  const Values a = testing::random_set(random, 6), b = testing::random_set(random, 6);
  const Values only = {900'000};  // a container that is taken over as it is
  DocumentSet sum, rest;
  {
    const DocumentSet one = DocumentSet::from_sorted(a), two = DocumentSet::from_sorted(b);
    const DocumentSet three = DocumentSet::from_sorted(only);
    const DocumentSet* const all[] = {&one, &two, &three};
    sum = DocumentSet::union_of(all);
    rest = DocumentSet::difference_of(three, one);
  }
  std::set<u32> expected = set_of(a);
  expected.insert(b.begin(), b.end());
  expected.insert(900'000);
  CHECK(sum.to_vector() == values_of(expected));
  CHECK(rest.to_vector().size() == (set_of(a).contains(900'000) ? 0 : 1));
}

TEST_CASE("an image is viewed where it lies, and bytes that are none are refused") {
  Random random(8);
  const Values values = testing::random_set(random, 5);
  Buffer image;
  append_frozen(values, image);
  const testing::AlignedImage aligned(image);
  const auto view = DocumentSet::view(aligned.bytes());
  REQUIRE(view.has_value());
  CHECK(view->to_vector() == values);
  for (const FrozenContainer& container : view->containers()) {
    const void* const at = container.is_bitset ? static_cast<const void*>(container.words.data())
                                               : container.values.data();
    CHECK(at >= aligned.bytes().data());
    CHECK(at < aligned.bytes().data() + aligned.bytes().size());
  }
  CHECK_FALSE(DocumentSet::view(Bytes(image).first(image.size() - 1)).has_value());
  CHECK_FALSE(DocumentSet::view({}).has_value());
}

// As in a page that was lost: nobody who walks through the list relies on less.
TEST_CASE("values that do not ascend come out in order, each once") {
  Buffer image;
  append_frozen(std::vector<u32>{1, 5, 9, 12}, image);
  testing::AlignedImage aligned(image);
  const auto view = DocumentSet::view(aligned.bytes());
  REQUIRE(view.has_value());
  std::fill_n(const_cast<std::byte*>(aligned.bytes().data()) + 2, 4, std::byte(0));
  CHECK(view->to_vector() == Values{0, 1, 12});
}

}  // namespace
}  // namespace shale

#include "base/container_kernels.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "base/kernel.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using Words = std::vector<u64>;
using Values = std::vector<u16>;

u32 below(std::mt19937_64& random, u32 n) { return u32(random() % n); }

Words random_words(std::mt19937_64& random) {
  Words words(bitset_words, below(random, 5) == 0 ? ~u64(0) : 0);
  for (u32 i = below(random, 3000); i-- > 0;) words[below(random, bitset_words)] ^= random();
  return words;
}

Values random_values(std::mt19937_64& random, u32 count_max) {
  std::set<u16> values;
  // Close together or far apart, so that blocks overlap in every way.
  const u32 end = below(random, 2) == 0 ? 65536 : 2 * count_max + 1;
  for (u32 i = below(random, count_max + 1); i-- > 0;) values.insert(u16(below(random, end)));
  return {values.begin(), values.end()};
}

Bitset bits(const Words& words) { return Bitset(words.data(), bitset_words); }

bool has(const Words& words, u16 value) { return (words[value / 64] >> (value % 64) & 1) != 0; }

u32 members(const Words& words) {
  u32 count = 0;
  for (u32 value = 0; value < 65536; ++value) count += has(words, u16(value)) ? 1 : 0;
  return count;
}

template <class Test>
void with_both_twins(Test test) {
  for (const Kernel kernel : {Kernel::scalar, Kernel::automatic}) {
    force_kernel(kernel);
    test();
  }
  force_kernel(Kernel::automatic);
}

TEST_CASE("bitsets are combined and counted word by word") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    const Words a = random_words(random), b = random_words(random);
    Words both = a, either = a, first_only = a;
    for (usize i = 0; i < bitset_words; ++i) {
      both[i] &= b[i];
      either[i] |= b[i];
      first_only[i] &= ~b[i];
    }
    with_both_twins([&] {
      Words out(bitset_words);
      CHECK(and_words(bits(a), bits(b), out.data()) == members(both));
      CHECK(out == both);
      CHECK(or_words(bits(a), bits(b), out.data()) == members(either));
      CHECK(out == either);
      CHECK(and_not_words(bits(a), bits(b), out.data()) == members(first_only));
      CHECK(out == first_only);
      CHECK(count_words(bits(a)) == members(a));
      Words in_place = b;
      and_words(bits(a), bits(in_place), in_place.data());
      CHECK(in_place == both);
    });
  }
}

TEST_CASE("arrays have in common what the standard library finds") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 2000; ++round) {
    const u32 sizes[] = {0, 3, 8, 30, 300, 4096};
    const Values a = random_values(random, sizes[below(random, 6)]);
    const Values b = random_values(random, sizes[below(random, 6)]);
    Values expected;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    with_both_twins([&] {
      // Nothing is written behind the room that is asked for.
      Values out(std::min(a.size(), b.size()) + values_slack + 1, 0x5a5a);
      const u32 count = and_values(a, b, out.data());
      REQUIRE(Values(out.begin(), out.begin() + count) == expected);
      REQUIRE(out.back() == 0x5a5a);
    });
  }
}

// As they stand in a page that was lost in the middle.
TEST_CASE("arrays that do not ascend do no harm") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    Values a(below(random, 600)), b(below(random, 600) * (1 + below(random, 40)));
    for (u16& value : a) value = u16(below(random, 3) * random());
    for (u16& value : b) value = u16(below(random, 3) * random());
    with_both_twins([&] {
      Values out(std::min(a.size(), b.size()) + values_slack + 1, 0x5a5a);
      REQUIRE(and_values(a, b, out.data()) <= std::min(a.size(), b.size()));
      REQUIRE(out.back() == 0x5a5a);
    });
  }
}

TEST_CASE("values are looked up in a bitset, added to it and removed from it") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 50; ++round) {
    const Words words = random_words(random);
    const Values values = random_values(random, 4096);
    Values members, others;
    for (const u16 value : values) (has(words, value) ? members : others).push_back(value);
    Values out = values;
    out.resize(select_members(values, bits(words), out.data()));
    CHECK(out == members);
    out = values;
    out.resize(select_others(out, bits(words), out.data()));
    CHECK(out == others);
    Words changed = words;
    add_members(values, changed.data());
    CHECK(count_words(bits(changed)) == count_words(bits(words)) + others.size());
    remove_members(values, changed.data());
    CHECK(count_words(bits(changed)) == count_words(bits(words)) - members.size());
  }
}

}  // namespace
}  // namespace shale

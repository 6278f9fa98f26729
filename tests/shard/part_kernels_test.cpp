#include "shard/part_kernels.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

constexpr usize nibbles_max = 64;

// Random nibbles up to `largest`.
Buffer random_nibbles(std::mt19937& random, usize bytes, u32 largest) {
  Buffer buffer;
  for (usize i = 0; i < bytes; ++i)
    buffer.push_back(std::byte(random() % (largest + 1) | (random() % (largest + 1)) << 4));
  return buffer;
}

u32 nibble_of(const Buffer& nibbles, usize i) { return u32(nibbles[i / 2]) >> (i % 2 * 4) & 15; }

// f(nibbles, count): as many nibbles as asked for, and sometimes some bytes behind them, which
// decides how many are read at once.
template <class F>
void for_random_nibbles(u32 largest, F&& f) {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    const usize count = random() % (nibbles_max + 1);
    f(random_nibbles(random, (count + 1) / 2 + random() % 12, largest), count);
  }
}

}  // namespace

TEST_CASE("part kernels: sums of nibbles, whatever lies behind them") {
  for (const u32 largest : {1u, 14u}) {
    for_random_nibbles(largest, [](const Buffer& nibbles, usize count) {
      std::vector<u32> before(nibbles_max + 1 + part_slack, 77);
      CHECK_FALSE(add_up_nibbles(nibbles, count, before.data()));
      u32 sum = 0;
      for (usize i = 0; i <= count; ++i) {
        if (before[i] != sum) FAIL("sum before nibble " << i << " of " << count);
        if (i < count) sum += nibble_of(nibbles, i);
      }
    });
  }
}

TEST_CASE("part kernels: a nibble of 15 is told of, wherever it stands") {
  for_random_nibbles(14, [](Buffer nibbles, usize count) {
    for (usize i = 0; i < count; ++i) {
      const std::byte kept = nibbles[i / 2];
      nibbles[i / 2] |= std::byte(i % 2 == 0 ? 0x0f : 0xf0);
      u32 out[nibbles_max + 1 + part_slack];
      if (!add_up_nibbles(nibbles, count, out)) FAIL("sums: nibble " << i << " of " << count);
      if (!read_nibbles(nibbles, 0, count, out)) FAIL("values: nibble " << i << " of " << count);
      nibbles[i / 2] = kept;
    }
  });
}

TEST_CASE("part kernels: nibbles one by one, from an even and an odd one on") {
  for_random_nibbles(14, [](const Buffer& nibbles, usize count) {
    for (usize first = 0; first < std::min<usize>(count, 4); ++first) {
      std::vector<u32> out(nibbles_max + part_slack);
      CHECK_FALSE(read_nibbles(nibbles, first, count - first, out.data()));
      for (usize i = first; i < count; ++i) {
        if (out[i - first] != nibble_of(nibbles, i)) FAIL("nibble " << i << " from " << first);
      }
    }
  });
}

}  // namespace shale::shard

// How long things take: a histogram of spans of time in 250 words, without allocation or lock.
//
//   bucket 0      up to 64 ns
//   bucket 1..248 eight for each power of two, (64, 72], (72, 80], ... up to 137 s
//   bucket 249    longer
//
// Buckets are closed above, so that powers of two are ends: what is shown up to one of them is
// exact. A percentile is the end of the bucket it lies in: never less than the true one, and at
// most 1/8 more (64 ns where that is below 64 ns). Plain words, so that it may lie in a mapped
// file; who shares one adds with add() alone. 6 ns to add where nobody else does. Used by catalog
// (stats_file.hpp) and store (figures.hpp).
#pragma once

#include <bit>

#include "base/integers.hpp"

namespace shale {

inline constexpr usize histogram_buckets = 250;
inline constexpr int histogram_power_min = 6;   // 2^6 ns: the end of the first bucket
inline constexpr int histogram_power_max = 37;  // 2^37 ns: the start of the last

constexpr usize histogram_bucket(u64 nanoseconds) {
  if (nanoseconds <= u64(1) << histogram_power_min) return 0;
  if (nanoseconds > u64(1) << histogram_power_max) return histogram_buckets - 1;
  const u64 below = nanoseconds - 1;
  const int power = int(std::bit_width(below)) - 1;
  return 1 + usize(power - histogram_power_min) * 8 + usize(below >> (power - 3) & 7);
}

// The longest span that falls into it.
constexpr u64 histogram_bucket_end(usize bucket) {
  if (bucket == 0) return u64(1) << histogram_power_min;
  if (bucket >= histogram_buckets - 1) return ~u64(0);
  const usize power = usize(histogram_power_min) + (bucket - 1) / 8;
  return u64(9 + (bucket - 1) % 8) << (power - 3);
}
static_assert(histogram_bucket(u64(1) << histogram_power_max) == histogram_buckets - 2);
static_assert(histogram_bucket_end(histogram_buckets - 2) == u64(1) << histogram_power_max);

struct Histogram {
  u64 buckets[histogram_buckets] = {};

  // Safe from many threads and processes; relaxed: nothing rests on what it stands beside.
  void add(u64 nanoseconds) noexcept;
  // The others are for copies that nobody adds to.
  void merge(const Histogram& other) noexcept;
  u64 total() const noexcept;
  // How many took no longer than the end of that bucket.
  u64 total_up_to(usize bucket) const noexcept;
  // What `share` (0 to 1) of all took at most, in ns; 0 where there are none.
  u64 percentile(double share) const noexcept;
};
static_assert(sizeof(Histogram) == histogram_buckets * sizeof(u64));

}  // namespace shale

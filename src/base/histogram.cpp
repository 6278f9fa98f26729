#include "base/histogram.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace shale {

void Histogram::add(u64 nanoseconds) noexcept {
  std::atomic_ref<u64>(buckets[histogram_bucket(nanoseconds)])
      .fetch_add(1, std::memory_order_relaxed);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (usize i = 0; i < histogram_buckets; ++i) buckets[i] += other.buckets[i];
}

u64 Histogram::total() const noexcept { return total_up_to(histogram_buckets - 1); }

u64 Histogram::total_up_to(usize bucket) const noexcept {
  u64 sum = 0;
  for (usize i = 0; i <= std::min(bucket, histogram_buckets - 1); ++i) sum += buckets[i];
  return sum;
}

u64 Histogram::percentile(double share) const noexcept {
  const u64 all = total();
  if (all == 0) return 0;
  const u64 rank = std::clamp<u64>(u64(std::ceil(share * double(all))), 1, all);
  u64 sum = 0;
  for (usize i = 0; i < histogram_buckets; ++i) {
    sum += buckets[i];
    if (sum >= rank) return histogram_bucket_end(i);
  }
  return histogram_bucket_end(histogram_buckets - 1);
}

}  // namespace shale

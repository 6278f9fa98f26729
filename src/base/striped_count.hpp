// A count that many threads add to, on paths of a few nanoseconds.
//
// Each thread has a stripe of its own, a cache line it shares with nobody as long as there are no
// more threads than stripes. It is added to without a lock and without a locked instruction (1 ns
// instead of 5): where two threads do share one, an addition is lost now and then. For figures that
// are shown to people, not for what anything is decided by. Used by shard/page_budget.hpp.
#pragma once

#include <array>
#include <atomic>

#include "base/integers.hpp"

namespace shale {

// Of the calling thread: threads get numbers as they first ask.
inline u32 thread_stripe() {
  static std::atomic<u32> threads = 0;
  thread_local const u32 own = threads.fetch_add(1, std::memory_order_relaxed);
  return own;
}

class StripedCount {
 public:
  // Relaxed: the sum orders nothing.
  void add(u64 count) {
    std::atomic<u64>& value = stripes_[thread_stripe() % stripes_.size()].value;
    value.store(value.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  u64 sum() const {
    u64 result = 0;
    for (const Stripe& stripe : stripes_) result += stripe.value.load(std::memory_order_relaxed);
    return result;
  }

 private:
  struct alignas(64) Stripe {
    std::atomic<u64> value = 0;
  };
  std::array<Stripe, 32> stripes_;
};

}  // namespace shale

// A cache of shared values under a byte budget and a count budget, least recently used first out.
//
// Lock stripes keep threads apart; a hit is a hash look-up and a list splice under one stripe's
// mutex and returns a shared_ptr, never a copy. Eviction only drops the cache's reference. Used
// for decoded segments (store/active_segments.hpp).
#pragma once

#include <array>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/integers.hpp"

namespace shale {

struct LruCounters {
  u64 hits = 0;
  u64 misses = 0;
  u64 evictions = 0;
  u64 entries = 0;
  u64 bytes = 0;
};

template <class Key, class Value, class Hash = std::hash<Key>, usize stripes = 16>
class Lru {
 public:
  Lru(u64 bytes_max, u64 entries_max)
      : bytes_max_(bytes_max / stripes), entries_max_((entries_max + stripes - 1) / stripes) {}

  std::shared_ptr<const Value> find(const Key& key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.index.find(key);
    if (found == stripe.index.end()) {
      ++stripe.counters.misses;
      return nullptr;
    }
    ++stripe.counters.hits;
    stripe.order.splice(stripe.order.begin(), stripe.order, found->second);
    return found->second->value;
  }

  // Keeps `value`, which weighs `bytes`; one heavier than a stripe's budget is not kept.
  void insert(const Key& key, std::shared_ptr<const Value> value, u64 bytes) {
    if (bytes > bytes_max_) return;
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    if (stripe.index.contains(key)) return;
    stripe.order.push_front({key, std::move(value), bytes});
    stripe.index.emplace(key, stripe.order.begin());
    stripe.counters.bytes += bytes;
    while (stripe.counters.bytes > bytes_max_ || stripe.index.size() > entries_max_) evict(stripe);
  }

  LruCounters counters() const {
    LruCounters sum;
    for (const Stripe& stripe : stripes_) {
      const std::lock_guard lock(stripe.mutex);
      sum.hits += stripe.counters.hits;
      sum.misses += stripe.counters.misses;
      sum.evictions += stripe.counters.evictions;
      sum.bytes += stripe.counters.bytes;
      sum.entries += stripe.index.size();
    }
    return sum;
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Value> value;
    u64 bytes;
  };
  struct Stripe {
    mutable std::mutex mutex;
    std::list<Entry> order;  // most recently used first
    std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index;
    LruCounters counters;
  };

  Stripe& stripe_of(const Key& key) {
    return stripes_[(Hash{}(key)*0x9E3779B97F4A7C15u >> 57) % stripes];
  }

  void evict(Stripe& stripe) {
    const Entry& last = stripe.order.back();
    stripe.counters.bytes -= last.bytes;
    ++stripe.counters.evictions;
    stripe.index.erase(last.key);
    stripe.order.pop_back();
  }

  u64 bytes_max_;
  u64 entries_max_;
  std::array<Stripe, stripes> stripes_;
};

}  // namespace shale

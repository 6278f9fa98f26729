// A cache of shared values under a byte budget and a count budget, least recently used first out.
//
// Hits outnumber everything else, on all cores at once, so a hit writes nothing that another core
// reads: it takes the mutex of the core it runs on (core_slot), reads the table, and gives out
// a shared_ptr that counts its owners in a block of that core's own, never a copy of the value.
// Whoever changes the table takes all the mutexes: some .2 us, beside the microseconds that it took
// to make a value. With list and counts under one mutex two threads together had half the hits of
// one (6.6 M against 13.4 M a second).
//
// "Recently" is told in steps: the clock ticks with every insertion, and a hit notes the tick where
// the entry has another one. So of two entries the one used longer ago goes first, whatever is
// between the uses; those used between the same two insertions go in any order. Eviction only drops
// the cache's reference. Used for decoded segments and for answers (store).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/core_slot.hpp"
#include "base/integers.hpp"

namespace shale {

struct LruCounters {
  u64 hits = 0;
  u64 misses = 0;
  u64 evictions = 0;
  u64 entries = 0;
  u64 bytes = 0;
};

template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
 public:
  using Shared = std::shared_ptr<const Value>;

  Lru(u64 bytes_max, u64 entries_max) : bytes_max_(bytes_max), entries_max_(entries_max) {}

  Shared find(const Key& key) {
    return find_if(Hash{}(key), [&](const Key& other, const Value&) { return other == key; });
  }

  // The first value whose key has that hash and which `fits(key, value)` takes. `fits` is called
  // under a mutex: it must be short, and call nothing of the cache.
  template <class Fits>
  Shared find_if(u64 hash, Fits&& fits) {
    const usize number = core_slot();
    Slot& slot = slots_[number];
    const std::lock_guard lock(slot.mutex);
    for (u32 at = first_of(hash); at != nobody; at = entries_[at].next) {
      Entry& entry = entries_[at];
      if (entry.hash != hash || !fits(entry.key, *entry.value)) continue;
      ++slot.hits;
      entry.use(clock_);
      return entry.handle_of(number);
    }
    ++slot.misses;
    return nullptr;
  }

  // Keeps `value`, which weighs `bytes`; one heavier than the budget, or known already, is not
  // kept.
  void insert(const Key& key, Shared value, u64 bytes) {
    if (bytes > bytes_max_ || entries_max_ == 0) return;
    std::vector<Entry> gone;  // let go of behind the locks
    const AllSlots lock(slots_);
    const u64 hash = Hash{}(key);
    for (u32 at = first_of(hash); at != nobody; at = entries_[at].next) {
      if (entries_[at].hash == hash && entries_[at].key == key) return;
    }
    counters_.bytes += bytes;
    ++counters_.entries;
    ++clock_;
    while (counters_.bytes > bytes_max_ || counters_.entries > entries_max_) {
      gone.push_back(remove_oldest());
    }
    add(Entry(key, std::move(value), bytes, hash, clock_));
  }

  void clear() {
    std::vector<Entry> gone;
    const AllSlots lock(slots_);
    gone.reserve(order_.size());
    while (!order_.empty()) gone.push_back(remove_oldest());
  }

  LruCounters counters() const {
    const AllSlots lock(slots_);
    LruCounters sum = counters_;
    for (const Slot& slot : slots_) {
      sum.hits += slot.hits;
      sum.misses += slot.misses;
    }
    return sum;
  }

 private:
  static constexpr u32 nobody = ~u32(0);

  struct alignas(64) Slot {
    mutable std::mutex mutex;
    u64 hits = 0;
    u64 misses = 0;
  };
  using Slots = std::array<Slot, core_slots>;

  // The right to change the table. Taken in one order by all.
  class AllSlots {
   public:
    explicit AllSlots(const Slots& slots) : slots_(slots) {
      for (const Slot& slot : slots_) slot.mutex.lock();
    }
    ~AllSlots() {
      for (const Slot& slot : slots_) slot.mutex.unlock();
    }
    AllSlots(const AllSlots&) = delete;

   private:
    const Slots& slots_;
  };

  // Names others by their number in entries_. What a hit looks at lies in one cache line, where the
  // key has 40 bytes or fewer, and its handle in another: with 10,000 entries each line comes from
  // far away.
  struct alignas(64) Entry {
    Entry(const Key& one, Shared its, u64 weight, u64 its_hash, u64 tick)
        : hash(its_hash),
          key(one),
          value(its.get()),
          used(tick),
          owned(std::move(its)),
          bytes(weight),
          placed(tick) {}
    Entry(Entry&& other) noexcept { *this = std::move(other); }
    Entry& operator=(Entry&& other) noexcept {
      hash = other.hash;
      key = std::move(other.key);
      value = other.value;
      used.store(other.used.load(std::memory_order_relaxed), std::memory_order_relaxed);
      next = other.next;
      handles = std::move(other.handles);
      owned = std::move(other.owned);
      bytes = other.bytes;
      placed = other.placed;
      return *this;
    }
    ~Entry() = default;

    // Relaxed: the mutexes order it before whoever decides what is oldest.
    void use(u64 tick) {
      if (used.load(std::memory_order_relaxed) != tick) {
        used.store(tick, std::memory_order_relaxed);
      }
    }

    // Owns the value through one of the cache's references, with a count of owners of its own.
    // Under the mutex of that slot.
    const Shared& handle_of(usize slot) {
      if (handles[slot] == nullptr) {
        handles[slot] = Shared(value, [kept = owned](const Value*) {});
      }
      return handles[slot];
    }

    u64 hash = 0;
    Key key;
    const Value* value = nullptr;
    std::atomic<u64> used = 0;  // tick of the last use
    u32 next = nobody;          // of those that share a head
    std::array<Shared, core_slots> handles;
    Shared owned;  // null: free
    u64 bytes = 0;
    u64 placed = 0;  // its tick in order_
  };

  u32& head_of(u64 hash) { return heads_[usize(hash >> 8) & (heads_.size() - 1)]; }
  u32 first_of(u64 hash) { return heads_.empty() ? nobody : head_of(hash); }

  // -- under all mutexes --

  void add(Entry entry) {
    u32 at = 0;
    if (!free_.empty()) {
      at = free_.back();
      free_.pop_back();
      entries_[at] = std::move(entry);
    } else {
      at = u32(entries_.size());
      entries_.push_back(std::move(entry));
      if (entries_.size() > heads_.size()) grow();
    }
    link(at);
    place(at);
  }

  void grow() {
    heads_.assign(std::max<usize>(16, 2 * heads_.size()), nobody);
    for (u32 at = 0; at + 1 < entries_.size(); ++at) link(at);
  }

  void link(u32 at) {
    u32& head = head_of(entries_[at].hash);
    entries_[at].next = head;
    head = at;
  }

  // The smallest tick comes up first.
  void place(u32 at) {
    order_.emplace_back(entries_[at].placed, at);
    std::push_heap(order_.begin(), order_.end(), std::greater<>());
  }

  u32 take_first() {
    std::pop_heap(order_.begin(), order_.end(), std::greater<>());
    const u32 at = order_.back().second;
    order_.pop_back();
    return at;
  }

  // An entry stands where it was when it was placed: who has been used since is placed anew.
  Entry remove_oldest() {
    u32 at = take_first();
    for (u64 used = 0; (used = entries_[at].used) != entries_[at].placed; at = take_first()) {
      entries_[at].placed = used;
      place(at);
    }
    u32* link_to_it = &head_of(entries_[at].hash);
    while (*link_to_it != at) link_to_it = &entries_[*link_to_it].next;
    *link_to_it = entries_[at].next;
    counters_.bytes -= entries_[at].bytes;
    --counters_.entries;
    ++counters_.evictions;
    free_.push_back(at);
    return std::move(entries_[at]);
  }

  const u64 bytes_max_;
  const u64 entries_max_;
  Slots slots_;
  // Read under any of the mutexes, changed under all of them.
  std::vector<Entry> entries_;
  std::vector<u32> heads_;  // a power of two of them, at least as many as entries
  u64 clock_ = 0;           // insertions so far
  // Under all of them alone.
  std::vector<std::pair<u64, u32>> order_;  // a heap of Entry::placed and the entry
  std::vector<u32> free_;
  LruCounters counters_;  // but hits and misses
};

}  // namespace shale

// The arena's two hash tables, of terms and of ids: u64 slots {hash32, value32}, open addressing.
//
// A slot goes from free to used by one release store behind a complete entry; the id table also
// stores a newer value over an older one of the same id. A table that is 70 % full is copied into
// one of four times the size, and one release store of the root word puts that in its place: a
// reader that still probes the old one finds everything that was there when it began.
// Used by index_writer.cpp (writing) and log_index*.cpp (reading).
#pragma once

#include "delta/arena_heap.hpp"

namespace shale::delta {

constexpr u64 table_slot(u32 hash, u32 value) { return u64(hash) << 32 | value; }
constexpr u32 slot_hash(u64 slot) { return u32(slot >> 32); }
constexpr u32 slot_value(u64 slot) { return u32(slot); }

// Whether a table of 1 << log2 slots has to grow before entry number `count` + 1 goes in.
constexpr bool table_is_full(u64 count, u32 log2) {
  return log2 < table_log2_max && count * 10 >= (u64(7) << log2);
}
// Bytes that growing may take until `count` entries fit.
constexpr u64 table_growth_bytes(u64 count, u32 log2) {
  u64 bytes = 0;
  while (table_is_full(count, log2)) {
    log2 += 2;
    bytes += (u64(8) << log2) + 64;
  }
  return bytes;
}

struct HashTable {
  u64* slots = nullptr;
  u32 mask = 0;
  u32 log2 = 0;

  // The table at `root`; without slots where the root word is damaged.
  static HashTable at(const Arena& arena, const u64& root);
  // One of four times the size in the place of `old`, which is the one at `root`.
  static HashTable grow(ArenaHeap& heap, u64& root, const HashTable& old);
  void prefetch(u32 hash) const { __builtin_prefetch(&slots[hash & mask]); }
  u64 peek(u32 hash) const { return load_relaxed(slots[hash & mask]); }

  // Calls matches(value) for each slot of this hash until it answers true; returns the slot, or
  // the free slot where the search ended, or nullptr where a damaged table has none.
  template <class F>
  u64* find(u32 hash, F&& matches) const {
    u32 i = hash & mask;
    for (u64 probes = 0; probes <= mask; ++probes, i = (i + 1) & mask) {
      const u64 slot = load_acquire(slots[i]);
      if (slot == 0) return &slots[i];
      if (slot_hash(slot) == hash && matches(slot_value(slot))) return &slots[i];
    }
    return nullptr;
  }
};

}  // namespace shale::delta

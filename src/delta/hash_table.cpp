#include "delta/hash_table.hpp"

#include <algorithm>

namespace shale::delta {

HashTable HashTable::at(const Arena& arena, const u64& root) {
  const u64 word = load_acquire(root);
  const u32 log2 = u32(word & 63);
  const u64 offset = word - log2;
  if (log2 < table_log2_min || log2 > table_log2_max) return {};
  if (arena.checked(offset, u64(8) << log2) == nullptr) return {};
  return {object_at<u64>(arena.data(), offset), (1u << log2) - 1, log2};
}

// The copy is complete before the root leads to it.
HashTable HashTable::grow(ArenaHeap& heap, u64& root, const HashTable& old) {
  const u32 log2 = std::min(old.log2 + 2, table_log2_max);
  const u64 offset = heap.allocate(u64(8) << log2, 64);
  const HashTable fresh{object_at<u64>(heap.base(), offset), (1u << log2) - 1, log2};
  std::memset(fresh.slots, 0, usize(8) << log2);
  for (u64 i = 0; i <= old.mask; ++i) {
    const u64 slot = load_relaxed(old.slots[i]);
    if (slot == 0) continue;
    u32 to = slot_hash(slot) & fresh.mask;
    while (fresh.slots[to] != 0) to = (to + 1) & fresh.mask;
    fresh.slots[to] = slot;
  }
  store_release(root, offset | log2);
  return fresh;
}

}  // namespace shale::delta

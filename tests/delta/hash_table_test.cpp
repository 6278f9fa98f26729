#include "delta/hash_table.hpp"

#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

TEST_CASE("a table keeps its entries as it grows, and the old one keeps its own") {
  Random random = seeded(31);
  const auto arena = make_arena(16);
  arena->map().reserve(u64(64) << 20).value();
  ArenaHeap heap(arena);
  heap.refresh(arena->map().reserved());
  u64& root = arena->header().term_root;
  HashTable table = HashTable::at(*arena, root);
  REQUIRE(table.log2 == table_log2_min);
  const HashTable first = table;
  std::map<u32, u32> expected;  // value -> hash; hashes collide on purpose
  for (u32 value = 1; value <= 30000; ++value) {
    const u32 hash = u32(random() % 15000) * 0x9e3779b1;
    if (table_is_full(value - 1, table.log2)) table = HashTable::grow(heap, root, table);
    u64* slot = table.find(hash, [&](u32 v) { return v == value; });
    REQUIRE(slot != nullptr);
    REQUIRE(*slot == 0);
    store_release(*slot, table_slot(hash, value));
    expected[value] = hash;
  }
  REQUIRE(table.log2 == 16);
  for (const auto& [value, hash] : expected) {
    const u64* slot = table.find(hash, [v = value](u32 found) { return found == v; });
    REQUIRE(slot_value(*slot) == value);
    REQUIRE(slot_hash(*slot) == hash);
  }
  u32 kept = 0;
  for (u64 i = 0; i <= first.mask; ++i) kept += first.slots[i] != 0 ? 1 : 0;
  REQUIRE(kept == 717);  // 70 % of 1024, rounded up: it grew before the next one
}

TEST_CASE("growth is foreseen") {
  REQUIRE(table_growth_bytes(100, 10) == 0);
  REQUIRE(table_growth_bytes(717, 10) == (8 << 12) + 64);
  REQUIRE(table_growth_bytes(4000, 10) == (8 << 12) + 64 + (8 << 14) + 64);
  REQUIRE(!table_is_full(u64(1) << 30, table_log2_max));
}

TEST_CASE("a damaged root gives no table and a full table ends its probes") {
  const auto arena = make_arena(16);
  const u64 root = arena->header().term_root;
  for (const u64 bad : {u64(0), root + 1000000, root | 63, (root & ~u64(63)) | 5, ~u64(0)})
    REQUIRE(HashTable::at(*arena, bad).slots == nullptr);
  const HashTable table = HashTable::at(*arena, root);
  for (u64 i = 0; i <= table.mask; ++i) table.slots[i] = table_slot(7, 7);
  REQUIRE(table.find(7, [](u32) { return false; }) == nullptr);
  REQUIRE(table.find(8, [](u32) { return true; }) == nullptr);
}

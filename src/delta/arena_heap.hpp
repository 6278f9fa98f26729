// The writer's side of an arena's memory: bump allocation, chunks of the tables.
//
// Nothing is ever given back. The heap's end is stored before anything that uses the new bytes is
// linked by a release store, so that a reader who sees a link also sees an end behind it, and the
// writer after a killed one starts behind whatever that one linked. Fresh bytes are not
// necessarily zero (a killed writer may have begun there): whoever allocates writes them whole.
#pragma once

#include <cassert>

#include "delta/arena_format.hpp"

namespace shale::delta {

class ArenaHeap {
 public:
  explicit ArenaHeap(std::shared_ptr<Arena> arena)
      : arena_(std::move(arena)), base_(arena_->data()), header_(arena_->header()) {}

  Arena& arena() const { return *arena_; }
  ArenaHeader& header() const { return header_; }
  std::byte* base() const { return base_; }

  // Takes over what other writers did since. `limit`: how far memory has been reserved.
  void refresh(u64 limit) {
    end_ = load_acquire(header_.heap_end);
    limit_ = limit;
  }
  u64 end() const { return end_; }
  u64 limit() const { return limit_; }

  u64 allocate(u64 bytes, u64 alignment = 8) {
    const u64 offset = (end_ + alignment - 1) / alignment * alignment;
    end_ = offset + (bytes + 7) / 8 * 8;
    assert((end_ <= limit_ || arena_->lost()) && "a batch took more than room_for reserved");
    store_relaxed(header_.heap_end, end_);
    return offset;
  }

  // Entry `index` of a table, its chunk made if need be.
  template <class Entry, u32 entries_max>
  Entry& entry(ChunkedTable<Entry, entries_max>& table, u32 index) {
    using Table = ChunkedTable<Entry, entries_max>;
    assert(index < entries_max);
    Handle& chunk = table.chunks[index / Table::per_chunk];
    if (chunk == 0) {
      const u64 offset = allocate(Table::chunk_bytes);
      std::memset(base_ + offset, 0, Table::chunk_bytes);
      store_release(chunk, handle_of(offset));
    }
    return object_at<Entry>(base_, offset_of(chunk))[index % Table::per_chunk];
  }

 private:
  std::shared_ptr<Arena> arena_;
  std::byte* base_;
  ArenaHeader& header_;
  u64 end_ = 0;
  u64 limit_ = 0;
};

// Bytes that chunks for entries [begin, begin + count) would take.
template <class Entry, u32 entries_max>
u64 missing_chunk_bytes(const ChunkedTable<Entry, entries_max>& table, u32 begin, u32 count) {
  using Table = ChunkedTable<Entry, entries_max>;
  u64 bytes = 0;
  if (count == 0) return 0;
  for (u32 i = begin / Table::per_chunk; i <= (begin + count - 1) / Table::per_chunk; ++i)
    if (i < arena_chunks_max && table.chunks[i] == 0) bytes += Table::chunk_bytes;
  return bytes;
}

// A reader's entry `index`: nothing where the chunk is missing or lies outside the arena. The
// acquire pairs with the release that made the chunk.
template <class Entry, u32 entries_max>
const Entry* find_entry(const Arena& arena, const ChunkedTable<Entry, entries_max>& table,
                        u32 index) {
  using Table = ChunkedTable<Entry, entries_max>;
  if (index >= entries_max) return nullptr;
  const u64 offset = offset_of(load_acquire(table.chunks[index / Table::per_chunk]));
  if (arena.checked(offset, Table::chunk_bytes) == nullptr) return nullptr;
  return object_at<Entry>(static_cast<const std::byte*>(arena.data()), offset) +
         index % Table::per_chunk;
}

}  // namespace shale::delta

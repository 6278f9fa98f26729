// The bytes of an arena: structs, sizes and the words that publish. No logic beyond packing.
//
// All offsets are bytes from the start of the map and multiples of 8; where they are stored in 32
// bits as a `Handle` they are divided by 8. The four tables (documents, batches, tombstones,
// updates) are cut into chunks that are taken from the heap when first used, found through lists in
// the header: a small log takes no room for the largest one.
//
// Used by arena.cpp, arena_heap, arena_chain, hash_table, index_writer.cpp and log_index*.cpp.
#pragma once

#include <atomic>

#include "base/bytes.hpp"
#include "delta/arena.hpp"

namespace shale::delta {

using Handle = u32;  // offset / 8; 0 is nothing
constexpr u64 offset_of(Handle handle) { return u64(handle) << 3; }
constexpr Handle handle_of(u64 offset) { return Handle(offset >> 3); }

// Words shared between processes. An acquire load that sees the value of a release store also sees
// everything its writer stored before it: the only ordering the arena relies on.
template <class T>
T load_acquire(const T& word) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_acquire);
}
template <class T>
T load_relaxed(const T& word) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_relaxed);
}
template <class T>
void store_release(T& word, std::type_identity_t<T> value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_release);
}
template <class T>
void store_relaxed(T& word, std::type_identity_t<T> value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_relaxed);
}

// -- chains --
// A chain is a list of slices of 8 (behind the term's bytes), 16, 32, ... 2048, 2048, ... bytes.
// The first holds 8 bytes of content and a link behind them; of the others the last 4 bytes are the
// link: the byte offset of the next slice, written before the state word that leads there.
inline constexpr u32 slice_class_max = 8;
inline constexpr u32 link_bytes = 4;
inline constexpr u32 inline_slice_bytes = 8 + link_bytes;
constexpr u32 slice_bytes(u32 slice_class) {
  return slice_class == 0 ? inline_slice_bytes : 8u << slice_class;
}
constexpr u32 slice_content(u32 slice_class) { return slice_bytes(slice_class) - link_bytes; }
static_assert(slice_bytes(slice_class_max) == 2048 && slice_content(0) == 8);

// A chain's state in one word, so that one release store publishes a posting whole.
struct ChainState {
  u32 end = 0;            // 30 bits: offset behind the last byte of content
  u32 last_document = 0;  // 18 bits: gaps count from here; 0 in an empty chain
  u32 slice_class = 0;    // 4 bits: of the last slice
  u32 room = 0;           // 12 bits: content bytes left in it

  static constexpr ChainState unpack(u64 word) {
    return {u32(word & 0x3fffffff), u32(word >> 30 & 0x3ffff), u32(word >> 48 & 15),
            u32(word >> 52)};
  }
  constexpr u64 pack() const {
    return u64(end) | u64(last_document) << 30 | u64(slice_class) << 48 | u64(room) << 52;
  }
};
static_assert(arena_bytes_max == u64(1) << 30 && arena_documents_max == 1u << 18);
static_assert(slice_content(slice_class_max) < 1u << 12);

// Followed by the term's bytes and `chains` inline slices, padded to 8 bytes.
struct TermRecord {
  u64 documents = 0;  // ChainState of (document, tf)
  u64 positions = 0;  // ChainState of (document, tf, positions); where chains == 2
  u32 hash = 0;       // high half of term_hash
  u16 bytes = 0;
  u16 chains = 1;
};
static_assert(sizeof(TermRecord) == 24);
constexpr u64 term_record_bytes(u64 bytes, u32 chains) {
  return (sizeof(TermRecord) + bytes + u64(chains) * inline_slice_bytes + 7) / 8 * 8;
}
inline constexpr u64 term_record_bytes_min = term_record_bytes(0, 1);

// -- tables --
// Open addressing, linear probing from the hash's low bits: hash << 32 | value, 0 = free. A full
// table is never changed in shape: one of four times the size takes its place at the root.
// Root word: offset of the slots (a multiple of 64) | log2 of their number.
inline constexpr u32 table_log2_min = 10;
inline constexpr u32 table_log2_max = 24;

struct DocumentEntry {
  u64 lsn = 0;  // set when its batch is published
  u64 text_offset = 0;
  u64 text_hash_low = 0;
  u64 text_hash_high = 0;
  i64 created_at = 0;
  i64 touched_at = 0;
  u32 text_bytes = 0;
  u32 word_count = 0;
  u32 tokens = 0;      // where flags say so
  u32 line_first = 0;  // where flags say so
  u32 line_last = 0;
  u32 gc_survival_count = 0;
  u32 refcount = 0;
  u32 flags = 0;
  Handle codes[4] = {};  // terms of type, task, file, topic
  u32 previous = 0;      // document with the same id before this one, plus 1
  Handle record = 0;     // id, then metadata (model/record.hpp)
  u32 id_bytes = 0;
  u32 metadata_bytes = 0;
};
static_assert(sizeof(DocumentEntry) == 112);
inline constexpr u32 document_has_tokens = 1;
inline constexpr u32 document_has_lines = 2;

// One published batch. Ranges are of this batch; sums are of all up to and with it.
struct BatchEntry {
  u64 lsn = 0;  // stored last, with release
  u64 text_bytes_sum = 0;
  u64 words_sum = 0;
  u32 document_begin = 0;
  u32 document_end = 0;
  u32 tombstone_begin = 0;
  u32 tombstone_end = 0;
  u32 update_begin = 0;
  u32 update_end = 0;
  u32 last_gap = 0;  // newest batch up to this one that has burnt documents before it, plus 1
  u32 reserved = 0;
};
static_assert(sizeof(BatchEntry) == 56);

struct TombstoneEntry {
  u64 sequence = 0;
  u64 random = 0;
  u32 document = 0;
  u32 reserved = 0;
};
static_assert(sizeof(TombstoneEntry) == 24);

struct UpdateSlot {
  u64 sequence = 0;
  u64 random = 0;
  u32 document = 0;
  Handle record = 0;  // the update (model/record.hpp)
  u32 bytes = 0;
  u32 reserved = 0;
};
static_assert(sizeof(UpdateSlot) == 32);

inline constexpr u32 arena_chunks_max = 256;
constexpr u32 chunk_entries(u32 entries_max) { return entries_max / arena_chunks_max; }

// One table in chunks. Handles are stored with release when the chunk is there.
template <class Entry, u32 entries_max>
struct ChunkedTable {
  static constexpr u32 per_chunk = chunk_entries(entries_max);
  static constexpr u64 chunk_bytes = u64(per_chunk) * sizeof(Entry);
  Handle chunks[arena_chunks_max] = {};
};

enum class Positions : u32 { unknown = 0, without = 1, with = 2 };

struct ArenaHeader {
  u64 magic = 0;  // stored last
  u32 version = 0;
  u32 positions = 0;  // enum Positions; set by the first writer
  u64 boot = 0;
  u64 project_id = 0;
  u64 log_sequence = 0;
  u64 log_random = 0;
  u64 stale = 0;  // 1: a writer could not finish a batch; nobody may use the arena any more
  u64 heap_end = 0;
  u64 term_root = 0;
  u64 id_root = 0;
  u32 term_count = 0;
  u32 id_count = 0;
  u32 reserved_documents = 0;  // numbers ever handed out
  u32 batch_count = 0;
  u32 chains_by_class[16] = {};  // how many chains end in a slice of each class: for room_for
  ChunkedTable<DocumentEntry, arena_documents_max> documents;
  ChunkedTable<BatchEntry, arena_batches_max> batches;
  ChunkedTable<TombstoneEntry, arena_changes_max> tombstones;
  ChunkedTable<UpdateSlot, arena_changes_max> updates;
};
inline constexpr u64 arena_header_bytes = 8192;
static_assert(sizeof(ArenaHeader) == 160 + 4 * 4 * arena_chunks_max);
static_assert(sizeof(ArenaHeader) <= arena_header_bytes);

}  // namespace shale::delta

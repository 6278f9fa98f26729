// The delta's in-map index: one arena per log, a single writer, readers without locks.
//
// The arena lives in `volatile/<log>.idx`, mapped by every process (base SharedMap), or in
// anonymous memory (bulk builds, private indexes of readers). It is never synced, never read by a
// recovery, and made anew whenever its identity does not fit.
//
// Rules (PROTOCOL B3, B4), which the layout below makes possible:
//  - Nothing that is linked moves or changes. An entry is complete before one release store of one
//    word links it: a slot of the term table, the state word of a chain, the count of a table.
//  - A chain's state word says end, last document, slice class and room in one u64, so a writer
//    that is killed leaves either the old state or the new one, and bytes beyond `end` are void.
//  - Document numbers are reserved before the first entry is made; those of a dead writer are
//    burnt: a later batch begins behind them, and readers see only documents that a published batch
//    claims. So a killed writer needs no rebuild.
//  - Readers ignore batches whose LSN is beyond their committed LSN. No mutable totals: counts and
//    sums stand in the batch table, cumulated up to each batch.
//  - Offsets read by readers are checked against the map; slices link forward to higher addresses
//    only, so every walk ends.
//
// Layout (arena_format.hpp has the structs): offsets are bytes from the start of the map, objects
// are 8-byte aligned.
//   ArenaHeader (8 KiB: identity, roots, lists of chunks) | heap: term and id tables, chunks of the
//   batch, document, tombstone and update tables, terms, slices, metadata, update records
//
// A term has two chains of slices: one with (document gap, tf), one with the same and positions.
// Posting: varint(gap << 1 | (tf == 1)), tf if not 1; in the position chain the positions follow as
// tf varints (first, then gaps). The first gap of a chain is the document's number itself (0 is
// one); all others are at least 1. The first 8 bytes of each chain stand behind the term's bytes.
#pragma once

#include <memory>

#include "base/mapped_file.hpp"
#include "model/numbers.hpp"

namespace shale::delta {

inline constexpr u64 arena_magic = 0x31414e4552414853;  // "SHARENA1"
inline constexpr u32 arena_version = 1;
inline constexpr u64 arena_bytes_max = u64(1) << 30;  // 30 bits of a chain's state word
inline constexpr u32 arena_documents_max = 1u << 18;  // 18 bits of it
inline constexpr u32 arena_batches_max = 1u << 18;
inline constexpr u32 arena_changes_max = 1u << 20;  // tombstones, and updates, of one log

struct ArenaHeader;

// Who the arena belongs to: whatever differs makes it stale.
struct ArenaIdentity {
  u64 boot = 0;
  u64 project_id = 0;
  FileId log;
  bool operator==(const ArenaIdentity&) const = default;
};

// An opened arena: the map and the checks on offsets. Shared by writer and readers of a process.
class Arena {
 public:
  // Makes an empty arena in `map`.
  static Result<std::shared_ptr<Arena>> create(SharedMap map, const ArenaIdentity& identity,
                                               u32 expected_terms);
  // Attaches to one that another process made; an arena of another identity or version, or a
  // damaged one, is ErrorCode::corrupt (the caller makes a new one).
  static Result<std::shared_ptr<Arena>> attach(SharedMap map, const ArenaIdentity& identity);

  std::byte* data() const { return map_.data(); }
  SharedMap& map() { return map_; }
  const SharedMap& map() const { return map_; }

  ArenaHeader& header() const;
  // Where the used part ends now: what an offset is checked against.
  u64 end() const;
  // `bytes` at `offset` if they lie in the heap, which they must behind a damaged word too.
  const std::byte* checked(u64 offset, u64 bytes) const;
  // A writer had to leave a batch unfinished: readers and writers must leave this arena.
  bool stale() const;
  // A page of the file was lost to this process: its readers and writers must leave this arena, and
  // what a writer stores from now on may reach nobody.
  bool lost() const { return map_.lost(); }
  // Why this process must leave the arena, if so.
  Result<void> still_there() const;

 private:
  explicit Arena(SharedMap map) : map_(std::move(map)) {}
  SharedMap map_;
};

}  // namespace shale::delta

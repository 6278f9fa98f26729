// changes/<seq>-<id>.changes: the batches of logs that were folded, without texts and metadata.
// Immutable, named with its checksum by MANIFEST.
//
//   ChangesHeader (96 bytes) | block, block, ...
//   block:  ChangesBlock (48 bytes) | one zstd frame (base/compress.hpp)
//   frame:  batches: varint LSN and zigzag time, less those of the batch before it in the block,
//           varint pid, u8 kind; varint stashed and varint superseded of an ingest (kind 1);
//           varint dropped, zigzag first and last of a drop (kind 2);
//           varint count, then {u8 kind, varint shared, varint rest, bytes}: the id is the first
//           `shared` bytes of the id before it in the block, and the rest
//
// A batch that is long goes on in the next block, under the same LSN. A block's checksum covers
// that of the block before it, and the header's covers that of the last: a block is valid in its
// place alone. What lies below the LSN that is asked for is skipped by the block's header. Version
// history: 1 first; 2 has drops (a file without any is written as 1).
#pragma once

#include <filesystem>
#include <functional>

#include <shale/changes.hpp>

#include "base/bytes.hpp"
#include "base/compress.hpp"
#include "catalog/manifest.hpp"

namespace shale::catalog {

inline constexpr u64 changes_magic = 0x314748434c414853;  // "SHALCHG1"
inline constexpr u32 changes_version = 2;

struct ChangesHeader {
  u64 magic = changes_magic;
  u32 version = 1;
  u32 reader_version = 1;  // oldest reader that understands this file
  u64 project_id = 0;
  u64 sequence = 0;
  u64 random = 0;
  u64 after = 0;  // LSN: batches above it, up to `last`
  u64 last = 0;
  i64 newest_at = 0;  // the latest time of a batch
  u64 blocks = 0;
  u64 blocks_bytes = 0;
  u64 last_checksum = 0;  // of the last block; the random id where there is none
  u64 checksum = 0;       // XXH3-64 of the fields above
};
static_assert(sizeof(ChangesHeader) == 96);

struct ChangesBlock {
  u32 raw_bytes = 0;
  u32 stored_bytes = 0;
  u64 first = 0;  // LSNs of its first and last batch
  u64 last = 0;
  u64 batches = 0;
  u64 previous = 0;  // checksum of the block before it; of the first: the file's random id
  u64 checksum = 0;  // XXH3-64 of the frame, seeded with XXH3-64 of the fields above
};
static_assert(sizeof(ChangesBlock) == 48);

// Collects batches in the order of their LSNs, then writes them. Belongs to one thread.
class ChangesBuilder {
 public:
  static Result<ChangesBuilder> make(u64 project_id, FileId id);

  Result<void> add(const ChangedBatch& batch);
  u64 bytes() const;  // about what the file will have

  // Writes, syncs and reads back a new file; the entry is what MANIFEST will say of it. `after` and
  // `last` say what the file speaks for. Once.
  Result<ChangesEntry> write(const std::filesystem::path& path, Lsn after, Lsn last);

 private:
  ChangesBuilder(u64 project_id, FileId id, Compressor compressor);
  void append_changes(const ChangedBatch& batch, usize& next);
  void append_kind(const ChangedBatch& batch);
  Result<void> end_block();

  ChangesHeader header_;
  Compressor compressor_;
  Buffer blocks_;
  ByteWriter raw_;      // the frame of the block that grows
  ChangesBlock block_;  // its header
  i64 time_before_ = 0;
  std::string id_before_;
};

// What a file says of itself, as MANIFEST would name it. For who has no MANIFEST to ask.
struct ChangesFile {
  u32 version = 1;
  u64 project_id = 0;
  ChangesEntry entry;
};
Result<ChangesFile> describe_changes(const std::filesystem::path& path);

// Takes a batch; false ends the reading.
using BatchVisitor = std::function<Result<bool>(ChangedBatch&& batch)>;

// The batches above `since` of the very file that `entry` names. corrupt names the place; what
// stands before it has been visited.
Result<void> read_changes(const std::filesystem::path& path, u64 project_id,
                          const ChangesEntry& entry, Lsn since, const BatchVisitor& visit);

}  // namespace shale::catalog

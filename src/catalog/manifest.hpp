// MANIFEST: which files make up a project now. Replaced atomically, never changed in place.
//
// Text, one fact a line, words parted by one space; strings percent-encoded (`%` alone is the empty
// one); the last line is the XXH3-64 of all bytes before it. A reader refuses (too_new) a file
// whose second number is above its own version, and skips lines and keys it does not know.
//
//   shale-manifest 1 1               version of what it holds, oldest reader that understands it
//   project <name>
//   project_id <16 hex>
//   edition <n>
//   analysis <name>
//   words_version <n>
//   positions 0|1
//   index none                       where no words are indexed at all (then positions 0)
//   shard_by none|month
//   as_of <lsn>
//   next_sequence <n>
//   next_lsn <n>
//   written_bytes <n>
//   ingested_bytes <n>
//   shard <seq-id> level <n> base_lsn <n> bytes <n> checksum <16 hex> documents <n> text <bytes>
//         words <n> month <yyyymm or 0> as_of <lsn>        (one line)
//   log <seq-id> sealed <end offset or 0> checksum <16 hex of its last frame, or 0> last_lsn <n>
//   dead <seq-id> number <n> checksum <16 hex> as_of <lsn>      of a shard named before
//   patch <seq-id> number <n> checksum <16 hex> as_of <lsn>
//   changes_after <lsn>
//   changes <seq-id> after <lsn> last <lsn> bytes <n> checksum <16 hex> newest <microseconds>
//   ingest <seq-id of a log> lsn <lsn> at <microseconds> pid <n> stashed <n> superseded <n>
//   drop <seq-id of a log> lsn <lsn> at <microseconds> pid <n> segments <n> first <created, as 64
//         bits without a sign> last <the same>               (one line)
//   checksum <16 hex>
//
// Version history: 1 first; 2 has `drop` lines, without which who follows the changes would not
// hear of what went, and `index none`, in which a reader of 1 would search words and find nothing.
// A manifest with neither is one of version 1 as ever: `1 1`, the others `2 2`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "model/numbers.hpp"
#include "text/text_index.hpp"

namespace shale::catalog {

inline constexpr u32 manifest_version = 2;

// An overlay file (.dead or .patch) of a shard.
struct OverlayEntry {
  u64 number = 0;  // grows with each replacement
  u64 checksum = 0;
  Lsn as_of;  // everything up to here is in it
  bool operator==(const OverlayEntry&) const = default;
};

struct ShardEntry {
  FileId id;
  u32 level = 0;
  u64 base_lsn = 0;
  u64 file_bytes = 0;
  u64 checksum = 0;
  u64 documents = 0;
  u64 text_bytes = 0;
  u64 word_count = 0;
  u32 month = 0;  // yyyymm of all its segments' created_at, or 0
  Lsn as_of;      // updates up to here are part of its columns: none of them may be applied again
  std::optional<OverlayEntry> dead;
  std::optional<OverlayEntry> patch;
  bool operator==(const ShardEntry&) const = default;
};

struct LogEntry {
  FileId id;
  u64 sealed_end = 0;  // 0: the active log (always the last entry)
  u64 checksum = 0;    // of its last frame, where sealed
  Lsn last_lsn;        // of its last frame, where sealed
  bool operator==(const LogEntry&) const = default;
};

// A changes file: the batches in (after, last], whose logs are folded.
struct ChangesEntry {
  FileId id;
  Lsn after;
  Lsn last;
  u64 file_bytes = 0;
  u64 checksum = 0;   // of its header
  i64 newest_at = 0;  // the latest time of a batch, microseconds since 1970 UTC; not negative
  bool operator==(const ChangesEntry&) const = default;
};

// A bulk ingest whose frame stands in a log that is not folded yet. The frame alone proves nothing:
// it is written before the edition that makes the ingest part of the project.
struct IngestEntry {
  FileId log;
  Lsn lsn;
  i64 committed_at = 0;  // as in ChangesEntry
  u32 pid = 0;
  u64 stashed = 0;
  u64 superseded = 0;
  bool operator==(const IngestEntry&) const = default;
};

// Shards that retention let go whole, told until the log of the frame is folded; as IngestEntry,
// whose frame proves nothing either.
struct DropEntry {
  FileId log;
  Lsn lsn;
  i64 committed_at = 0;  // as in ChangesEntry
  u32 pid = 0;
  u64 segments = 0;
  i64 created_first = 0;  // all of them were created in [first, last], microseconds since 1970 UTC
  i64 created_last = 0;
  bool operator==(const DropEntry&) const = default;
};

struct Manifest {
  std::string project;
  u64 project_id = 0;
  u64 edition = 0;
  std::string analysis = "plain";
  u32 words_version = 1;
  TextIndex index = TextIndex::positions;
  std::string shard_by = "none";
  Lsn as_of;                       // snapshots pair this edition only with a committed LSN >= as_of
  u64 next_sequence = 1;           // of shards and logs together; never goes back
  Lsn next_lsn;                    // every later LSN is greater; never goes back
  u64 written_bytes = 0;           // of shards, ever
  u64 ingested_bytes = 0;          // of text that entered shards, ever
  std::vector<ShardEntry> shards;  // oldest first
  std::vector<LogEntry> logs;      // oldest first, the active one last
  // Batches up to here are not told of any more. In a manifest of before changes were kept: all
  // that is folded.
  Lsn changes_after;
  std::vector<ChangesEntry> changes;  // oldest first, without gaps
  std::vector<IngestEntry> ingests;   // oldest first
  std::vector<DropEntry> drops;       // oldest first
  bool keeps_positions() const { return index == TextIndex::positions; }
  bool operator==(const Manifest&) const = default;
};

std::string format_manifest(const Manifest& manifest);
// corrupt: with the offset of the offending line; too_new.
Result<Manifest> parse_manifest(std::string_view text);

Result<Manifest> read_manifest(const std::filesystem::path& path);
// Through replace_file: the old MANIFEST or the new one, whole, whatever happens.
Result<void> write_manifest(const std::filesystem::path& path, const Manifest& manifest);

}  // namespace shale::catalog

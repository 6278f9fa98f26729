// The log: a project's history since the last fold. One batch is one frame.
//
//   offset 0     LogHeader (4,096 bytes, the rest of the block zero)
//   offset 4096  frame, frame, ...  each a FrameHeader and a payload, padded with zeros to 8 bytes
//   then         zeros, written ahead (overwriting written blocks halves the cost of fdatasync)
//
// A frame carries the checksum of the frame before it (the log's random id for the first) and its
// own checksum covers that: it is valid only behind the very frame it was written behind (PROTOCOL
// A1). It carries the durable LSN known when it was written, so that a bad frame in front of a
// valid one that claims more was durable is damage, not a torn tail (A4).
//
// Payload: varint count, then `count` changes: u8 kind, then
//   stash:  metadata (model/record.hpp), u64[2] text hash, u32 text bytes, text
//   update: id, update (model/record.hpp)
//   erase:  id
//   supersede: as stash, of an id that had a live version (logs of before there was this kind have
//           stash for both)
// A frame of kind `advance` has no payload: it only moves the LSN (a bulk commit's position).
//
// Logs are never mapped, never cut, and never appended to after a recovery (A5).
//
// Version history: 1 first.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <shale/segment.hpp>

#include "base/bytes.hpp"
#include "model/numbers.hpp"

namespace shale::delta {

inline constexpr u32 log_version = 1;
inline constexpr u64 log_magic = 0x31474f4c4c414853;  // "SHALLOG1"
inline constexpr u64 log_header_bytes = 4096;
inline constexpr u32 frame_magic = 0x4d415246;  // "FRAM"
inline constexpr u64 frame_bytes_max = u64(1) << 30;

struct LogHeader {
  u64 magic = log_magic;
  u32 version = log_version;
  u32 reader_version = 1;  // oldest reader that understands this log
  u64 project_id = 0;
  u64 sequence = 0;
  u64 random = 0;
  u64 checksum = 0;  // XXH3-64 of the fields above
};
static_assert(sizeof(LogHeader) == 48);

enum class FrameKind : u8 { batch = 1, advance = 2 };

struct FrameHeader {
  u32 magic = frame_magic;
  u32 payload_bytes = 0;  // without padding
  u64 lsn = 0;            // position behind this frame: log sequence << 40 | end offset
  u64 durable_lsn = 0;    // known durable when it was written
  u64 previous = 0;       // checksum of the frame before, or the log's random id
  i64 written_at = 0;     // microseconds since 1970 UTC
  u32 writer_pid = 0;
  u8 kind = u8(FrameKind::batch);
  u8 reserved[3] = {};
  u64 checksum = 0;  // XXH3-64 of payload, seeded with XXH3-64 of the fields above
};
static_assert(sizeof(FrameHeader) == 56);

constexpr u64 frame_total_bytes(u64 payload_bytes) {
  return (sizeof(FrameHeader) + payload_bytes + 7) / 8 * 8;
}

// One change of a batch. Strings view the batch or the payload they were decoded from.
struct StashChange {
  Metadata metadata;
  TextHash text_hash;
  std::string_view text;
  u64 text_offset = 0;      // of the text in the payload (set by encode and decode)
  u64 kind_offset = 0;      // of the change in the payload (set by encode)
  bool supersedes = false;  // a live version
};
struct UpdateChange {
  std::string id;
  Update update;
};
struct EraseChange {
  std::string id;
};
using Change = std::variant<StashChange, UpdateChange, EraseChange>;

const std::string& change_id(const Change& change);

// Sets the offsets of each stash as it goes.
Buffer encode_payload(std::vector<Change>& changes);
// What a batch supersedes is known under the lease alone, when its payload stands long since.
void mark_superseding(StashChange& change, Buffer& payload);
// Trusts nothing; an error names no file (the caller adds it).
Result<std::vector<Change>> decode_payload(Bytes payload);

// Fills in payload_bytes and checksum.
void seal_frame(FrameHeader& header, Bytes payload);
bool frame_is_valid(const FrameHeader& header, Bytes payload);

}  // namespace shale::delta

// .dead and .patch files: what happened to a shard's (or sealed log's) documents after it was
// written. Immutable, named with their checksum by MANIFEST, replaced by a higher number.
//
//   OverlayHeader (64 bytes) | payload
//   dead payload:  frozen roaring image (base/frozen.hpp), 32-byte aligned
//   patch payload: varint count, then {varint document gap, update (model/record.hpp)}
//
// The header names what it belongs to and its number and as_of, so that a lost MANIFEST can be
// rebuilt from the folder (PROTOCOL C11). Version history: 1 first.
#pragma once

#include <filesystem>

#include "base/bytes.hpp"
#include "catalog/manifest.hpp"
#include "model/overlay.hpp"

namespace shale::catalog {

inline constexpr u64 overlay_magic = 0x31594c564f414853;  // "SHAOVLY1"
inline constexpr u32 overlay_version = 1;

struct OverlayHeader {
  u64 magic = overlay_magic;
  u32 version = overlay_version;
  u32 kind = 0;  // 1 dead, 2 patch
  u64 sequence = 0;
  u64 random = 0;
  u64 number = 0;
  u64 as_of = 0;
  u64 payload_bytes = 0;
  u64 checksum = 0;  // of the payload, seeded with XXH3-64 of the fields above
};
static_assert(sizeof(OverlayHeader) == 64);

// Writes, syncs and reads back a new file; the entry is what MANIFEST will say of it. Empty sets
// are not written: ask before.
Result<OverlayEntry> write_dead(const std::filesystem::path& path, FileId owner, u64 number,
                                Lsn as_of, const Bitmap& dead);
Result<OverlayEntry> write_patch(const std::filesystem::path& path, FileId owner, u64 number,
                                 Lsn as_of, const Patches& patches);

// Documents must lie below `documents`.
Result<Bitmap> read_dead(const std::filesystem::path& path, FileId owner, const OverlayEntry& entry,
                         u32 documents);
Result<std::map<u32, Update>> read_patch(const std::filesystem::path& path, FileId owner,
                                         const OverlayEntry& entry, u32 documents);

}  // namespace shale::catalog

// A bundle: a store at one moment as one file, to be moved and cached as such.
//
//   offset 0     BundleHeader (4,096 bytes, the rest of the block zero)
//   offset 4096  the members, each from a multiple of 4,096 on, zeros between them
//   then         from a multiple of 4,096 on: the contents, for each member
//                  varint length of path, path, u64 offset, u64 bytes, u64 checksum
//   last         u64, XXH3-64 of the contents, seeded with the header's checksum
//
// The members are the files of a store, in this order and no other: shale.toml; then of each
// project MANIFEST, every shard with its overlays behind it, the access counters of those shards
// that have any (since version 2), the logs. Paths are as in a store, and MANIFEST alone says which
// come: one that is not the next is refused, so that no path leads out of the folder a bundle is
// unpacked in. Logs end where the snapshot does, under their own ids; MANIFEST has all of them
// sealed there. So equal stores make equal bundles, and it is the restore that gives new ids.
// Whatever bit changes, some check finds it.
//
// A member's checksum is taken by pieces: XXH3-64 of each MiB, seeded with that of the one before
// (0 for the first), so that a member of any length passes through little memory.
//
// Version history: 1 first; 2 access counters (a bundle without any is one of version 1 still).
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace shale::backup {

inline constexpr u64 bundle_magic = 0x3142454c41485340;  // "@SHALEB1"
inline constexpr u32 bundle_version = 2;
inline constexpr u64 bundle_alignment = 4096;
inline constexpr usize bundle_piece_bytes = usize(1) << 20;
inline constexpr u64 bundle_contents_max = u64(256) << 20;

struct BundleHeader {
  u64 magic = bundle_magic;
  u32 version = 1;
  u32 reader_version = 1;  // oldest reader that understands this bundle
  u64 members = 0;
  u64 contents_offset = 0;
  u64 contents_bytes = 0;
  u64 checksum = 0;  // XXH3-64 of the fields above
};
static_assert(sizeof(BundleHeader) == 48);

struct BundleMember {
  std::string path;
  u64 offset = 0;
  u64 bytes = 0;
  u64 checksum = 0;
};

constexpr u64 bundle_aligned(u64 offset) {
  return (offset + bundle_alignment - 1) / bundle_alignment * bundle_alignment;
}

}  // namespace shale::backup

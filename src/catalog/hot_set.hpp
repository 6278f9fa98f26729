// HOT: which pages of a project's shards were hot when it was last closed.
//
//   offset 0   HotHeader (64 bytes)
//   then       HotShard[shard_count]  (16 bytes each): the shards, by the ids in their files' names
//   then       HotEntry[run_count]    (16 bytes each): runs of pages, the hottest first
//
// The checksum covers all of it but itself. A hint that lies in volatile/: no recovery reads it, a
// backup leaves it, whoever closes the project last replaces it by rename, unsynced (after a power
// cut it may be torn, and is then ignored). Who reads it believes nothing: of another project, of
// another version, damaged or too long it is ErrorCode::corrupt, and shards that are gone are
// passed over. Says nothing of how hot things are found (shard/hot_pages.hpp) or asked for
// (store/hot_pages.hpp).
//
// Version history: 1 first.
#pragma once

#include <filesystem>
#include <vector>

#include "base/bytes.hpp"
#include "model/numbers.hpp"

namespace shale::catalog {

inline constexpr u64 hot_magic = 0x31544f4854484853;  // "SHHTHOT1"
inline constexpr u32 hot_version = 1;
inline constexpr u64 hot_page_bytes = 4096;
inline constexpr usize hot_runs_max = 65'536;  // 1 MiB of file
inline constexpr usize hot_shards_max = 4'096;

struct HotHeader {
  u64 magic = hot_magic;
  u32 version = hot_version;
  u32 shard_count = 0;
  u64 project_id = 0;
  u64 saved_at = 0;  // microseconds since 1970 UTC
  u32 run_count = 0;
  u32 reserved[5] = {};
  u64 checksum = 0;  // XXH3-64 of what stands behind it, seeded with that of the fields above
};
static_assert(sizeof(HotHeader) == 64);

struct HotShard {
  u64 sequence = 0;
  u64 random = 0;
};
static_assert(sizeof(HotShard) == 16);

struct HotEntry {
  u32 shard = 0;  // index of HotShard
  u32 age = 0;    // how often it was saved since it was used
  u32 first = 0;  // pages of 4 KiB of the file
  u32 count = 0;
};
static_assert(sizeof(HotEntry) == 16);

struct HotSet {
  u64 saved_at = 0;
  std::vector<FileId> shards;
  std::vector<HotEntry> runs;

  u64 bytes() const;  // of all runs
};

// Every run names a shard of the set, and is not empty. not_found where there is none.
Result<HotSet> read_hot_set(const std::filesystem::path& path, u64 project_id);
// The same of any project: for who prints it.
Result<HotSet> describe_hot_set(const std::filesystem::path& path);
// `set` of at most hot_runs_max runs and hot_shards_max shards.
Result<void> write_hot_set(const std::filesystem::path& path, u64 project_id, const HotSet& set);

}  // namespace shale::catalog

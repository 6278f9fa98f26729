// What of a project the kernel holds in its page cache, for `shale cache`: told, brought in,
// dropped.
//
// The page cache is the machine's: what is in it was put there by whoever read or wrote the files.
// (The budget of resident pages and the decoded segments are of one process, and gone with it.)
// Works on files by their paths; no project is opened for it. Used by cli/verbs_cache.
#pragma once

#include <shale/store.hpp>

#include "base/integers.hpp"
#include "catalog/file_names.hpp"

namespace shale::store {

struct CacheStanding {
  u64 shards = 0;
  u64 shard_bytes = 0;
  u64 cached_bytes = 0;  // of the shards, in whole pages
  u64 hot_bytes = 0;     // that the saved hot set names; 0 where there is none
  i64 hot_saved_at = 0;  // microseconds since 1970 UTC
};
// Of the shards that MANIFEST names; one that is missing is left out.
Result<CacheStanding> cache_standing(const catalog::ProjectPaths& paths);

// Reads the saved hot set, or `all` shards, and so waits until it is there; how many bytes that
// were. Nothing where no hot set is saved.
Result<u64> warm_cache(const catalog::ProjectPaths& paths, bool all,
                       const ProgressCallback& progress);

// Deletes the saved hot set and asks the kernel to drop what it holds of shards, overlays, changes
// and logs. It keeps pages that are not written to the disk yet, and those that a process has
// mapped.
Result<void> clear_cache(const catalog::ProjectPaths& paths);

}  // namespace shale::store

// What a single file of a store holds, in words: the `inspect` verb. Reads, never trusts, never
// writes; works on files of damaged stores as far as they can be read. It takes no lock and opens
// no project, and it does not look for damage: that is verify_project (project_stats.hpp).
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace shale::store {

// Manifest, log, shard, overlay, changes, access counters, hot set, STATS: told apart by their
// first bytes. Several lines of `name: value`.
Result<std::string> inspect_file(const std::filesystem::path& path);

}  // namespace shale::store

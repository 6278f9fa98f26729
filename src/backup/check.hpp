// Whether a store that was made is one: looked at before it gets its name.
//
// Opens it as one that may only be read, which writes nothing into it: MANIFEST, the header and the
// table of each shard, all overlays, and every frame of the logs are checked by that. The bytes of
// shards are read where the caller wants it.
#pragma once

#include <stop_token>

#include <shale/store.hpp>

#include "base/error.hpp"

namespace shale::backup {

// corrupt, with the place, where it is damaged.
Result<void> check_made(const std::filesystem::path& folder, bool all_of_it,
                        const ProgressCallback& progress, const std::stop_token& stop);

}  // namespace shale::backup

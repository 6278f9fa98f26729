// Overlays on their way to disk: dead and patch files for the shards of the next manifest.
//
// Files are immutable: a change writes a new one that holds the old content too, under the next
// number, and the manifest entry points to it (PROTOCOL A9, A10). Used by fold, merge and bulk.
#pragma once

#include <map>

#include "catalog/manifest.hpp"
#include "store/view.hpp"

namespace shale::store {

// Replaces the overlay files of `entry` by ones that hold `overlay`, valid up to `as_of`. What is
// unchanged since the files were written is left alone.
Result<void> write_overlay(const catalog::ProjectPaths& paths, const Overlay& overlay,
                           const Overlay& on_disk, Lsn as_of, catalog::ShardEntry& entry);

}  // namespace shale::store

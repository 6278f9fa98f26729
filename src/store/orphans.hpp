// Files that nothing names any more: what a killed writer or merger left (removed by recovery),
// what a merge retired (removed by publish). A file whose name does not have shale's form, or that
// somebody is building, stays. It does not decide what is needed: the manifest does.
#pragma once

#include <vector>

#include "catalog/file_names.hpp"
#include "catalog/manifest.hpp"

namespace shale::store {

// An overlay file is locked by who makes it only once it is written: beside bulk ingests that run
// they are left alone.
enum class Orphans : u8 { all, but_overlays };

// LEASE. Removes what `manifest`, the newest, does not name from log/, shards/, changes/ and
// volatile/. A file that cannot be removed stays for the next time.
void remove_orphans(const catalog::ProjectPaths& paths, const catalog::Manifest& manifest,
                    Orphans which);

// What a change made and then could not publish, or did: removes those of `files` that the MANIFEST
// on disk does not name. Where that cannot be read they stay, for recovery to judge. Not while
// somebody could still publish them.
void remove_unless_named(const catalog::ProjectPaths& paths,
                         const std::vector<std::filesystem::path>& files);

// Removes the files that `before` names and `after` does not. Readers keep what they have mapped.
void remove_retired(const catalog::ProjectPaths& paths, const catalog::Manifest& before,
                    const catalog::Manifest& after);

}  // namespace shale::store

// A pinned project as a project folder of a store that is being made (draft.hpp).
//
// Order: folders, LOCK and the tag of volatile/ new; shards and overlays linked, or copied where
// that cannot be; each log under a new id, sealed where it ends; a new, empty log to go on in;
// MANIFEST last. Each file is synced as it is made, the folders by the draft. CONTROL and the
// indexes of logs are not made: the first who opens the copy recovers it as any store that was
// moved, and finds every log sealed, so that one that lost its end is damage and not a torn tail.
#pragma once

#include "backup/meter.hpp"
#include "backup/pinned.hpp"

namespace shale::backup {

// `folder` holds nothing yet. not_found where a file was retired before it was linked.
Result<void> copy_project(const PinnedProject& project, const std::filesystem::path& folder,
                          bool may_link, Meter& meter);

// The second half, where shards and overlays are in place: logs, and MANIFEST.
Result<void> finish_project(const catalog::ProjectPaths& paths, catalog::Manifest manifest,
                            const std::vector<std::shared_ptr<const delta::LogReader>>& logs,
                            Meter& meter);

}  // namespace shale::backup

// One project at one moment, held fast for copying: a snapshot and the files it stands on, open.
//
// The snapshot gives one edition and one committed LSN that fit each other. Shards and overlays are
// opened by name; a merge may have retired one since MANIFEST was read, so what is missing sends
// the caller to a newer snapshot (PROTOCOL A13), and is damage where no newer one has come. From
// then on open files keep their bytes, whatever is unlinked. Logs are read through the snapshot, up
// to its LSN and no further.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <shale/store.hpp>

#include "base/file.hpp"
#include "catalog/file_names.hpp"
#include "catalog/manifest.hpp"
#include "delta/log_reader.hpp"

namespace shale::backup {

// A shard, an overlay, a changes file or access counters.
struct PinnedFile {
  std::filesystem::path name;  // in its project's folder
  std::filesystem::path path;
  File file;
  u64 bytes = 0;
};

struct PinnedProject {
  std::string folder;  // its name under projects/
  u64 lsn = 0;
  // As it would be if everybody went away now: all logs are sealed where the snapshot ends, those
  // without a batch are left out, and there is none to go on in. The checksum of the one that was
  // active is not known yet: 0.
  catalog::Manifest manifest;
  std::vector<PinnedFile> files;  // in the manifest's order
  // Access counters of shards, where there are any: they change, and are never linked.
  std::vector<PinnedFile> accesses;
  std::vector<std::shared_ptr<const delta::LogReader>> logs;  // those of the manifest
};

// Files a manifest names, but for logs, in its order, as paths below `paths.folder`.
std::vector<std::filesystem::path> immutable_files(const catalog::ProjectPaths& paths,
                                                   const catalog::Manifest& manifest);

// Where the access counters of a manifest's shards are, if there are any.
std::vector<std::filesystem::path> access_files(const catalog::ProjectPaths& paths,
                                                const catalog::Manifest& manifest);

// Calls `take` with the project pinned; again, with a newer edition, where that fails with
// not_found because a file was retired meanwhile. corrupt where the project is damaged.
using TakePinned = std::function<Result<void>(const PinnedProject& project)>;
Result<void> with_pinned(const Project& project, const TakePinned& take);

}  // namespace shale::backup

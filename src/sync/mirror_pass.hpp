// One pass over a folder, or over parts of it: what the project knows of them is made equal to what
// was found there.
//
// Files are read on all cores, some at a time; then, one by one and in order, each becomes what is
// to be stashed, changed and erased, whole in one batch. Those that have gone come last: a new file
// may turn out to be one of them. Used by mirror, which says what is known and what was found.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "sync/folder_walk.hpp"
#include "sync/mirror_notes.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

struct MirrorScope {
  Walked walked;
  std::vector<KnownFile> known;  // all that the project has in the folders that were walked
};

struct PassResult {
  Synced report;
  std::vector<KnownFile> now;     // files that were read, as the project has them now
  std::vector<std::string> gone;  // paths, with the prefix, that it has no more
  MirrorNotes notes;              // of files skipped in the folders that were walked
};

// All must outlive the call.
struct MirrorOrder {
  Project& project;
  const std::filesystem::path& root;
  const SyncOptions& options;
  const MirrorNotes& notes;  // of the pass before
  const ProgressCallback& progress;
  const std::stop_token& stop;
};

Result<PassResult> mirror_pass(const MirrorOrder& order, const MirrorScope& scope);

}  // namespace shale::sync

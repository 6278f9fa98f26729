// One pass over a folder, or over parts of it: what the project knows of them is made equal to what
// was found there.
//
// Files are read on all cores, some at a time, and handed on in order to who writes them
// (file_writer). Used by mirror, which says what is known and what was found.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "sync/file_writer.hpp"
#include "sync/folder_walk.hpp"
#include "sync/mirror_notes.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

struct MirrorScope {
  Walked walked;
  std::vector<KnownFile> known;  // all that the project has in the folders that were walked
};

struct PassResult : Written {
  MirrorNotes notes;  // of files skipped in the folders that were walked
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

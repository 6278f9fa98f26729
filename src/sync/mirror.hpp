// Makes a project equal to a folder: the flow behind shale::sync (shale/sync.hpp).
//
//   lock of the prefix            one syncs it at a time
//   walk the folder, with stamps  beside it: what the project knows of it, from one snapshot
//   compare                       by stamps
//   read what may differ          on all cores, some files at a time: hash, chunks, their hashes
//   per file                      ids, then what is to be stashed, changed and erased
//   commit                        each file whole in one batch
//   the segments of files that have gone, but for those a new file's content was found to be
//
// A kill leaves each file as it was or as it is now, and the stamp of a file stands in a segment
// that is committed with all others of it: the next call goes on with the rest.
//
// What others change in a segment between the snapshot and the commit of a new version of it (a
// pin, a tag) is lost with the old version; the window is one batch of files, not the whole call.
#pragma once

#include <shale/sync.hpp>

namespace shale::sync {

Result<Synced> mirror_folder(Project& project, const std::filesystem::path& folder,
                             const SyncOptions& options, const ProgressCallback& progress,
                             std::stop_token stop);

}  // namespace shale::sync

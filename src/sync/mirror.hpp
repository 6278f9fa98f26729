// Makes a project equal to a folder: the flow behind shale::sync_with (shale/sync.hpp).
//
//   lock of the prefix            one mirrors it at a time
//   walk the folder, with stamps  beside it: what the project knows of it, from one snapshot
//   mirror_pass                   compares, reads what may differ, commits
//
// A kill leaves each file as it was or as it is now, and the stamp of a file stands in a segment
// that is committed with all others of it: the next call goes on with the rest.
//
// What others change in a segment between the snapshot and the commit of a new version of it (a
// pin, a tag) is lost with the old version; the window is one batch of files, not the whole call.
#pragma once

#include <filesystem>
#include <optional>

#include <shale/sync.hpp>

#include "base/lock.hpp"
#include "sync/mirror_pass.hpp"

namespace shale::sync {

class Mirror {
 public:
  // Takes the lock of the prefix, unless nothing is to be done (dry_run). busy where another has
  // it.
  static Result<Mirror> open(const Project& project, std::filesystem::path root,
                             SyncOptions options);

  // All of the folder. `now`: what the project has of it afterwards, in the order of walks; null
  // where nobody asks.
  Result<Synced> sync(const ProgressCallback& progress, const std::stop_token& stop,
                      std::vector<KnownFile>* now = nullptr);
  // Parts of it, of which the project has `known`.
  Result<PassResult> sync_parts(std::span<const WalkPart> parts, std::vector<KnownFile> known,
                                const std::stop_token& stop);

  const std::filesystem::path& root() const { return root_; }
  const SyncOptions& options() const { return options_; }
  WalkOptions walk_options() const;

 private:
  Mirror(Project project, std::filesystem::path root, SyncOptions options)
      : project_(std::move(project)), root_(std::move(root)), options_(std::move(options)) {}
  Result<MirrorScope> look();
  Result<PassResult> pass(const MirrorScope& scope, const ProgressCallback& progress,
                          const std::stop_token& stop);

  Project project_;
  std::filesystem::path root_;
  SyncOptions options_;
  std::optional<LockFile> lock_;
  std::filesystem::path notes_path_;
  MirrorNotes notes_;
};

}  // namespace shale::sync

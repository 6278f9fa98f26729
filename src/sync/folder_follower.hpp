// Keeps a project equal to a folder while it changes: the flow behind shale::watch_folder.
//
//   watch all folders of the tree, then mirror it whole: what changes meanwhile is told afterwards
//   forever: wait for events; until none has come for 10 ms, but 100 ms at most, take more
//            mirror the folders they name: new ones with all below, others alone
//
// Where events were dropped, folders cannot be watched any more, or an ignore file has changed, the
// whole folder is mirrored. What the project has of the folder is remembered between passes, under
// the lock of the prefix; what others erase of it by hand comes back with the next whole pass.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "base/folder_events.hpp"
#include "sync/mirror.hpp"

namespace shale::sync {

class FolderFollower {
 public:
  static Result<FolderFollower> open(const Project& project, const std::filesystem::path& root,
                                     const SyncOptions& options);
  // Until `told` answers false or `stop` is asked for. `told`: of the first pass, and of each that
  // changed something.
  Result<void> follow(const std::function<bool(const Synced&)>& told, const std::stop_token& stop);

 private:
  using Files = std::map<std::string, KnownFile>;  // by path, with the prefix
  FolderFollower(Mirror mirror, FolderWatch watch)
      : mirror_(std::move(mirror)), watch_(std::move(watch)) {}
  Result<Synced> mirror_all(const std::stop_token& stop);
  Result<Synced> mirror_changed(const FolderEvents& events, const std::stop_token& stop);
  Result<void> watch_parts(const std::vector<WalkPart>& parts);
  Result<bool> watch_folders(const std::vector<std::string>& folders);
  Result<bool> await(FolderEvents& events, const std::stop_token& stop);
  static std::vector<WalkPart> parts_of(const FolderEvents& events);
  bool changes_rules(const FolderEvents& events) const;
  std::vector<KnownFile> known_in(const std::vector<WalkPart>& parts) const;
  Files& files_of(std::string_view path);
  void remember(PassResult& result);

  Mirror mirror_;
  FolderWatch watch_;
  bool watches_all_ = true;
  std::set<std::string> watched_;
  std::map<std::string, Files> known_;  // by folder, relative to the root
};

}  // namespace shale::sync

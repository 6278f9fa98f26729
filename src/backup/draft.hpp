// A folder that is made whole or not at all: under TARGET.tmp, then by one rename.
//
//   make TARGET.tmp and its lock file, lock it  one makes a target at a time
//   clear what a killed call left, sync it      only what has that file is ever cleared away
//   ... the caller fills it, and syncs his files ...
//   sync every folder of it, rename it to TARGET, sync the folder above, remove the lock file
//
// A crash leaves, before the rename, a TARGET.tmp that the next call of that name clears away;
// after it, TARGET, with a lock file in it at worst, which nothing reads. The rename itself refuses
// a target in which something has come to be meanwhile. Where the caller gives up, nothing is left.
#pragma once

#include <filesystem>
#include <optional>

#include "base/lock.hpp"

namespace shale::backup {

// Absolute, without links and trailing slash: that ".tmp" can be put behind it.
Result<std::filesystem::path> plain_path(const std::filesystem::path& path);

class Draft {
 public:
  // invalid_argument where `target` is no absent or empty folder, or TARGET.tmp is somebody else's;
  // busy where another call is making it.
  static Result<Draft> begin(const std::filesystem::path& target);
  ~Draft();
  Draft(Draft&& other) noexcept;
  Draft& operator=(Draft&&) = delete;

  const std::filesystem::path& target() const { return target_; }
  const std::filesystem::path& folder() const { return folder_; }  // TARGET.tmp
  Result<void> publish();

 private:
  Draft(std::filesystem::path target, std::filesystem::path folder, LockFile lock)
      : target_(std::move(target)), folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::filesystem::path target_;
  std::filesystem::path folder_;
  std::optional<LockFile> lock_;  // none: published, or moved from
};

}  // namespace shale::backup

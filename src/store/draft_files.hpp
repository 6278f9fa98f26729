// Files that a manifest is about to name: written, and locked until it does, so that nobody takes
// them for orphans (orphans.hpp); those that none came to name are removed. Used by whoever writes
// overlays and changes files; shards are guarded by who builds them. Not thread-safe.
#pragma once

#include <filesystem>
#include <vector>

#include "base/lock.hpp"
#include "catalog/file_names.hpp"

namespace shale::store {

class DraftFiles {
 public:
  explicit DraftFiles(const catalog::ProjectPaths& paths) : paths_(paths) {}
  ~DraftFiles();
  DraftFiles(const DraftFiles&) = delete;

  // To be called at once when the file is written. busy where somebody was faster than the lock:
  // then the file is gone.
  Result<void> guard(const std::filesystem::path& path);

 private:
  const catalog::ProjectPaths& paths_;
  std::vector<std::filesystem::path> written_;
  std::vector<LockFile> guards_;
};

}  // namespace shale::store

// What a process knows of a project's accesses and has not written down: its counts, the versions
// that it superseded, the files that it wrote to and has not synced. When it is written, and how,
// is for accesses.hpp. Safe from many threads but for `flush_at`.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "base/bitmap.hpp"
#include "store/access_counts.hpp"

namespace shale::store {

class AccessState {
 public:
  AccessCounts counts;

  // A version that is dead now: the flush hands on what it has.
  void supersede(FileId index, const Bitmap& docs);
  std::map<FileId, Bitmap> take_superseded();
  bool any() const;

  // Files that were written to and are to be synced, and since when the first of them waits.
  void note_written(const std::vector<std::filesystem::path>& files);
  std::set<std::filesystem::path> take_unsynced();
  bool sync_is_due(std::chrono::steady_clock::time_point now) const;

  std::chrono::steady_clock::time_point flush_at;  // the housekeeper's

 private:
  mutable std::mutex mutex_;
  std::map<FileId, Bitmap> superseded_;
  std::set<std::filesystem::path> unsynced_;
  std::chrono::steady_clock::time_point unsynced_since_;
};

}  // namespace shale::store

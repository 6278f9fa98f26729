#include "store/access_state.hpp"

#include <utility>

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

// With the interval of the flushes and a merge in between, on the disk within 30 s.
constexpr std::chrono::seconds sync_interval{20};

}  // namespace

void AccessState::supersede(FileId index, const Bitmap& docs) {
  const std::lock_guard lock(mutex_);
  superseded_[index] |= docs;
}

std::map<FileId, Bitmap> AccessState::take_superseded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(superseded_, {});
}

bool AccessState::any() const {
  const std::lock_guard lock(mutex_);
  return counts.any() || !superseded_.empty();
}

void AccessState::note_written(const std::vector<std::filesystem::path>& files) {
  const std::lock_guard lock(mutex_);
  if (unsynced_.empty()) unsynced_since_ = Clock::now();
  unsynced_.insert(files.begin(), files.end());
}

std::set<std::filesystem::path> AccessState::take_unsynced() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unsynced_, {});
}

bool AccessState::sync_is_due(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return !unsynced_.empty() && now >= unsynced_since_ + sync_interval;
}

}  // namespace shale::store

#include "store/kept_views.hpp"

#include <algorithm>
#include <utility>

namespace shale::store {

// What goes away goes behind the lock: unmapping files takes its time.

void KeptViews::keep(std::shared_ptr<const View> view, Clock::time_point now) {
  std::shared_ptr<const View> dropped;
  const std::lock_guard lock(mutex_);
  std::erase_if(views_, [&](const Kept& kept) { return kept.view == view; });
  views_.push_back({std::move(view), now});
  if (views_.size() <= views_max) return;
  dropped = std::move(views_.front().view);
  views_.erase(views_.begin());
}

std::shared_ptr<const View> KeptViews::find(u64 edition, Lsn committed, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(views_.begin(), views_.end(), [&](const Kept& kept) {
    return kept.view->edition->manifest.edition == edition && kept.view->committed == committed &&
           now - kept.used < kept_for;
  });
  if (found == views_.end()) return nullptr;
  found->used = now;
  std::rotate(found, found + 1, views_.end());
  return views_.back().view;
}

void KeptViews::drop_old(Clock::time_point now) {
  std::vector<Kept> dropped;
  const std::lock_guard lock(mutex_);
  const auto young = std::find_if(views_.begin(), views_.end(),
                                  [&](const Kept& kept) { return now - kept.used < kept_for; });
  dropped.assign(std::make_move_iterator(views_.begin()), std::make_move_iterator(young));
  views_.erase(views_.begin(), young);
}

void KeptViews::clear() {
  std::vector<Kept> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(views_);
}

usize KeptViews::size() const {
  const std::lock_guard lock(mutex_);
  return views_.size();
}

}  // namespace shale::store

// The states of a project that cursors go on in: views kept alive for a while after the answer that
// gave the cursor.
//
// Bounded, because a view pins the files it reads: what a merge has replaced takes its room on disk
// until the last view of it goes. At most `views_max`, each until `kept_for` after a page of it was
// asked for last; who asks later goes on in the newest state (search_pages.hpp). One of these for
// each open project; the housekeeper, and each new snapshot, drops what is over. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "store/view.hpp"

namespace shale::store {

class KeptViews {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr usize views_max = 16;
  static constexpr std::chrono::minutes kept_for{5};

  // One that is known already is used again; the one that was used longest ago makes room.
  void keep(std::shared_ptr<const View> view, Clock::time_point now = Clock::now());
  // Null where it is not kept (any more).
  std::shared_ptr<const View> find(u64 edition, Lsn committed,
                                   Clock::time_point now = Clock::now());
  void drop_old(Clock::time_point now = Clock::now());
  // The store was replaced under its path: what has the same numbers now is something else.
  void clear();
  usize size() const;

 private:
  struct Kept {
    std::shared_ptr<const View> view;
    Clock::time_point used;
  };

  mutable std::mutex mutex_;
  std::vector<Kept> views_;  // last used last
};

}  // namespace shale::store

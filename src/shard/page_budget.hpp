// Keeps the resident pages of mapped shards under a byte budget.
//
// Counts 2 MiB windows (the kernel maps large folios whole, so a touched byte may cost a whole
// window: PROTOCOL C7). Their sum is an upper bound; where it passes the budget the kernel is asked
// what is really resident (RssFile), and only if that is over too the coldest windows are released
// with madvise and their verified bits are cleared (B10). Coldness is second chance (CLOCK): each
// window has a bit "used", which the owner keeps and sets; the hand clears it and releases the
// window where it was clear already. So the budget is entered only when the bit of a window is
// clear or bytes are verified: a warm view costs one relaxed load. Thread-safe; one per store.
#pragma once

#include <functional>
#include <memory>

#include "base/integers.hpp"
#include "base/system.hpp"

namespace shale::shard {

inline constexpr u64 window_bytes = u64(2) << 20;

// What can be given back: implemented by ShardMap (shard_map.hpp).
class Releasable {
 public:
  virtual ~Releasable() = default;
  virtual void release_window(u64 window) const = 0;
  // Clears the bit "used" of a window; answers whether it was set.
  virtual bool cool_window(u64 window) const = 0;
};

struct PageCounters {
  u64 resident_windows = 0;
  u64 released_windows = 0;
};

class PageBudget {
 public:
  // `resident` says how many bytes of mapped files are resident in this process.
  explicit PageBudget(u64 bytes_max, std::function<u64()> resident = resident_file_bytes);
  ~PageBudget();
  PageBudget(const PageBudget&) = delete;
  PageBudget& operator=(const PageBudget&) = delete;

  // A window came into use (or is used again after some time); may release others.
  void touch(const Releasable& owner, u64 window);
  // Pages of known windows became resident; may release windows.
  void grew(u64 extents);
  // Measures now and releases what is over the budget: for the store's housekeeping, twice a
  // second.
  void settle();
  void forget(const Releasable& owner);  // its map goes away
  PageCounters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shale::shard

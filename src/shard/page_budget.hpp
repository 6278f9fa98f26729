// Keeps the resident pages of mapped shards under a byte budget.
//
// Counts 2 MiB windows (the kernel maps large folios whole, so a touched byte may cost a whole
// window: PROTOCOL C7). Their sum is an upper bound; where it passes the budget the kernel is asked
// what is really resident (RssFile), and only if that is over too the coldest windows are released
// with madvise and their verified bits are cleared (B10). Coldness is second chance (CLOCK): each
// window has a bit "used", which the owner keeps and sets; the hand clears it and releases the
// window where it was clear already. Of a window that stays, it gives back what nobody asked for: a
// fault maps the 64 KiB around it, and of the working set of a search that was a third. So the
// budget is entered only when the bit of a window is clear or bytes are verified: a warm view costs
// one relaxed load, and a count. Every 5 s the bits are taken down as heat, by which a hot set is
// put in order (hot_pages.hpp). Thread-safe; one per store.
#pragma once

#include <functional>
#include <memory>

#include <shale/stats.hpp>

#include "base/striped_count.hpp"
#include "base/system.hpp"

namespace shale::shard {

inline constexpr u64 window_bytes = u64(2) << 20;

// What can be given back: implemented by ShardMap (shard_map.hpp).
class Releasable {
 public:
  virtual ~Releasable() = default;
  virtual void release_window(u64 window) const = 0;
  // Gives back what the kernel mapped of a window around what was asked for. False: it has done so
  // since the window last grew.
  virtual bool shrink_window(u64 window) const = 0;
  // Clears the bit "used" of a window; answers whether it was set.
  virtual bool cool_window(u64 window) const = 0;
};

class PageBudget {
 public:
  static constexpr u64 unlimited = ~u64(0);

  // `resident` says how many bytes of mapped files are resident in this process. Tables that are
  // made of a shard's pages to read them faster may take `tables_max` bytes; where that is a limit,
  // what they take is no longer there for pages.
  explicit PageBudget(u64 bytes_max, std::function<u64()> resident = resident_file_bytes,
                      u64 tables_max = unlimited);
  ~PageBudget();
  PageBudget(const PageBudget&) = delete;
  PageBudget& operator=(const PageBudget&) = delete;

  // A window came into use (or is used again after some time); may release others.
  void touch(const Releasable& owner, u64 window);
  // Pages of known windows became resident; may release windows.
  void grew(u64 extents);
  // Measures now, releases what is over the budget, and from time to time takes down what was used:
  // for a thread in the background, twice a second.
  void settle();
  void clear();                          // releases all that is in use
  void forget(const Releasable& owner);  // its map goes away

  // Of a window that is in use: 0 (just come in, or not used for long) to 255.
  u8 heat_of(const Releasable& owner, u64 window) const;

  // Whether there is room for a table of so many bytes; it is taken where there is.
  bool take_table(u64 bytes);
  void give_back_table(u64 bytes);
  bool bounds_tables() const;

  // What is counted for stats().
  void count_hit() { hits_.add(1); }
  void count_verified(u64 bytes);
  void count_prefetched(u64 bytes);

  PageStats stats() const;
  u64 window_count() const;  // in use
  u64 bytes_max() const;

 private:
  struct State;
  StripedCount hits_;
  std::unique_ptr<State> state_;
};

}  // namespace shale::shard

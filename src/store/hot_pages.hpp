// What was hot in a project, from one opening to the next: found, saved, asked for.
//
//   at close   1. the pages that were used (Shard::hot_pages), the hottest first: those that are
//                 resident, and those that were lately; the page cache has more room than one
//                 process
//              2. behind them what the saved set has beyond that, one closing older; what nobody
//                 used for 8 closings is left out
//              3. all of it cut at StoreOptions::hot_bytes, and written to volatile/HOT
//   at open    the keeper (page_keeper.hpp) reads that, and asks the kernel for it
//
// So the last process to close a project has the say, but what others saved is not lost by one that
// looked at something else. A process that used less than 256 KiB saves nothing; neither does one
// that only reads: it asks for what others saved. Nobody waits for any of this, and whatever fails
// is passed over. Used by open_project, PageKeeper and page_cache.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <shale/store.hpp>

#include "catalog/file_names.hpp"
#include "catalog/hot_set.hpp"
#include "store/edition.hpp"

namespace shale::store {

inline constexpr u64 hot_bytes_min = u64(256) << 10;
inline constexpr u32 hot_age_max = 8;

// Steps 1 to 3. `before` may be empty.
catalog::HotSet hot_set_of(const Edition& edition, const catalog::HotSet& before, u64 bytes_max);

// What asking is for: each run of pages that a set names and its file has, at most `bytes_max` in
// all. `visit` says whether to go on; shards that cannot be opened are passed over.
using HotVisit = std::function<bool(const File& file, u64 offset, u64 bytes)>;
void for_each_hot_run(const catalog::ProjectPaths& paths, const catalog::HotSet& set, u64 bytes_max,
                      const HotVisit& visit);

// Part of an opened project, its last member: saves what was hot when that goes.
class HotPages {
 public:
  // Has what was saved asked for where somebody does that (SharedCaches::keeper).
  explicit HotPages(Project::State& project);
  // In a child of fork it does nothing.
  ~HotPages();
  HotPages(const HotPages&) = delete;
  HotPages& operator=(const HotPages&) = delete;

 private:
  void save() const;

  Project::State& project_;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace shale::store

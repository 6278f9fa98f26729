// What all projects of an opened store share: its memory, of which there may be so much as
// MemoryShares says.
//
// Held by the store and by each of its projects, which may live longer.
#pragma once

#include <memory>

#include <shale/store.hpp>

#include "shard/page_budget.hpp"
#include "store/active_segments.hpp"
#include "store/figures.hpp"
#include "store/memory_shares.hpp"
#include "store/page_keeper.hpp"
#include "store/result_cache.hpp"

namespace shale::store {

struct SharedCaches {
  explicit SharedCaches(const StoreOptions& options);
  void start_keeper(const StoreOptions& options);

  const MemoryShares shares;
  std::shared_ptr<shard::PageBudget> pages;
  ActiveSegments segments;
  ResultCache results;
  ToldCaches told;
  // Null where nobody started it: in tests of single projects.
  std::unique_ptr<PageKeeper> keeper;  // the last member: it ends first
};

}  // namespace shale::store

// What all projects of an opened store share: its memory, and how much of it there may be.
//
// StoreOptions::memory_budget, where it is not 0, is shared half and half between decoded segments
// and pages (and kept answers take a sixteenth beside them); what is made of pages to read them
// faster (the lengths of all documents) then has a quarter of the pages' half, and what does not
// fit there is read from the pages instead. The logs' indexes, which are mapped as well, may then
// hold an eighth of the budget resident. Held by the store and by each of its projects, which may
// live longer.
#pragma once

#include <memory>

#include <shale/store.hpp>

#include "shard/page_budget.hpp"
#include "store/active_segments.hpp"
#include "store/figures.hpp"
#include "store/page_keeper.hpp"
#include "store/result_cache.hpp"

namespace shale::store {

struct SharedCaches {
  explicit SharedCaches(const StoreOptions& options);
  void start_keeper(const StoreOptions& options);

  std::shared_ptr<shard::PageBudget> pages;
  ActiveSegments segments;
  ResultCache results;
  ToldCaches told;
  // Null where nobody started it: in tests of single projects.
  std::unique_ptr<PageKeeper> keeper;  // the last member: it ends first
};

}  // namespace shale::store

// What all projects of an opened store share: its memory, and how much of it there may be.
//
// Of StoreOptions::memory_budget, where it is not 0, decoded segments have a quarter and pages the
// rest (and kept answers take a sixteenth beside them): a search whose pages do not fit reads and
// verifies them again and again, which costs more than a get that finds its segment gone. (With
// half for each, the median search for 20 texts over 5 GB took 900 us, now 490.) What is made of
// pages to read them faster (dictionaries, the lengths of all documents) has an eighth of the
// budget, out of the pages' share, and what does not fit there is read from the pages instead. The
// logs' indexes, which are mapped as well, may then hold an eighth of it resident. Held by the
// store and by each of its projects, which may live longer.
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

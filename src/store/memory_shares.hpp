// How StoreOptions::memory_budget is shared out: the one place that says who may have how much.
//
// Of sixteen parts pages have thirteen, decoded segments two and kept answers one. A search whose
// pages do not fit reads and verifies them again and again, a millisecond of it; a get that finds
// its segment gone takes some microseconds more. (Median of searches for 20 texts over 5 GB with a
// budget of 64 MiB: 900 us with half for pages, 490 with three quarters.) What is made of pages to
// read them faster (dictionaries, the lengths of all documents) has two parts, out of those of the
// pages: what does not fit there is read from the pages instead. The logs' indexes, which are
// mapped too, may take two parts beside it: out of the 32 MiB that a process may have above its
// budget, as what searches need for themselves.
#pragma once

#include <shale/store.hpp>

#include "shard/page_budget.hpp"

namespace shale::store {

struct MemoryShares {
  // Without a memory budget pages, segments and answers have what the options give each of them,
  // and the rest is `unlimited`.
  explicit MemoryShares(const StoreOptions& options);

  static constexpr u64 unlimited = shard::PageBudget::unlimited;

  u64 pages;     // resident, of shards, the program and its libraries
  u64 tables;    // of what pages have; `unlimited`: beside it
  u64 segments;  // decoded
  u64 answers;
  u64 logs;  // resident, of their indexes
  u64 heap;  // before it is asked to give back what it keeps of memory that was freed
};

}  // namespace shale::store

#include "store/shared_caches.hpp"

#include <algorithm>

#include "base/mapped_file.hpp"
#include "base/system.hpp"

namespace shale::store {

namespace {

// Of the program, its libraries and shards, but not of the logs' indexes: a writer's index of 200
// MB would leave no shard a page, and releasing those does not make it smaller. (A bulk ingest of 5
// GB took thirty times as long for it: each id it looked up released what the next one needed.)
u64 resident_shard_bytes() {
  const u64 all = resident_file_bytes();
  return all - std::min(all, shared_map_bytes());
}

}  // namespace

SharedCaches::SharedCaches(const StoreOptions& options)
    : shares(options),
      pages(std::make_shared<shard::PageBudget>(shares.pages, resident_shard_bytes, shares.tables)),
      segments(shares.segments, options.active_segments),
      results(shares.answers, options.result_ttl) {}

void SharedCaches::start_keeper(const StoreOptions& options) {
  keeper = std::make_unique<PageKeeper>(pages, shares, options.hot_bytes);
}

}  // namespace shale::store

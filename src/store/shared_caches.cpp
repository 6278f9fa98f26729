#include "store/shared_caches.hpp"

#include <algorithm>

#include "base/mapped_file.hpp"
#include "base/system.hpp"

namespace shale::store {

namespace {

u64 segment_bytes(const StoreOptions& options) {
  return options.memory_budget != 0 ? options.memory_budget / 4 : options.active_bytes;
}

u64 result_bytes(const StoreOptions& options) {
  if (options.memory_budget == 0) return options.result_bytes;
  return std::min(options.result_bytes, options.memory_budget / 16);
}

// Of the program, its libraries and shards, but not of the logs' indexes: a writer's index of 200
// MB would leave no shard a page, and releasing those does not make it smaller. (A bulk ingest of 5
// GB took thirty times as long for it: each id it looked up released what the next one needed.)
u64 resident_shard_bytes() {
  const u64 all = resident_file_bytes();
  return all - std::min(all, shared_map_bytes());
}

std::shared_ptr<shard::PageBudget> pages_of(const StoreOptions& options) {
  if (options.memory_budget == 0) {
    return std::make_shared<shard::PageBudget>(options.resident_bytes, resident_shard_bytes);
  }
  const u64 eighth = options.memory_budget / 8;
  return std::make_shared<shard::PageBudget>(6 * eighth, resident_shard_bytes, eighth);
}

}  // namespace

SharedCaches::SharedCaches(const StoreOptions& options)
    : pages(pages_of(options)),
      segments(segment_bytes(options), options.active_segments),
      results(result_bytes(options), options.result_ttl) {}

void SharedCaches::start_keeper(const StoreOptions& options) {
  keeper = std::make_unique<PageKeeper>(pages, options.memory_budget, options.hot_bytes);
}

}  // namespace shale::store

#include "store/memory_shares.hpp"

#include <algorithm>

namespace shale::store {

namespace {

// Beyond decoded segments, tables and answers: of 2 threads that search and read it was 10 MB.
// Giving back takes milliseconds; asked for it twice a second, two threads that read at random had
// 50 MB of freed memory resident.
constexpr u64 heap_slack = u64(8) << 20;

}  // namespace

MemoryShares::MemoryShares(const StoreOptions& options)
    : pages(options.resident_bytes),
      tables(unlimited),
      segments(options.active_bytes),
      answers(options.result_bytes),
      logs(unlimited),
      heap(unlimited) {
  if (options.memory_budget == 0) return;
  const u64 sixteenth = options.memory_budget / 16;
  pages = 13 * sixteenth;
  tables = 2 * sixteenth;
  segments = 2 * sixteenth;
  answers = std::min(options.result_bytes, sixteenth);
  logs = 2 * sixteenth;
  heap = segments + tables + answers + heap_slack;
}

}  // namespace shale::store

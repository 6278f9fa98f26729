#include "store/page_keeper.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/shared_map_use.hpp"
#include "base/system.hpp"
#include "store/hot_pages.hpp"

namespace shale::store {

namespace {

constexpr std::chrono::milliseconds interval{500};
// Where an index must not become resident as a whole: for what SharedMapUse is not told, such as
// the pages a writer brings in. A look takes 10 us.
constexpr std::chrono::milliseconds short_interval{10};
constexpr u32 short_intervals = interval / short_interval;
// The kernel asks the disk for no more than its own read-ahead at a time, which is seldom less.
constexpr u64 step_bytes = u64(128) << 10;

// Beyond decoded segments, what the heap may hold before it is asked to give back what it keeps of
// memory that was freed: of 2 threads that search and read that was 10 MB. It takes milliseconds.
constexpr u64 heap_slack = u64(8) << 20;

}  // namespace

struct PageKeeper::Round {
  Round(std::shared_ptr<shard::PageBudget> kept, u64 bytes)
      : budget(std::move(kept)),
        memory_budget(bytes),
        shared_max(bytes / 8),
        thread([this](const std::stop_token& stop) { run(stop); }) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const Wanted& one : wait(stop)) fetch(one, stop);
      if (looks % short_intervals == 0 || !is_watchful()) {
        settle();
      } else if (resident_file_bytes() > budget->bytes_max() + shared_max) {
        release_shared_maps();
      }
      ++looks;
    }
  }

  // Whether the logs' indexes are larger than they may be resident.
  bool is_watchful() const { return shared_max != 0 && shared_map_total() > shared_max; }

  void settle() const {
    measure_shared_maps();
    if (shared_max != 0 && shared_map_bytes() > shared_max) release_shared_maps();
    budget->settle();
    if (memory_budget == 0) return;
    const u64 heap_max = memory_budget / 2 + heap_slack;
    if (resident_anonymous_bytes() > heap_max) static_cast<void>(::malloc_trim(0));
  }

  // What is wanted, as soon as something is or an interval has passed.
  std::vector<Wanted> wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, is_watchful() ? short_interval : interval,
                  [&] { return !wanted.empty(); });
    return std::exchange(wanted, {});
  }

  void fetch(const Wanted& one, const std::stop_token& stop) {
    // Relaxed: it orders nothing, and seen a step later it is early enough.
    const auto goes_on = [&] {
      return !stop.stop_requested() && !one.cancelled->load(std::memory_order_relaxed);
    };
    if (!goes_on()) return;
    const auto set = catalog::read_hot_set(one.paths.hot_set(), one.project_id);
    if (!set) return;  // a hint that is none
    const u64 left = budget->bytes_max() - std::min(budget->bytes_max(), asked);
    for_each_hot_run(one.paths, *set, left, [&](const File& file, u64 offset, u64 bytes) {
      for (u64 done = 0; done < bytes && goes_on(); done += step_bytes) {
        const u64 step = std::min(step_bytes, bytes - done);
        file.will_need(offset + done, step);
        budget->count_prefetched(step);
        asked += step;
      }
      return goes_on();
    });
  }

  const std::shared_ptr<shard::PageBudget> budget;
  const u64 memory_budget;
  const u64 shared_max;
  u64 asked = 0;  // bytes so far; the thread's
  u32 looks = 0;  // the thread's
  std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Wanted> wanted;
  std::jthread thread;  // the last member: it uses the others
};

PageKeeper::PageKeeper(std::shared_ptr<shard::PageBudget> budget, u64 memory_budget)
    : round_(std::make_unique<Round>(std::move(budget), memory_budget)) {
  if (memory_budget != 0) SharedMapUse::bound(round_->shared_max);
}

PageKeeper::~PageKeeper() {
  if (round_->memory_budget != 0) SharedMapUse::bound(0);
  if (generation_ == process_generation()) return;  // ~jthread asks the thread to stop, and joins
  // Left alone for ever: there is no thread to join, and its mutex may be locked.
  static_cast<void>(round_.release());
}

void PageKeeper::prefetch(Wanted wanted) {
  {
    const std::lock_guard lock(round_->mutex);
    round_->wanted.push_back(std::move(wanted));
  }
  round_->wake.notify_one();
}

}  // namespace shale::store

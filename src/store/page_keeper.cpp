#include "store/page_keeper.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
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

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{500};
// Where an index must not become resident as a whole: for what SharedMapUse is not told, such as
// the pages a writer brings in. A look takes 10 us.
constexpr std::chrono::milliseconds short_interval{10};
// Where the heap is bounded: what was freed is used again within moments, each time elsewhere.
constexpr std::chrono::milliseconds heap_interval{50};
constexpr u64 step_bytes = u64(128) << 10;

// Asks the disk for stretches of files, a few at a time: all at once they stood in front of what
// the first searches need, and an opening took 210 ms instead of 7; one by one they took three
// times as long.
class Fetching {
 public:
  struct Step {
    const File* file = nullptr;
    u64 offset = 0;
    u64 bytes = 0;
  };

  void begin(const Step& step) {
    step.file->will_need(step.offset, step.bytes);
    under_way_.push_back(step);
    if (under_way_.size() <= steps_at_once) return;
    const Step& first = under_way_.front();
    // Only to wait for it. What cannot be read is for whoever asks for it.
    (void)first.file->read_at(first.offset, MutableBytes(room_).first(usize(first.bytes)));
    under_way_.pop_front();
  }

 private:
  static constexpr usize steps_at_once = 8;
  std::deque<Step> under_way_;
  Buffer room_ = Buffer(usize(step_bytes));
};

}  // namespace

struct PageKeeper::Round {
  Round(std::shared_ptr<shard::PageBudget> kept, const MemoryShares& memory, u64 hot_bytes)
      : budget(std::move(kept)),
        shares(memory),
        hot_left(hot_bytes),
        thread([this](const std::stop_token& stop) { run(stop); }) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const Wanted& one : wait(stop)) fetch(one, stop);
      const Clock::time_point now = Clock::now();
      if (now >= settle_at) {
        settle();
        settle_at = now + interval;
      } else if (is_watchful() && resident_file_bytes() > budget->bytes_max() + shares.logs) {
        release_shared_maps();
      }
      if (bounds_heap() && now >= trim_at) {
        trim();
        trim_at = now + heap_interval;
      }
    }
  }

  // Whether the logs' indexes are larger than they may be resident.
  bool is_watchful() const { return shared_map_total() > shares.logs; }
  bool bounds_heap() const { return shares.heap != MemoryShares::unlimited; }

  void settle() const {
    measure_shared_maps();
    if (shared_map_bytes() > shares.logs) release_shared_maps();
    budget->settle();
  }

  void trim() const {
    if (resident_anonymous_bytes() > shares.heap) static_cast<void>(::malloc_trim(0));
  }

  std::chrono::milliseconds patience() const {
    if (is_watchful()) return short_interval;
    return bounds_heap() ? heap_interval : interval;
  }

  // What is wanted, as soon as something is or an interval has passed.
  std::vector<Wanted> wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, patience(), [&] { return !wanted.empty(); });
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
    Fetching fetching;
    for_each_hot_run(one.paths, *set, hot_left, [&](const File& file, u64 offset, u64 bytes) {
      for (u64 done = 0; done < bytes && goes_on(); done += step_bytes) {
        const u64 step = std::min(step_bytes, bytes - done);
        fetching.begin({&file, offset + done, step});
        budget->count_prefetched(step);
        hot_left -= step;
      }
      return goes_on();
    });
  }

  const std::shared_ptr<shard::PageBudget> budget;
  const MemoryShares shares;
  u64 hot_left;                          // bytes that may be asked for; the thread's
  Clock::time_point settle_at, trim_at;  // the thread's
  std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Wanted> wanted;
  std::jthread thread;  // the last member: it uses the others
};

PageKeeper::PageKeeper(std::shared_ptr<shard::PageBudget> budget, const MemoryShares& shares,
                       u64 hot_bytes)
    : round_(std::make_unique<Round>(std::move(budget), shares, hot_bytes)) {
  if (shares.logs != MemoryShares::unlimited) SharedMapUse::bound(shares.logs);
}

PageKeeper::~PageKeeper() {
  if (round_->shares.logs != MemoryShares::unlimited) SharedMapUse::bound(0);
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

#include "shard/page_budget.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace shale::shard {

namespace {

// Between two measurements at most this many extents become resident, each of which may pull in a
// folio of up to 1 MiB: the resident set overshoots by 16 MiB at most.
constexpr u64 extents_between_measurements = 16;

struct Window {
  const Releasable* owner = nullptr;
  u64 number = 0;
  bool operator==(const Window&) const = default;
};

struct WindowHash {
  usize operator()(const Window& window) const {
    return std::hash<const void*>{}(window.owner) * 31 + usize(window.number * 0x9E3779B97F4A7C15u);
  }
};

}  // namespace

struct PageBudget::State {
  State(u64 bytes, std::function<u64()> measure) : bytes_max(bytes), resident(std::move(measure)) {}

  const u64 bytes_max;
  const std::function<u64()> resident;
  mutable std::mutex mutex;
  std::vector<Window> ring;
  std::unordered_map<Window, usize, WindowHash> places;  // window -> index in ring
  usize hand = 0;
  std::atomic<u64> windows = 0;  // ring.size(), readable without the mutex
  std::atomic<u64> unmeasured = 0;
  u64 released = 0;

  bool may_be_over() const {
    return windows.load(std::memory_order_relaxed) * window_bytes > bytes_max;
  }

  void add(Window window) {
    places.emplace(window, ring.size());
    ring.push_back(window);
    windows.store(ring.size(), std::memory_order_relaxed);
  }

  void remove(usize index) {
    places.erase(ring[index]);
    if (index + 1 != ring.size()) {
      ring[index] = ring.back();
      places[ring[index]] = index;
    }
    ring.pop_back();
    windows.store(ring.size(), std::memory_order_relaxed);
  }

  // Releases cold windows, but not `keep`, until the budget holds. Two rounds of the hand are
  // enough: the first clears every bit that nobody sets again.
  void release_cold(const Window& keep) {
    unmeasured.store(0, std::memory_order_relaxed);
    bool over = may_be_over() && resident() > bytes_max;
    for (usize steps = 2 * ring.size(); over && steps > 0; --steps) {
      if (hand >= ring.size()) hand = 0;
      const Window window = ring[hand];
      if (window == keep || window.owner->cool_window(window.number)) {
        ++hand;
        continue;
      }
      window.owner->release_window(window.number);
      remove(hand);
      ++released;
      over = may_be_over() && resident() > bytes_max;
    }
  }
};

PageBudget::PageBudget(u64 bytes_max, std::function<u64()> resident)
    : state_(std::make_unique<State>(bytes_max, std::move(resident))) {}

PageBudget::~PageBudget() = default;

void PageBudget::touch(const Releasable& owner, u64 number) {
  const Window window{&owner, number};
  const std::lock_guard lock(state_->mutex);
  if (state_->places.contains(window)) return;
  state_->add(window);
  state_->release_cold(window);
}

void PageBudget::grew(u64 extents) {
  const u64 sum = state_->unmeasured.fetch_add(extents, std::memory_order_relaxed) + extents;
  if (sum < extents_between_measurements || !state_->may_be_over()) return;
  settle();
}

void PageBudget::settle() {
  const std::lock_guard lock(state_->mutex);
  state_->release_cold({});
}

void PageBudget::forget(const Releasable& owner) {
  const std::lock_guard lock(state_->mutex);
  for (usize index = state_->ring.size(); index-- > 0;) {
    if (state_->ring[index].owner == &owner) state_->remove(index);
  }
}

PageCounters PageBudget::counters() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->ring.size(), state_->released};
}

}  // namespace shale::shard

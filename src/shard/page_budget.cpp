#include "shard/page_budget.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace shale::shard {

namespace {

// Between two measurements at most this many extents become resident, each of which may pull in a
// folio of up to 1 MiB: the resident set overshoots by 16 MiB at most.
constexpr u64 extents_between_measurements = 16;
constexpr u32 settles_between_ages = 10;  // 5 s

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

// Half of what it was, and as much again where it was used since.
u8 aged(u8 heat, bool is_used) { return u8(heat / 2 + (is_used ? 128 : 0)); }

}  // namespace

struct PageBudget::State {
  State(u64 bytes, std::function<u64()> measure, u64 tables_bytes)
      : bytes_max(bytes), tables_max(tables_bytes), resident(std::move(measure)) {}

  const u64 bytes_max;
  const u64 tables_max;
  const std::function<u64()> resident;
  mutable std::mutex mutex;
  std::vector<Window> ring;
  std::vector<u8> heats;                                 // beside ring
  std::unordered_map<Window, usize, WindowHash> places;  // window -> index in ring
  usize hand = 0;
  u32 settles = 0;
  // Relaxed, all of them: figures of their own, which order nothing else.
  std::atomic<u64> windows = 0;  // ring.size(), readable without the mutex
  std::atomic<u64> tables = 0;   // bytes
  std::atomic<u64> unmeasured = 0;
  std::atomic<u64> verified = 0;
  std::atomic<u64> prefetched = 0;
  u64 misses = 0;
  u64 released = 0;

  u64 bytes_for_pages() const {
    if (tables_max == unlimited) return bytes_max;
    return bytes_max - std::min(bytes_max, tables.load(std::memory_order_relaxed));
  }

  // How far it goes down once it is over: a measurement takes 5 us, and the next window would only
  // have it measured again.
  u64 bytes_aimed_at() const { return bytes_for_pages() / 16 * 15; }
  u64 windows_aimed_at() const {
    const u64 most = bytes_for_pages() / window_bytes;
    return most - most / 16;
  }
  // How many windows hold half of what is too much, were all alike: so many before it is measured
  // again.
  u64 share_to_release(u64 bytes) const {
    const u64 over = bytes - std::min(bytes, bytes_aimed_at());
    return std::max<u64>(1, over / (bytes / ring.size() | 1) / 2);
  }

  bool may_be_over() const {
    return windows.load(std::memory_order_relaxed) * window_bytes > bytes_for_pages();
  }

  void add(Window window) {
    places.emplace(window, ring.size());
    ring.push_back(window);
    heats.push_back(0);
    windows.store(ring.size(), std::memory_order_relaxed);
    ++misses;
  }

  void remove(usize index) {
    places.erase(ring[index]);
    if (index + 1 != ring.size()) {
      ring[index] = ring.back();
      heats[index] = heats.back();
      places[ring[index]] = index;
    }
    ring.pop_back();
    heats.pop_back();
    windows.store(ring.size(), std::memory_order_relaxed);
  }

  // Releases cold windows, but not `keep`, and shrinks the others until the budget holds. Two
  // rounds of the hand are enough: the first clears every bit that nobody sets again.
  void release_cold(const Window& keep) {
    unmeasured.store(0, std::memory_order_relaxed);
    if (!may_be_over()) return;
    u64 bytes = resident();
    if (bytes <= bytes_for_pages()) return;
    u64 left = share_to_release(bytes);
    for (usize steps = 2 * ring.size(); steps > 0; --steps) {
      if (!give_back_next(keep)) continue;
      if (ring.size() <= windows_aimed_at()) return;
      if (--left > 0) continue;
      bytes = resident();
      if (bytes <= bytes_aimed_at()) return;
      left = share_to_release(bytes);
    }
  }

  // Of the window that the hand is at; false where there is nothing to give back.
  bool give_back_next(const Window& keep) {
    if (hand >= ring.size()) hand = 0;
    const Window window = ring[hand];
    if (window == keep) {
      ++hand;
      return false;
    }
    if (window.owner->cool_window(window.number)) {
      ++hand;
      return window.owner->shrink_window(window.number);
    }
    window.owner->release_window(window.number);
    remove(hand);
    ++released;
    return true;
  }

  void age() {
    for (usize i = 0; i < ring.size(); ++i) {
      heats[i] = aged(heats[i], ring[i].owner->cool_window(ring[i].number));
    }
  }
};

PageBudget::PageBudget(u64 bytes_max, std::function<u64()> resident, u64 tables_max)
    : state_(std::make_unique<State>(bytes_max, std::move(resident), tables_max)) {}

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
  const std::lock_guard lock(state_->mutex);
  state_->release_cold({});
}

void PageBudget::settle() {
  const std::lock_guard lock(state_->mutex);
  state_->release_cold({});
  if (++state_->settles % settles_between_ages == 0) state_->age();
}

void PageBudget::clear() {
  const std::lock_guard lock(state_->mutex);
  while (!state_->ring.empty()) {
    const Window window = state_->ring.back();
    window.owner->release_window(window.number);
    state_->remove(state_->ring.size() - 1);
    ++state_->released;
  }
}

void PageBudget::forget(const Releasable& owner) {
  const std::lock_guard lock(state_->mutex);
  for (usize index = state_->ring.size(); index-- > 0;) {
    if (state_->ring[index].owner == &owner) state_->remove(index);
  }
}

u8 PageBudget::heat_of(const Releasable& owner, u64 window) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->places.find({&owner, window});
  return found == state_->places.end() ? u8(0) : state_->heats[found->second];
}

bool PageBudget::take_table(u64 bytes) {
  u64 taken = state_->tables.load(std::memory_order_relaxed);
  do {
    if (bytes > state_->tables_max || taken > state_->tables_max - bytes) return false;
  } while (!state_->tables.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

void PageBudget::give_back_table(u64 bytes) {
  state_->tables.fetch_sub(bytes, std::memory_order_relaxed);
}

bool PageBudget::bounds_tables() const { return state_->tables_max != unlimited; }

void PageBudget::count_verified(u64 bytes) {
  state_->verified.fetch_add(bytes, std::memory_order_relaxed);
}

void PageBudget::count_prefetched(u64 bytes) {
  state_->prefetched.fetch_add(bytes, std::memory_order_relaxed);
}

PageStats PageBudget::stats() const {
  PageStats stats;
  stats.hits = hits_.sum();
  stats.verified_bytes = state_->verified.load(std::memory_order_relaxed);
  stats.prefetched_bytes = state_->prefetched.load(std::memory_order_relaxed);
  const std::lock_guard lock(state_->mutex);
  stats.misses = state_->misses;
  stats.evictions = state_->released;
  stats.resident_bytes = state_->resident();
  return stats;
}

u64 PageBudget::window_count() const { return state_->windows.load(std::memory_order_relaxed); }
u64 PageBudget::bytes_max() const { return state_->bytes_max; }

}  // namespace shale::shard

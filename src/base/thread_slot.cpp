#include "base/thread_slot.hpp"

#include <bit>

namespace shale {

namespace {

static_assert(thread_slots == 64, "one word has a bit for each");
constinit std::atomic<u64> taken_slots{0};

// Gives the number back when the thread ends. What still counts on that thread afterwards (other
// thread_local objects may end later) does it in the shared slot.
struct SlotOwner {
  u32 slot = shared_thread_slot;
  ~SlotOwner() {
    detail::known_thread_slot = shared_thread_slot;
    if (slot == shared_thread_slot) return;
    // Release: the next owner's acquire sees what this one stored into the words of the slot.
    taken_slots.fetch_and(~(u64(1) << slot), std::memory_order_release);
  }
};

u32 take_free_slot() noexcept {
  u64 taken = taken_slots.load(std::memory_order_relaxed);
  while (taken != ~u64(0)) {
    const int free = std::countr_one(taken);
    if (taken_slots.compare_exchange_weak(taken, taken | u64(1) << free, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
      return u32(free);
    }
  }
  return shared_thread_slot;
}

}  // namespace

u32 detail::take_thread_slot() noexcept {
  thread_local SlotOwner owner;
  owner.slot = take_free_slot();
  known_thread_slot = owner.slot;
  return owner.slot;
}

}  // namespace shale

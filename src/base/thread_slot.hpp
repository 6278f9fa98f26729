// A small number for each thread, its own while it lives: an index into counters that each have one
// writer, and so need no locked instruction (1 ns to count where one takes 5, and 50 where threads
// meet at one word).
//
// 64 numbers; threads beyond that share number 64, and count there by a locked addition. A number
// that is given back goes to the next thread, which sees all that the one before it stored. Says
// nothing of which thread it is. Used by store (figures.hpp).
#pragma once

#include <atomic>

#include "base/integers.hpp"

namespace shale {

inline constexpr u32 thread_slots = 64;
inline constexpr u32 shared_thread_slot = thread_slots;  // of all who came too late

namespace detail {
inline constexpr u32 no_thread_slot = ~u32(0);
inline constinit thread_local u32 known_thread_slot = no_thread_slot;
u32 take_thread_slot() noexcept;
}  // namespace detail

inline u32 thread_slot() noexcept {
  const u32 slot = detail::known_thread_slot;
  return slot != detail::no_thread_slot ? slot : detail::take_thread_slot();
}

// Adds 1 to the word of the calling thread's slot and returns what it was. Relaxed: a sum over all
// words is exact once the threads that count have been joined, and never ahead of them before.
inline u64 count_in_slot(std::atomic<u64>& word, u32 slot) noexcept {
  if (slot == shared_thread_slot) return word.fetch_add(1, std::memory_order_relaxed);
  const u64 before = word.load(std::memory_order_relaxed);
  word.store(before + 1, std::memory_order_relaxed);
  return before;
}

}  // namespace shale

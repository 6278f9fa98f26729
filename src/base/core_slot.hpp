// A small number for the core a thread runs on, for what is kept once for each core, so that a hot
// write goes to memory that no other core has just written (a line that another has costs 50 to 200
// ns to fetch, by how far off the core is).
//
// A hint only: the thread may run elsewhere a moment later, and two cores share a number where
// there are more than 8. What is kept by it must be safe from all threads. Used by base (lru.hpp)
// and store (access_counts.hpp).
#pragma once

#include <sched.h>

#include "base/integers.hpp"

namespace shale {

inline constexpr usize core_slots = 8;

inline usize core_slot() noexcept {
  const int core = sched_getcpu();
  return core < 0 ? 0 : usize(core) % core_slots;
}

}  // namespace shale

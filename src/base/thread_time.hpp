// What the calling thread has spent on a core since it began.
//
// Limits of effort go by it: other processes on the machine change no answer. It says nothing of
// what passes for the user. .2 us to read. Used by query.
#pragma once

#include <ctime>

#include "base/integers.hpp"

namespace shale {

inline u64 thread_time_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return u64(now.tv_sec) * 1'000'000 + u64(now.tv_nsec) / 1000;
}

}  // namespace shale

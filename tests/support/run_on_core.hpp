// Keeps the calling thread on one core, for tests of what is kept once for each core. A process may
// be barred from some of the cores there are: then it says so, and the thread stays where it was.
//
// Used by the tests of base and store.
#pragma once

#include <sched.h>

#include "base/integers.hpp"

namespace shale::testing {

inline bool run_on_core(usize core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

}  // namespace shale::testing

// Waiting for what a thread in the background does in its own time.
//
// For tests of threads whose moments nobody can name: no test may rest on how long such a thread
// takes, only on that it gets there.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace shale::testing {

// Waits until `done` holds; generous, for machines that are busy.
inline bool comes_true(const std::function<bool()>& done) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  while (Clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace shale::testing

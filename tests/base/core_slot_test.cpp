#include "base/core_slot.hpp"

#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/run_on_core.hpp"

namespace shale {
namespace {

TEST_CASE("a thread that stays on a core has that core's number") {
  const usize cores = std::thread::hardware_concurrency();
  usize known = 0;
  for (usize core = 0; core < cores; ++core) {
    bool is_there = false;
    usize slot = core_slots;
    std::thread([&] {
      is_there = testing::run_on_core(core);
      slot = core_slot();
    }).join();
    if (!is_there) continue;  // a core that this process may not use
    ++known;
    CHECK(slot == core % core_slots);
  }
  CHECK(known > 0);
}

TEST_CASE("wherever a thread runs, its number is one of those there are") {
  for (int i = 0; i < 100'000; ++i) {
    if (core_slot() >= core_slots) FAIL(i);
  }
  CHECK(core_slot() < core_slots);
}

}  // namespace
}  // namespace shale

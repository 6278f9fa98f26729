#include "shard/page_budget.hpp"

#include <map>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;

namespace {

// Windows with their bits, and what was asked of them.
class FakeOwner final : public Releasable {
 public:
  void release_window(u64 window) const override {
    released.push_back(window);
    used.erase(window);
  }
  bool shrink_window(u64 window) const override {
    if (grown.erase(window) == 0) return false;
    shrunk.push_back(window);
    return true;
  }
  bool cool_window(u64 window) const override { return used.erase(window) > 0; }
  void touch(PageBudget& budget, u64 window) const {
    if (used.insert(window).second) budget.touch(*this, window);
  }
  mutable std::set<u64> used;
  mutable std::set<u64> grown;
  mutable std::vector<u64> released;
  mutable std::vector<u64> shrunk;
};

u64 everything() { return ~u64(0); }

}  // namespace

TEST_CASE("windows over the budget are released, the coldest first") {
  PageBudget budget(4 * window_bytes, everything);
  FakeOwner owner;
  for (u64 window = 0; window < 4; ++window) owner.touch(budget, window);
  CHECK(budget.window_count() == 4);
  CHECK(owner.released.empty());
  owner.touch(budget, 4);  // the hand cools 0..3 and then takes 0
  CHECK(owner.released == std::vector<u64>{0});
  owner.touch(budget, 1);  // used again: it gets a second chance
  owner.touch(budget, 5);
  CHECK(owner.released.size() == 2);
  CHECK(owner.released.back() != 1);
  CHECK(owner.released.back() != 5);
  CHECK(budget.window_count() == 4);
  CHECK(budget.stats().evictions == 2);
}

TEST_CASE("what is hardly resident is not released") {
  u64 resident = 0;
  PageBudget budget(4 * window_bytes, [&] { return resident; });
  FakeOwner owner;
  for (u64 window = 0; window < 100; ++window) owner.touch(budget, window);
  CHECK(owner.released.empty());
  resident = 5 * window_bytes;
  budget.settle();  // every window is hot at first, so the hand goes round twice
  CHECK(budget.window_count() == 4);
  CHECK(owner.released.size() == 96);
}

TEST_CASE("a window that stays gives back what nobody asked for, and no more than is over") {
  FakeOwner owner;
  PageBudget budget(4 * window_bytes, [&] {  // half of each window was asked for
    return (10 - 2 * owner.released.size() - owner.shrunk.size()) * window_bytes / 2;
  });
  owner.grown = {0, 1, 2, 3, 4};
  for (u64 window = 0; window < 4; ++window) owner.touch(budget, window);
  CHECK(owner.shrunk.empty());
  owner.touch(budget, 4);
  CHECK(owner.released.empty());
  CHECK(owner.shrunk == std::vector<u64>{0, 1, 2});  // down to 15/16 of the budget
  CHECK(budget.window_count() == 5);
  CHECK(budget.stats().evictions == 0);
}

TEST_CASE("the last window may go, where the budget is smaller than one") {
  PageBudget budget(1, everything);
  FakeOwner owner;
  owner.grown = {0, 1};
  owner.touch(budget, 0);
  owner.touch(budget, 1);
  budget.settle();
  budget.settle();
  CHECK(budget.window_count() == 0);
  budget.settle();
  budget.grew(16);
}

TEST_CASE("growth of known windows is measured after 16 extents") {
  u64 resident = 0;
  u64 measured = 0;
  PageBudget budget(2 * window_bytes, [&] { return ++measured, resident; });
  FakeOwner owner;
  for (u64 window = 0; window < 5; ++window) owner.touch(budget, window);
  resident = 10 * window_bytes;
  const u64 before = measured;
  for (int i = 0; i < 15; ++i) budget.grew(1);
  CHECK(measured == before);
  CHECK(owner.released.empty());
  budget.grew(1);
  CHECK(measured > before);
  CHECK(owner.released.size() == 3);
}

TEST_CASE("growth below the budget is never measured") {
  PageBudget budget(2 * window_bytes, []() -> u64 {
    FAIL("measured");
    return 0;
  });
  FakeOwner owner;
  owner.touch(budget, 1);
  for (int i = 0; i < 100; ++i) budget.grew(7);
  CHECK(owner.released.empty());
}

TEST_CASE("a forgotten owner is never called again") {
  PageBudget budget(3 * window_bytes, everything);
  FakeOwner kept;
  {
    FakeOwner gone;
    for (u64 window = 0; window < 3; ++window) gone.touch(budget, window);
    kept.touch(budget, 7);
    CHECK(gone.released.size() == 1);
    budget.forget(gone);
  }
  CHECK(budget.window_count() == 1);
  for (u64 window = 0; window < 20; ++window) kept.touch(budget, window);
  CHECK(budget.window_count() == 3);
  CHECK(kept.released.size() >= 17);  // 18 if window 7 was released before its second turn
}

TEST_CASE("a budget smaller than a window keeps the newest one") {
  PageBudget budget(1, everything);
  FakeOwner owner;
  for (u64 window = 0; window < 5; ++window) {
    owner.touch(budget, window);
    CHECK(budget.window_count() == 1);
  }
  CHECK(owner.released == std::vector<u64>{0, 1, 2, 3});
}

TEST_CASE("a cleared budget has released everything, and fills again") {
  PageBudget budget(100 * window_bytes, everything);
  FakeOwner one, two;
  for (u64 window = 0; window < 3; ++window) one.touch(budget, window);
  two.touch(budget, 7);
  budget.clear();
  CHECK(budget.window_count() == 0);
  CHECK(std::set<u64>(one.released.begin(), one.released.end()) == std::set<u64>{0, 1, 2});
  CHECK(two.released == std::vector<u64>{7});
  CHECK(budget.stats().evictions == 4);
  one.touch(budget, 1);
  CHECK(budget.window_count() == 1);
}

TEST_CASE("threads share a budget") {
  PageBudget budget(8 * window_bytes, everything);
  std::vector<FakeOwner> owners(4);
  struct Silent final : Releasable {
    void release_window(u64) const override {}
    bool shrink_window(u64) const override { return true; }
    bool cool_window(u64) const override { return false; }
  };
  std::vector<Silent> silent(4);
  std::vector<std::thread> threads;
  for (usize i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (u64 n = 0; n < 2000; ++n) budget.touch(silent[i], n % 37);
      budget.grew(20);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(budget.window_count() == 8);
  for (const Silent& owner : silent) budget.forget(owner);
  CHECK(budget.window_count() == 0);
}

TEST_CASE("what is used again and again is hotter than what was used once") {
  PageBudget budget(100 * window_bytes, everything);
  FakeOwner owner;
  owner.touch(budget, 1);
  owner.touch(budget, 2);
  CHECK(budget.heat_of(owner, 1) == 0);
  for (int age = 0; age < 3; ++age) {
    for (int i = 0; i < 10; ++i) budget.settle();  // 5 s
    owner.touch(budget, 1);
  }
  CHECK(budget.heat_of(owner, 1) > budget.heat_of(owner, 2));
  CHECK(budget.heat_of(owner, 2) > 0);
  CHECK(budget.heat_of(owner, 3) == 0);  // never seen
  CHECK(owner.released.empty());
}

TEST_CASE("heat moves with its window when others are released") {
  PageBudget budget(3 * window_bytes, everything);
  FakeOwner owner;
  for (u64 window = 0; window < 3; ++window) owner.touch(budget, window);
  for (int i = 0; i < 10; ++i) budget.settle();
  for (u64 window = 3; window < 5; ++window) owner.touch(budget, window);
  u64 hot = 0;
  for (u64 window = 0; window < 3; ++window) hot += budget.heat_of(owner, window) == 128 ? 1 : 0;
  CHECK(hot == 1);
  CHECK(budget.heat_of(owner, 4) == 0);
}

TEST_CASE("a large budget that is over goes some way below") {
  PageBudget budget(32 * window_bytes, everything);
  FakeOwner owner;
  for (u64 window = 0; window < 33; ++window) owner.touch(budget, window);
  CHECK(budget.window_count() == 30);
  CHECK(budget.stats().evictions == 3);
}

TEST_CASE("much that is over is measured some times, not once for each window") {
  u64 measured = 0;
  const FakeOwner* known = nullptr;
  constexpr u64 each = window_bytes / 16;  // of a window, resident
  u64 windows = 0;
  PageBudget budget(4 * window_bytes, [&] {
    ++measured;
    return (windows - known->released.size()) * each;
  });
  FakeOwner owner;
  known = &owner;
  for (; windows < 64; ++windows) owner.touch(budget, windows);
  CHECK(owner.released.empty());
  windows += 960;  // as if the same windows had become resident sixteen times over
  measured = 0;
  budget.settle();
  CHECK(budget.stats().evictions >= 50);
  CHECK(measured <= 12);
}

TEST_CASE("a small budget that is over goes a sixteenth below, and is let alone until it is over") {
  u64 measured = 0;
  const FakeOwner* known = nullptr;
  u64 windows = 0;
  constexpr u64 each = window_bytes / 16;
  PageBudget budget(4 * window_bytes, [&] {
    ++measured;
    return (windows - known->released.size()) * each;
  });
  FakeOwner owner;
  known = &owner;
  for (; windows < 2000; ++windows) {
    owner.touch(budget, windows);
    REQUIRE((windows - owner.released.size()) * each <= 4 * window_bytes);
  }
  CHECK(owner.released.size() >= 2000 - 65);
  CHECK(owner.released.size() <= 2000 - 59);
  CHECK(measured < 2000 * 2);
}

TEST_CASE("tables take the room of pages where there is a limit to them") {
  PageBudget budget(8 * window_bytes, everything, 2 * window_bytes);
  CHECK(budget.take_table(window_bytes));
  CHECK_FALSE(budget.take_table(window_bytes + 1));
  CHECK(budget.take_table(window_bytes));
  CHECK_FALSE(budget.take_table(1));
  FakeOwner owner;
  for (u64 window = 0; window < 20; ++window) owner.touch(budget, window);
  CHECK(budget.window_count() == 6);
  budget.give_back_table(window_bytes);
  for (u64 window = 20; window < 40; ++window) owner.touch(budget, window);
  CHECK(budget.window_count() == 7);
  PageBudget unlimited(8 * window_bytes, everything);
  CHECK(unlimited.take_table(100 * window_bytes));
  for (u64 window = 0; window < 20; ++window) owner.touch(unlimited, window + 100);
  CHECK(unlimited.window_count() == 8);
}

TEST_CASE("what happens is counted") {
  PageBudget budget(2 * window_bytes, [] { return u64(77); });
  FakeOwner owner;
  for (u64 window = 0; window < 5; ++window) owner.touch(budget, window);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) budget.count_hit();
    });
  }
  for (std::thread& thread : threads) thread.join();
  budget.count_verified(100);
  budget.count_verified(1);
  budget.count_prefetched(5);
  const PageStats stats = budget.stats();
  CHECK(stats.hits <= 4000);
  CHECK(stats.hits >= 1000);  // exact unless there have been more than 32 threads
  CHECK(stats.misses == 5);
  CHECK(stats.evictions == 0);
  CHECK(stats.verified_bytes == 101);
  CHECK(stats.prefetched_bytes == 5);
  CHECK(stats.resident_bytes == 77);
}

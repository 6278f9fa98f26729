#include "base/thread_slot.hpp"

#include <array>
#include <barrier>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

// The slots of `count` threads that live at the same time.
std::vector<u32> slots_of_threads(int count) {
  std::barrier together(count);
  std::mutex mutex;
  std::vector<u32> slots;
  std::vector<std::thread> threads;
  threads.reserve(usize(count));
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      const u32 slot = thread_slot();
      together.arrive_and_wait();
      const std::lock_guard lock(mutex);
      slots.push_back(slot);
      if (thread_slot() != slot) slots.push_back(1000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return slots;
}

TEST_CASE("threads that live at the same time have slots of their own") {
  const std::vector<u32> slots = slots_of_threads(20);
  CHECK(std::set<u32>(slots.begin(), slots.end()).size() == 20);
  for (const u32 slot : slots) CHECK(slot < thread_slots);
}

TEST_CASE("slots of threads that ended are given to others") {
  for (int round = 0; round < 5; ++round) {
    for (const u32 slot : slots_of_threads(40)) CHECK(slot < thread_slots);
  }
}

TEST_CASE("who comes too late shares the last one") {
  const std::vector<u32> slots = slots_of_threads(int(thread_slots) + 10);
  const std::set<u32> different(slots.begin(), slots.end());
  CHECK(different.contains(shared_thread_slot));
  CHECK(different.size() <= thread_slots + 1);
  usize own = 0;
  for (const u32 slot : slots) own += slot != shared_thread_slot;
  CHECK(own == different.size() - 1);
}

TEST_CASE("nothing is lost, whether slots are shared, handed on or neither") {
  std::array<std::atomic<u64>, thread_slots + 1> words{};
  constexpr int counts_each = 200'000;
  u64 expected = 0;
  for (int round = 0; round < 3; ++round) {
    std::barrier together(100);
    std::vector<std::thread> threads;
    threads.reserve(100);
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([&] {
        const u32 slot = thread_slot();
        together.arrive_and_wait();
        for (int n = 0; n < counts_each; ++n) count_in_slot(words[slot], slot);
      });
    }
    for (std::thread& thread : threads) thread.join();
    expected += 100 * counts_each;
  }
  u64 sum = 0;
  for (const auto& word : words) sum += word;
  CHECK(sum == expected);
}

}  // namespace
}  // namespace shale

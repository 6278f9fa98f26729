#include "store/access_counts.hpp"

#include <map>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/run_on_core.hpp"

namespace shale::store {
namespace {

using Sums = std::map<std::pair<u64, u32>, u64>;  // (index, document) -> count

void add_taken(AccessCounts& counts, Sums& sums) {
  for (const AccessCounts::Counted& one : counts.take()) {
    sums[{one.slot->id().sequence, one.doc}] += one.count;
  }
}

TEST_CASE("what was counted is taken once") {
  AccessCounts counts;
  const auto one = counts.open_slot({1, 0});
  const auto two = counts.open_slot({2, 0});
  CHECK(!counts.any());
  for (int n = 0; n < 3; ++n) counts.add(one->number(), 7);
  counts.add(two->number(), 7);
  counts.add(0, 7);  // nobody's
  CHECK(counts.any());
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums == Sums{{{1, 7}, 3}, {{2, 7}, 1}});
  CHECK(!counts.any());
  CHECK(counts.take().empty());
  counts.add(one->number(), 7);
  CHECK(counts.any());
}

TEST_CASE("more documents than the table has room for are counted all the same") {
  AccessCounts counts;
  const auto slot = counts.open_slot({1, 0});
  constexpr u32 documents = 400'000;
  for (int round = 0; round < 2; ++round) {
    for (u32 doc = 0; doc < documents; ++doc) counts.add(slot->number(), doc);
  }
  CHECK(counts.is_crowded());
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums.size() == documents);
  bool all_two = true;
  for (const auto& [place, count] : sums) all_two &= count == 2;
  CHECK(all_two);
}

TEST_CASE("neighbours in many indexes are each counted as often as they were read") {
  AccessCounts counts;
  std::vector<std::shared_ptr<AccessSlot>> slots;
  Sums expected;
  for (u64 index = 1; index <= 40; ++index) {
    slots.push_back(counts.open_slot({index, 0}));
    for (u32 doc = 0; doc < 9; ++doc) {
      counts.expect(slots.back()->number(), doc);  // says nothing
      for (u64 n = 0; n < index + doc; ++n) counts.add(slots.back()->number(), doc);
      expected[{index, doc}] = index + doc;
    }
  }
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums == expected);
}

TEST_CASE("threads that count while another takes lose nothing and count nothing twice") {
  AccessCounts counts;
  const auto slot = counts.open_slot({1, 0});
  constexpr int threads = 4;
  constexpr u32 rounds = 200'000;
  Sums sums;
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < threads; ++t) {
      readers.emplace_back([&, t] {
        for (u32 n = 0; n < rounds; ++n) counts.add(slot->number(), (n * u32(t + 1)) % 1000);
      });
    }
    for (int n = 0; n < 200; ++n) add_taken(counts, sums);
  }
  add_taken(counts, sums);
  u64 total = 0;
  for (const auto& [place, count] : sums) total += count;
  CHECK(total == u64(threads) * rounds);
}

TEST_CASE("reads of a document on several cores are one sum, and keep its index from going") {
  AccessCounts counts;
  auto slot = counts.open_slot({1, 0});
  constexpr u32 reads_of_one = 1000;
  u64 expected = 0;
  for (usize core = 0; core < std::thread::hardware_concurrency(); ++core) {
    std::thread([&, number = slot->number()] {
      if (!testing::run_on_core(core)) return;
      for (u32 n = 0; n < reads_of_one; ++n) counts.add(number, 7);
      expected += reads_of_one;
    }).join();
  }
  slot.reset();
  const auto other = counts.open_slot({2, 0});
  CHECK(counts.slot_count() == 2);
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums == Sums{{{1, 7}, expected}});
}

TEST_CASE("what could not be written down is taken again") {
  AccessCounts counts;
  const auto slot = counts.open_slot({1, 0});
  counts.add(slot->number(), 1);
  const std::vector<AccessCounts::Counted> taken = counts.take();
  counts.add(slot->number(), 1);
  counts.give_back(taken);
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums == Sums{{{1, 1}, 2}});
}

TEST_CASE("a slot's number is another's once nobody has it and nothing of it is left") {
  AccessCounts counts;
  auto slot = counts.open_slot({1, 0});
  const u32 number = slot->number();
  counts.add(number, 5);
  slot.reset();
  std::vector<AccessCounts::Counted> taken = counts.take();
  REQUIRE(taken.size() == 1);
  const auto second = counts.open_slot({2, 0});
  CHECK(second->number() != number);  // what was taken may come back
  counts.give_back(taken);
  taken.clear();
  Sums sums;
  add_taken(counts, sums);
  CHECK(sums == Sums{{{1, 5}, 1}});
  CHECK(counts.take().empty());
  CHECK(counts.open_slot({3, 0})->number() == number);
}

TEST_CASE("slots of indexes that nobody has are let go of, counted or not, before they are many") {
  AccessCounts counts;
  const auto kept = counts.open_slot(FileId{1, 1});
  for (u64 n = 2; n < 2000; ++n) {
    const auto slot = counts.open_slot(FileId{n, n});
    if (n % 100 == 0) counts.add(slot->number(), u32(n));
  }
  // What was counted waits for who writes it down, and says that it waits.
  CHECK(counts.slot_count() < 30);
  CHECK(counts.is_crowded());
  auto taken = counts.take();
  REQUIRE(taken.size() == 19);
  for (const auto& one : taken) CHECK(one.slot->id().sequence == one.doc);
  CHECK_FALSE(counts.is_crowded());
  taken.clear();
  for (u64 n = 0; n < 100; ++n) (void)counts.open_slot(FileId{n, n});
  CHECK(counts.slot_count() < 5);
  counts.add(kept->number(), 7);
  CHECK(counts.take().front().slot == kept);
}

}  // namespace
}  // namespace shale::store

#include "model/patches.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

Update numbered(std::int64_t n) {
  Update update;
  update.refcount_added = n;
  return update;
}

TEST_CASE("patches read like the map they were made from") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::map<u32, Update> expected;
    Patches patches;
    for (int i = 0; i < 200; ++i) {
      const u32 doc = u32(random() % 2000);
      expected[doc].refcount_added += i;
      patches[doc].refcount_added += i;
    }
    REQUIRE(patches.size() == expected.size());
    REQUIRE(std::equal(patches.begin(), patches.end(), expected.begin(), expected.end()));
    for (u32 doc = 0; doc < 2100; ++doc) {
      REQUIRE(patches.contains(doc) == expected.contains(doc));
      const auto above = expected.lower_bound(doc);
      const auto found = patches.lower_bound(doc);
      REQUIRE((found == patches.end()) == (above == expected.end()));
      if (above != expected.end()) REQUIRE(found->first == above->first);
    }
    REQUIRE(patches == Patches(expected));
  }
}

TEST_CASE("a copy keeps what it had when the other changes") {
  Patches first;
  first[5] = numbered(1);
  first[70] = numbered(2);
  const Patches before = first;
  first[5].refcount_added = 9;
  first[6] = numbered(3);
  first[1000] = numbered(4);
  CHECK(before.size() == 2);
  CHECK(before.at(5).refcount_added == 1);
  CHECK_FALSE(before.contains(6));
  CHECK(first.at(5).refcount_added == 9);
  CHECK(first.size() == 4);
  CHECK_FALSE(before == first);
}

TEST_CASE("a chain of copies: each stays what it was, whichever of them changes") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::vector<Patches> copies(1);
  std::vector<std::map<u32, Update>> expected(1);
  for (int round = 0; round < 60; ++round) {
    const usize from = random() % copies.size();
    copies.push_back(copies[from]);
    expected.push_back(expected[from]);
    const usize changed = random() % copies.size();
    for (int i = 0; i < 10; ++i) {
      // Around the borders between chunks, where one ends and another may not be there.
      const u32 doc = u32(random() % 5) * Patches::chunk_documents + u32(random() % 4) * 21;
      copies[changed][doc].refcount_added += i;
      expected[changed][doc].refcount_added += i;
    }
  }
  for (usize i = 0; i < copies.size(); ++i) {
    REQUIRE(copies[i].size() == expected[i].size());
    REQUIRE(std::equal(copies[i].begin(), copies[i].end(), expected[i].begin(), expected[i].end()));
    REQUIRE((copies[i] == copies[0]) == (expected[i] == expected[0]));
  }
}

TEST_CASE("asking for documents makes no patch") {
  Patches patches;
  patches[Patches::chunk_documents - 1] = numbered(1);
  patches[3 * Patches::chunk_documents] = numbered(2);
  for (const u32 doc :
       {u32(0), Patches::chunk_documents, 2 * Patches::chunk_documents, UINT32_MAX}) {
    CHECK(patches.find(doc) == patches.end());
    CHECK_FALSE(patches.contains(doc));
  }
  CHECK(patches.size() == 2);
  CHECK(patches.lower_bound(Patches::chunk_documents)->first == 3 * Patches::chunk_documents);
  CHECK(patches.lower_bound(3 * Patches::chunk_documents + 1) == patches.end());
  CHECK(patches.lower_bound(0)->second.refcount_added == 1);
}

TEST_CASE("a stamp is that of the update, in copies as well, and of no other") {
  Patches first;
  first[5] = numbered(1);
  first[500] = numbered(2);
  CHECK(first.stamp_of(6) == 0);
  CHECK(first.stamp_of(5 + 64) == 0);
  CHECK(first.stamp_of(100'000) == 0);
  CHECK(first.stamp_of(5) != first.stamp_of(500));
  Patches second = first;
  CHECK(second.stamp_of(5) == first.stamp_of(5));
  second[7] = numbered(3);  // of the same chunk
  CHECK(second.stamp_of(5) != first.stamp_of(5));
  CHECK(second.stamp_of(500) == first.stamp_of(500));
  // Nobody shares it any more, and it is changed where it lies.
  const u64 before = second.stamp_of(7);
  second[7].refcount_added = 4;
  CHECK(second.stamp_of(7) != before);
  CHECK(first.stamp_of(7) == 0);
}

TEST_CASE("no patches at all") {
  const Patches none;
  CHECK(none.empty());
  CHECK(none.begin() == none.end());
  CHECK(none.lower_bound(0) == none.end());
  CHECK(none.find(7) == none.end());
  CHECK(none == Patches());
}

}  // namespace
}  // namespace shale

#include "query/range_masks.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

TEST_CASE("masks tell of each range what the set holds there") {
  std::mt19937 random(1);
  for (const u32 share : {2u, 40u, 5'000u}) {
    std::set<u32> members;
    const u32 documents = 210'000;
    for (u32 i = 0; i < documents / share; ++i) members.insert(u32(random() % documents));
    std::erase_if(members, [](u32 doc) { return doc / 65'536 == 1 || doc / 256 == 3; });
    const DocumentSet set =
        DocumentSet::from_sorted(std::vector<u32>(members.begin(), members.end()));
    const RangeMasks masks(set);
    std::vector<float> bounds(range_count(documents), 1.0f);
    masks.clear_empty(bounds);
    std::vector<u32> told;
    for (u32 range = 0; range < bounds.size(); ++range) {
      const RangeMask mask = masks.mask(range);
      const usize before = told.size();
      mask.for_each([&](u8 offset) { told.push_back(range * range_documents + offset); });
      REQUIRE(mask.count() == told.size() - before);
      REQUIRE((bounds[range] == 1.0f) == (mask.count() > 0));
    }
    CHECK(std::equal(told.begin(), told.end(), members.begin(), members.end()));
    for (int i = 0; i < 2000; ++i) {
      const u32 doc = u32(random() % (documents + 70'000));
      REQUIRE(masks.contains(doc) == members.contains(doc));
    }
  }
}

TEST_CASE("masks of an empty set are empty") {
  const DocumentSet none;
  const RangeMasks masks(none);
  std::vector<float> bounds(700, 1.0f);
  masks.clear_empty(bounds);
  CHECK(std::count(bounds.begin(), bounds.end(), 0.0f) == 700);
  CHECK(masks.mask(3).count() == 0);
  CHECK_FALSE(masks.contains(0));
}

}  // namespace
}  // namespace shale::query

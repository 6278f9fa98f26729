#include "query/scored_list.hpp"

#include <map>
#include <random>

#include "model/bm25.hpp"
#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr u32 documents = 2'000;
constexpr float average = 3;

struct List {
  std::vector<u32> docs;
  std::vector<u32> tfs;
};

List random_list(std::mt19937& random) {
  List list;
  const u32 step = 1 + u32(random() % 500);
  for (u32 doc = u32(random() % step); doc < documents; doc += 1 + u32(random() % step)) {
    list.docs.push_back(doc);
    list.tfs.push_back(1 + u32(random() % 9));
  }
  return list;
}

// Document d has d % 7 words.
MemoryIndex index_of_lengths() {
  std::vector<Document> made(documents);
  for (u32 doc = 0; doc < documents; ++doc) {
    for (u32 i = 0; i < doc % 7; ++i) made[doc].text += "x ";
    made[doc].metadata.id = std::to_string(doc);
  }
  return MemoryIndex(std::move(made));
}

TEST_CASE("lists put together are the documents of either, added up in order") {
  std::mt19937 random(1);
  const MemoryIndex index = index_of_lengths();
  for (int round = 0; round < 200; ++round) {
    std::map<u32, float> expected;
    std::vector<List> lists(1 + random() % 4);
    std::vector<ScoredList> scored;
    for (List& list : lists) {
      list = random_list(random);
      const float weight = float(1 + random() % 5) / 3;
      scored.push_back(ScoredList::make(index, list.docs, list.tfs, weight, average).value());
      for (usize i = 0; i < list.docs.size(); ++i) {
        const u32 doc = list.docs[i];
        expected[doc] += bm25_score(weight, list.tfs[i], bm25_norm(doc % 7, average));
      }
    }
    for (usize i = 1; i < scored.size(); ++i) scored[0].merge(scored[i]);
    REQUIRE(scored[0].docs().size() == expected.size());
    REQUIRE(scored[0].scores().size() == expected.size());
    auto at = expected.begin();
    for (usize i = 0; i < expected.size(); ++i, ++at) {
      REQUIRE(scored[0].docs()[i] == at->first);
      REQUIRE(scored[0].scores()[i] == at->second);
    }
  }
}

TEST_CASE("the directory says what stands in each range, and the most that it scores") {
  std::mt19937 random(2);
  const MemoryIndex index = index_of_lengths();
  for (int round = 0; round < 100; ++round) {
    const List given = random_list(random);
    ScoredList list = ScoredList::make(index, given.docs, given.tfs, 2, average).value();
    std::vector<float> bounds(range_count(documents), 1.0f);
    list.add_bounds(bounds);
    usize seen = 0;
    for (u32 range = 0; range < bounds.size(); ++range) {
      const ScoredList::Stretch there = list.in_range(range);
      REQUIRE(bounds[range] == 1.0f + there.bound);
      float most = 0;
      for (u32 i = there.begin; i < there.end; ++i, ++seen) {
        REQUIRE(list.docs()[i] / range_documents == range);
        most = std::max(most, list.scores()[i]);
      }
      REQUIRE(there.bound == most);
    }
    REQUIRE(seen == given.docs.size());
  }
}

}  // namespace
}  // namespace shale::query::testing

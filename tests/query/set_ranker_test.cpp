// Documents of a set, ranked, against scoring each of them.
#include "query/set_ranker.hpp"

#include <random>

#include "base/kernel.hpp"
#include "model/bm25.hpp"
#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

std::shared_ptr<MemoryIndex> random_index(std::mt19937& random, u32 count, u32 length_max) {
  std::vector<Document> documents(count);
  for (Document& document : documents) {
    for (u32 i = u32(random() % (length_max + 1)); i-- > 0;) document.text += "w ";
  }
  return std::make_shared<MemoryIndex>(std::move(documents));
}

DenseSet random_set(std::mt19937& random, u32 limit) {
  DenseSet set(limit);
  const u32 share = 1 + u32(random() % 20);
  for (u32 doc = 0; doc < limit; ++doc) {
    if (random() % share == 0) set.add(doc);
  }
  return set;
}

using Kept = std::map<u32, float>;

Kept all_of(const MemoryIndex& index, const DenseSet& set, float weight, float average) {
  Kept kept;
  set.for_each(
      [&](u32 doc) { kept[doc] = bm25_score(weight, 1, bm25_norm(index.words(doc), average)); });
  return kept;
}

// Those that reach the threshold, ties with the last one included.
Kept best_of(const Kept& all, usize limit) {
  if (limit == 0 || all.size() <= limit) return all;
  std::vector<float> scores;
  for (const auto& [doc, score] : all) scores.push_back(score);
  std::sort(scores.begin(), scores.end(), std::greater<>());
  Kept kept;
  for (const auto& [doc, score] : all) {
    if (score >= scores[limit - 1]) kept[doc] = score;
  }
  return kept;
}

void check_once(std::mt19937& random) {
  const auto index = random_index(random, 1 + u32(random() % 9000), 1 + u32(random() % 40));
  index->keeps_lengths = random() % 3 != 0;
  index->listed_below = u32(random() % 20);
  const DenseSet set = random_set(random, index->document_count());
  const float weight = std::vector<float>{0.0f, 1e-6f, 1.5f, 9.25f}[random() % 4];
  const float average = 1.0f + float(random() % 300) / 10;
  const usize limit = std::vector<usize>{1, 10, 64, 65, 1000, 100'000}[random() % 6];
  BestScores best(limit);
  std::vector<ScoredDocument> found;
  rank_set(*index, set, weight, average, best, found).value();
  Kept kept;
  for (const ScoredDocument& one : found) {
    REQUIRE(kept.emplace(one.doc, one.score).second);
  }
  const Kept all = all_of(*index, set, weight, average);
  for (const auto& [doc, score] : kept) REQUIRE(all.at(doc) == score);
  const Kept wanted = best_of(all, limit);
  float least = std::numeric_limits<float>::max();
  for (const auto& [doc, score] : wanted) least = std::min(least, score);
  CHECK((wanted.empty() || best.threshold() <= least));
  std::erase_if(kept, [&](const auto& one) { return one.second < least; });
  REQUIRE(kept == wanted);
}

TEST_CASE("set ranker: the best of all members, with the bits of their scores") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const Kernel kernel : {Kernel::scalar, Kernel::automatic}) {
    force_kernel(kernel);
    for (int round = 0; round < 25; ++round) check_once(random);
  }
  force_kernel(Kernel::automatic);
}

TEST_CASE("set ranker: as postings a set has each member once") {
  std::mt19937 random(5);
  const u32 limit = 3000;
  DenseSet members = random_set(random, limit);
  for (u32 doc = 512; doc < 768; ++doc) members.add(doc);
  const auto set = std::make_shared<const DenseSet>(members);
  const SetPostings postings(set);
  REQUIRE(postings.bounds().maxima.size() == range_count(limit));
  RangeBlock block;
  std::vector<u32> read;
  for (u32 range = 0; range < range_count(limit); ++range) {
    postings.read(range, block).value();
    for (u32 i = 0; i < block.count; ++i) {
      read.push_back(range * range_documents + block.offsets[i]);
      CHECK(block.tfs[i] == 1);
    }
    CHECK((postings.bounds().maxima[range] == 0) == (block.count == 0));
  }
  CHECK(read == set->to_vector());
  for (u32 doc = 0; doc < limit; ++doc) {
    const u8 offset = u8(doc);
    u32 tf = 7;
    postings.frequencies(doc / range_documents, {&offset, 1}, &tf).value();
    CHECK(tf == (set->contains(doc) ? 1 : 0));
  }
  const float bound = postings.bounds().scale * 255;
  for (const float average : {1.0f, 3.0f, 500.0f})
    CHECK(bound >= bm25_score(1, 1, bm25_norm(0, average)));
}

}  // namespace
}  // namespace shale::query::testing

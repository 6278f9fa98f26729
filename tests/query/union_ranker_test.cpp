// Pruned ranking against scoring every document: the same documents with the same bits.
#include "query/union_ranker.hpp"

#include <list>
#include <random>
#include <set>

#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

u32 below(std::mt19937& random, u32 n) { return u32(random() % n); }

// Word k stands in about one of 2^k documents, more often the nearer they are to its own region, as
// in a collection sorted by file; lengths vary by a factor of 40.
std::shared_ptr<MemoryIndex> clustered_index(u32 seed, u32 documents, u32 range_df_min) {
  std::mt19937 random(seed);
  std::vector<Document> made(documents);
  for (u32 doc = 0; doc < documents; ++doc) {
    std::string& text = made[doc].text;
    for (u32 word = 0; word < 12; ++word) {
      const bool is_near = (doc / 700 + word) % 5 == 0;
      if (below(random, 1u << word) >= (is_near ? 4u : 1u)) continue;
      for (u32 times = 1 + below(random, is_near ? 20 : 3); times-- > 0;) {
        text += " w" + std::to_string(word);
      }
    }
    for (u32 filler = below(random, 40); filler-- > 0;) text += " filler";
    made[doc].metadata.id = std::to_string(doc);
  }
  auto index = std::make_shared<MemoryIndex>(std::move(made));
  index->range_df_min = range_df_min;
  return index;
}

// The words of a query, and the lists that they view.
struct Asked {
  std::vector<WeightedWord> words;
  std::list<std::vector<u32>> lists;
};

Asked asked_for(const Index& index, const std::vector<std::string>& names, std::mt19937& random) {
  Asked asked;
  for (const std::string& name : names) {
    const auto term = index.find_term(name).value();
    if (!term) continue;
    WeightedWord word;
    word.weight = bm25_idf(index.document_count(), term->df) * float(1 + below(random, 2));
    word.df = term->df;
    word.ranges = index.range_postings(*term).value();
    if (word.ranges == nullptr) {
      std::vector<u32>& docs = asked.lists.emplace_back();
      std::vector<u32>& tfs = asked.lists.emplace_back();
      index.postings(*term, docs, tfs).value();
      word.docs = docs;
      word.tfs = tfs;
    }
    asked.words.push_back(std::move(word));
  }
  return asked;
}

// In query order, in float: what every path has to give.
std::vector<ScoredDocument> scored_one_by_one(const MemoryIndex& index,
                                              const std::vector<std::string>& names,
                                              std::span<const WeightedWord> words,
                                              float average_length, const DocumentSet* allowed) {
  std::vector<float> scores(index.document_count());
  usize at = 0;
  for (const std::string& name : names) {
    const auto term = index.find_term(name).value();
    if (!term) continue;
    const float weight = words[at++].weight;
    std::vector<u32> docs, tfs;
    index.postings(*term, docs, tfs).value();
    for (usize i = 0; i < docs.size(); ++i) {
      const float norm = bm25_norm(index.words(docs[i]), average_length);
      scores[docs[i]] += bm25_score(weight, tfs[i], norm);
    }
  }
  std::vector<ScoredDocument> all;
  for (u32 doc = 0; doc < scores.size(); ++doc) {
    if (scores[doc] > 0 && (allowed == nullptr || allowed->contains(doc))) {
      all.push_back({scores[doc], doc});
    }
  }
  return all;
}

void sort_best_first(std::vector<ScoredDocument>& documents) {
  std::sort(documents.begin(), documents.end(), [](const auto& a, const auto& b) {
    return a.score != b.score ? a.score > b.score : a.doc < b.doc;
  });
}

// All that reach the last place's score, so that ties are complete.
void keep_best(std::vector<ScoredDocument>& documents, usize limit) {
  sort_best_first(documents);
  if (documents.size() <= limit) return;
  const float last = documents[limit - 1].score;
  std::erase_if(documents, [&](const ScoredDocument& one) { return one.score < last; });
}

void compare_once(std::mt19937& random, const MemoryIndex& index) {
  std::vector<std::string> names;
  for (u32 i = 1 + below(random, 5); i-- > 0;) {
    const std::string name =
        below(random, 9) == 0 ? "nowhere" : "w" + std::to_string(below(random, 12));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::optional<DocumentSet> allowed;
  if (below(random, 2) == 0) {
    const u32 share = 1 + below(random, 2) * 150;
    std::vector<u32> docs;
    for (u32 doc = 0; doc < index.document_count(); ++doc) {
      if (below(random, 7 * share) == 0) docs.push_back(doc);
    }
    allowed = DocumentSet::from_sorted(docs);
  }
  const DocumentSet* const mask = allowed ? &*allowed : nullptr;
  const usize limit = std::vector<usize>{1, 10, 100, 1'000'000}[below(random, 4)];
  // Of a collection whose average drifted either way since the index was built.
  const float average =
      CorpusStatistics{index.document_count(), index.word_count()}.average_length() *
      std::vector<float>{1, 3, 0.3f}[below(random, 3)];
  const Asked asked = asked_for(index, names, random);
  const std::vector<WeightedWord>& words = asked.words;

  BestScores best(limit);
  std::vector<ScoredDocument> found;
  rank_union(index, words, average, mask, best, found).value();
  std::vector<ScoredDocument> expected = scored_one_by_one(index, names, words, average, mask);
  keep_best(expected, limit);
  keep_best(found, limit);
  INFO("limit " << limit << ", words " << names.size() << ", of these known " << words.size());
  REQUIRE(found.size() == expected.size());
  for (usize i = 0; i < found.size(); ++i) {
    REQUIRE(found[i].doc == expected[i].doc);
    REQUIRE(std::bit_cast<u32>(found[i].score) == std::bit_cast<u32>(expected[i].score));
  }
}

TEST_CASE("pruned ranking finds what scoring every document finds") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const u32 documents : {1u, 255u, 256u, 257u, 9'000u}) {
    for (const u32 range_df_min : {1u, 100u, 1'000'000u}) {
      const auto index = clustered_index(u32(random()), documents, range_df_min);
      for (int round = 0; round < 60; ++round) compare_once(random, *index);
    }
  }
}

TEST_CASE("most ranges are never read") {
  std::mt19937 random(5);
  const auto index = clustered_index(7, 40'000, 1);
  const Asked asked = asked_for(*index, {"w2", "w5", "w8"}, random);
  BestScores best(10);
  std::vector<ScoredDocument> found;
  MemoryRanges::reads = 0;
  rank_union(*index, asked.words, 20, nullptr, best, found).value();
  CHECK(found.size() >= 10);
  CHECK(MemoryRanges::reads < 3 * range_count(index->document_count()) / 2);
}

TEST_CASE("a ceiling: what is above it is not wanted, what is on it does not count") {
  std::mt19937 random(6);
  const auto index = clustered_index(8, 20'000, 1);
  const Asked asked = asked_for(*index, {"w2", "w5"}, random);
  const std::vector<WeightedWord>& words = asked.words;
  BestScores all(usize(1) << 30);
  std::vector<ScoredDocument> expected;
  rank_union(*index, words, 20, nullptr, all, expected).value();
  keep_best(expected, expected.size());
  for (const usize place : {usize(0), usize(5), usize(500), expected.size() - 1}) {
    BestScores best(10);
    best.set_ceiling(expected[place].score);
    std::vector<ScoredDocument> found;
    rank_union(*index, words, 20, nullptr, best, found).value();
    // All that tie with the ceiling, and the ten below it.
    std::set<u32> docs;
    for (const ScoredDocument& one : found) {
      REQUIRE(one.score <= expected[place].score);
      docs.insert(one.doc);
    }
    usize below_it = 0;
    for (const ScoredDocument& one : expected) {
      if (one.score > expected[place].score || below_it == 10) continue;
      below_it += one.score < expected[place].score ? 1 : 0;
      REQUIRE(docs.contains(one.doc));
    }
  }
}

TEST_CASE("a score that is worth less counts for what it is worth") {
  BestScores best(2);
  best.set_value([](u32 doc, float score) { return doc == 1 ? score / 2 : score; });
  CHECK(best.add(10, 1));
  CHECK(best.add(4, 2));
  CHECK(best.threshold() == 4);
  CHECK(best.add(9, 1));
  CHECK(best.threshold() == 4.5f);
  best.set_ceiling(4.75f);
  CHECK_FALSE(best.add(4.8f, 2));
  CHECK(best.add(9.5f, 1));  // on the ceiling: wanted, and no reason to want others less
  CHECK(best.threshold() == 4.5f);
}

TEST_CASE("the k-th best score") {
  std::mt19937 random(11);
  for (const usize limit : {usize(1), usize(10), usize(64), usize(65), usize(300)}) {
    BestScores best(limit);
    std::vector<float> all;
    for (int i = 0; i < 2000; ++i) {
      const float score = float(1 + below(random, 500));
      best.add(score, 0);
      all.push_back(score);
      std::vector<float> sorted = all;
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      if (all.size() < limit) REQUIRE(best.threshold() == 0);
      // Never above the k-th best; a heap tells it at once.
      if (all.size() >= limit) REQUIRE(best.threshold() <= sorted[limit - 1]);
      if (all.size() >= limit && limit <= 64) REQUIRE(best.threshold() == sorted[limit - 1]);
    }
    CHECK(best.threshold() > 0);
  }
  BestScores none(0);
  none.add(3, 0);
  CHECK(none.threshold() == 0);
}

}  // namespace
}  // namespace shale::query::testing

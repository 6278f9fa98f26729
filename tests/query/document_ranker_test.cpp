#include "query/document_ranker.hpp"

#include <random>

#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr u32 kinds = 3;
constexpr float average = 25;

// How often each of the words w0 w1 w2 stands in each document, and filler.
struct Texts {
  std::vector<std::array<u32, kinds>> times;
  std::vector<u32> lengths;
  std::shared_ptr<MemoryIndex> index;
};

Texts random_texts(std::mt19937& random, u32 count) {
  Texts texts;
  std::vector<Document> documents(count);
  for (u32 doc = 0; doc < count; ++doc) {
    auto& times = texts.times.emplace_back();
    u32 length = 0;
    std::string& text = documents[doc].text;
    for (u32 word = 0; word < kinds; ++word) {
      times[word] = random() % (word + 2) == 0 ? 1 + u32(random() % 20) : 0;
      for (u32 i = 0; i < times[word]; ++i) text += " w" + std::to_string(word);
      length += times[word];
    }
    for (u32 filler = u32(random() % 40); filler-- > 0; ++length) text += " filler";
    texts.lengths.push_back(length);
    documents[doc].metadata.id = std::to_string(doc);
  }
  texts.index = std::make_shared<MemoryIndex>(std::move(documents));
  return texts;
}

TEST_CASE("some documents alone are scored, by a term, a list and a set") {
  std::mt19937 random(3);
  const Texts texts = random_texts(random, 3'000);
  const MemoryIndex& index = *texts.index;
  std::vector<u32> docs, list, tfs;
  for (u32 doc = 0; doc < 3'000; doc += 1 + u32(random() % 9)) docs.push_back(doc);
  index.postings(index.find_term("w1").value().value(), list, tfs).value();
  DenseSet set(3'000);
  for (u32 doc = 0; doc < 3'000; ++doc) {
    if (texts.times[doc][2] > 0) set.add(doc);
  }
  const LookedUpWord words[] = {{1.5f, index.find_term("w0").value(), {}, {}, nullptr},
                                {0.7f, std::nullopt, list, tfs, nullptr},
                                {0.3f, std::nullopt, {}, {}, &set}};
  BestScores best(5);
  std::vector<ScoredDocument> found;
  score_documents(index, words, average, docs, best, found).value();
  REQUIRE(found.size() == docs.size());
  for (usize i = 0; i < docs.size(); ++i) {
    const float norm = bm25_norm(texts.lengths[docs[i]], average);
    const auto& times = texts.times[docs[i]];
    float score = 0;
    if (times[0] > 0) score += bm25_score(1.5f, times[0], norm);
    if (times[1] > 0) score += bm25_score(0.7f, times[1], norm);
    if (times[2] > 0) score += bm25_score(0.3f, 1, norm);
    CHECK(found[i].doc == docs[i]);
    CHECK(found[i].score == score);
  }
  CHECK(best.threshold() > 0);
}

TEST_CASE("what the page before had above its last score is not wanted") {
  std::mt19937 random(4);
  const Texts texts = random_texts(random, 200);
  std::vector<u32> docs(200);
  for (u32 doc = 0; doc < 200; ++doc) docs[doc] = doc;
  const LookedUpWord word{1, texts.index->find_term("w0").value(), {}, {}, nullptr};
  BestScores all(5), rest(5);
  std::vector<ScoredDocument> found, behind;
  score_documents(*texts.index, {&word, 1}, average, docs, all, found).value();
  rest.set_ceiling(all.threshold());
  score_documents(*texts.index, {&word, 1}, average, docs, rest, behind).value();
  CHECK(behind.size() < found.size());
  for (const ScoredDocument& one : behind) CHECK(one.score <= all.threshold());
}

}  // namespace
}  // namespace shale::query::testing

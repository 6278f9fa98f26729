// What a query allocates does not grow with the documents and ranges it scores: operator new is
// counted here, so that this is a program of its own.
#include <map>

#include "query/document_ranker.hpp"
#include "query/view_search.hpp"
#include "shard/shard.hpp"
#include "tests/query/ranked_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/counted_new.hpp"

namespace shale::query::testing {
namespace {

using shale::testing::allocations;

// One shard of so many documents.
class OneShard {
 public:
  explicit OneShard(u32 documents) : store_(5) {
    store_.ingest({.documents = documents, .filler_max = 30, .exact = {{"df31", 31}}});
    const std::filesystem::path path = *std::filesystem::directory_iterator(
        store_.store().paths().manifest().parent_path() / "shards");
    shard_ = shard::Shard::open(path, nullptr).value();
  }

  // Of ranking the documents that hold a word, those of `allowed` alone where it is given.
  u64 of_union(const std::vector<std::string>& names, const DocumentSet* allowed = nullptr) {
    const Lists lists = lists_of(names);
    const std::vector<WeightedWord> words = words_of(names, lists);
    (void)ranked(words, allowed);  // what a first touch of the shard takes
    return ranked(words, allowed);
  }
  // Of scoring one document after the other.
  u64 of_documents(const std::vector<std::string>& names, u32 count) {
    std::vector<LookedUpWord> words;
    for (const std::string& name : names) {
      words.push_back({1, shard_->find_term(name).value().value(), {}, {}});
    }
    std::vector<u32> docs(count);
    for (u32 i = 0; i < count; ++i) docs[i] = i * (shard_->document_count() / count);
    std::vector<ScoredDocument> out;
    out.reserve(count);
    BestScores best(10);
    score_documents(*shard_, words, 20, docs, best, out).value();
    out.clear();
    const u64 before = allocations();
    score_documents(*shard_, words, 20, docs, best, out).value();
    return allocations() - before;
  }

  u32 documents() const { return shard_->document_count(); }

 private:
  using Lists = std::map<std::string, std::pair<std::vector<u32>, std::vector<u32>>>;

  Lists lists_of(const std::vector<std::string>& names) const {
    Lists lists;
    for (const std::string& name : names) {
      auto& [docs, tfs] = lists[name];
      shard_->postings(shard_->find_term(name).value().value(), docs, tfs).value();
    }
    return lists;
  }

  std::vector<WeightedWord> words_of(const std::vector<std::string>& names,
                                     const Lists& lists) const {
    std::vector<WeightedWord> words;
    for (const std::string& name : names) {
      const Term term = shard_->find_term(name).value().value();
      WeightedWord& word = words.emplace_back();
      word.weight = bm25_idf(shard_->document_count(), term.df);
      word.df = term.df;
      word.ranges = shard_->range_postings(term).value();
      if (word.ranges != nullptr) continue;
      word.docs = lists.at(name).first;
      word.tfs = lists.at(name).second;
    }
    return words;
  }

  u64 ranked(const std::vector<WeightedWord>& words, const DocumentSet* allowed) const {
    BestScores best(10);
    std::vector<ScoredDocument> out;
    const u64 before = allocations();
    rank_union(*shard_, words, 20, allowed, best, out).value();
    const u64 count = allocations() - before;
    REQUIRE(out.size() >= 10);
    return count;
  }

  RankedStore store_;
  std::shared_ptr<const shard::Shard> shard_;
};

TEST_CASE("operator new is counted") {
  const u64 before = allocations();
  std::vector<int> one(100);
  CHECK(allocations() == before + 1);
  CHECK(one.size() == 100);
}

TEST_CASE("scoring six times the documents allocates nothing more") {
  OneShard small(20'000), large(120'000);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"w0"}, {"w0", "w1"}, {"w0", "w1", "w2"}, {"w1", "df31"}, {"w2", "w1", "w0", "df31"}}) {
    INFO(words.size() << " words, " << words.front() << " first");
    CHECK(small.of_union(words) == large.of_union(words));
    CHECK(small.of_union(words) < 40);
    CHECK(large.of_documents(words, 20'000) == small.of_documents(words, 20));
  }
}

}  // namespace
}  // namespace shale::query::testing

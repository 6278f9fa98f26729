// Ranked search: candidates by set algebra, then exact BM25 for each of them.
#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <numeric>

#include "base/system.hpp"
#include "query/collector.hpp"
#include "query/engine.hpp"
#include "query/statistics.hpp"
#include "query/union_ranker.hpp"
#include "text/query_words.hpp"

namespace shale::query {

namespace {

// Documents scored at once: their frequencies, lengths and scores stay in the first-level caches.
constexpr usize block_documents = 2048;

// Scores are never negative, so the order of their bits is their order.
i64 key_of(float score) { return i64(std::bit_cast<u32>(score)); }
float score_of(i64 key) { return std::bit_cast<float>(u32(key)); }

// A word of the query in one view.
struct Holders {
  std::optional<Term> term;
  Bitmap docs;
};

struct ViewPart {
  u32 view = 0;
  std::vector<Holders> words;  // in query order
};

class Search {
 public:
  Search(Scope& scope, const Query& query, const Filter& filter,
         const std::vector<std::string>& terms)
      : scope_(scope), query_(query), filter_(filter), terms_(terms) {}

  Result<RankedAnswer> run() {
    if (query_.text.empty()) return newest();
    if (terms_.empty()) return RankedAnswer{};
    TRY(look_up());
    const bool every_word = query_.match != Match::any;
    RankedAnswer answer = TRY(rank(every_word));
    const bool widen =
        query_.match == Match::auto_ && terms_.size() > 1 && answer.total < query_.limit;
    if (!widen) return answer;
    answer = TRY(rank(false));
    answer.widened = true;
    return answer;
  }

 private:
  // -- without words --

  Result<RankedAnswer> newest() {
    RankedAnswer answer;
    Collector collector(scope_, query_.limit);
    for (const u32 number : scope_.active()) {
      const Bitmap docs = TRY(matching_documents(scope_.enter(number), filter_));
      answer.total += docs.count();
      const std::vector<i64> keys(1024, 0);
      Bitmap::Walk walk(docs);
      for (auto block = walk.next(); !block.empty(); block = walk.next()) {
        TRY(collector.offer(number, block, std::span(keys).first(block.size())));
      }
    }
    return finished(std::move(answer), collector);
  }

  // -- words and statistics --

  Result<void> look_up() {
    statistics_ = {};
    std::vector<u64> df(terms_.size(), 0);
    for (const u32 number : scope_.active()) {
      const IndexView& view = scope_.enter(number);
      const CorpusStatistics part = TRY(live_statistics(view));
      statistics_.documents += part.documents;
      statistics_.words += part.words;
      TRY(look_up(view, number, df));
    }
    for (const u64 count : df) idf_.push_back(bm25_idf(statistics_.documents, count));
    return {};
  }

  Result<void> look_up(const IndexView& view, u32 number, std::vector<u64>& df) {
    ViewPart part;
    part.view = number;
    for (usize i = 0; i < terms_.size(); ++i) {
      Holders word;
      word.term = TRY(view.index->find_term(terms_[i]));
      if (word.term) {
        word.docs = TRY(view.index->documents(*word.term));
        df[i] += live_df(view, *word.term, word.docs);
      }
      part.words.push_back(std::move(word));
    }
    const bool any = std::any_of(part.words.begin(), part.words.end(),
                                 [](const Holders& word) { return word.term.has_value(); });
    if (any) parts_.push_back(std::move(part));
    return {};
  }

  // -- candidates --

  Result<RankedAnswer> rank(bool every_word) {
    RankedAnswer answer;
    Collector collector(scope_, query_.limit);
    BestScores best(query_.limit);
    for (const ViewPart& part : parts_) {
      const IndexView& view = scope_.enter(part.view);
      const Bitmap docs = TRY(matching_documents(
          view, filter_, every_word ? holders_of_all(part) : holders_of_any(part)));
      answer.total += docs.count();
      if (query_.limit == 0) continue;
      if (every_word) {
        TRY(score(view, part, docs, collector));
      } else {
        TRY(score_any(view, part, docs, best, collector));
      }
    }
    return finished(std::move(answer), collector);
  }

  static Bitmap holders_of_all(const ViewPart& part) {
    std::vector<const Holders*> words;
    for (const Holders& word : part.words) {
      if (!word.term) return Bitmap();
      words.push_back(&word);
    }
    // Smallest first: no intermediate result is larger than it.
    std::sort(words.begin(), words.end(),
              [](const Holders* a, const Holders* b) { return a->term->df < b->term->df; });
    Bitmap docs = words.front()->docs;
    for (usize i = 1; i < words.size() && !docs.empty(); ++i) docs &= words[i]->docs;
    return docs;
  }

  static Bitmap holders_of_any(const ViewPart& part) {
    Bitmap docs;
    for (const Holders& word : part.words) docs |= word.docs;
    return docs;
  }

  // -- scores --

  // `docs` hold every word.
  Result<void> score(const IndexView& view, const ViewPart& part, const Bitmap& docs,
                     Collector& collector) {
    const std::vector<u32> all = docs.to_vector();
    for (usize begin = 0; begin < all.size(); begin += block_documents) {
      const usize size = std::min(block_documents, all.size() - begin);
      const std::span<const u32> block(all.data() + begin, size);
      TRY(start_block(view, block));
      for (usize i = 0; i < terms_.size(); ++i) {
        TRY(add(view, *part.words[i].term, idf_[i], block));
      }
      for (usize i = 0; i < size; ++i) keys_[i] = key_of(scores_[i]);
      TRY(collector.offer(part.view, block, std::span(keys_).first(size)));
    }
    return {};
  }

  // `docs` hold some of the words.
  Result<void> score_any(const IndexView& view, const ViewPart& part, const Bitmap& docs,
                         BestScores& best, Collector& collector) {
    std::vector<WeightedWord> words;
    for (usize i = 0; i < terms_.size(); ++i) {
      if (!part.words[i].term) continue;
      WeightedWord word;
      word.weight = idf_[i];
      word.df = part.words[i].term->df;
      word.ranges = TRY(view.index->range_postings(*part.words[i].term));
      if (word.ranges == nullptr) {
        TRY(view.index->postings(*part.words[i].term, word.docs, word.tfs));
      }
      words.push_back(std::move(word));
    }
    std::vector<ScoredDocument> found;
    TRY(rank_union(*view.index, words, statistics_.average_length(), &docs, best, found));
    std::erase_if(found, [&](const ScoredDocument& one) { return one.score < best.threshold(); });
    std::sort(found.begin(), found.end(),
              [](const ScoredDocument& a, const ScoredDocument& b) { return a.doc < b.doc; });
    std::vector<u32> numbers;
    std::vector<i64> keys;
    for (const ScoredDocument& one : found) {
      numbers.push_back(one.doc);
      keys.push_back(key_of(one.score));
    }
    return collector.offer(part.view, numbers, keys);
  }

  Result<void> start_block(const IndexView& view, std::span<const u32> block) {
    std::fill(scores_.begin(), scores_.end(), 0.0f);
    const std::span<i64> lengths(keys_.data(), block.size());
    TRY(view.index->numbers_of(Field::words, block, lengths));
    const float average = statistics_.average_length();
    for (usize i = 0; i < block.size(); ++i) {
      norms_[i] = bm25_norm(lengths[i] == no_number ? 0 : u32(lengths[i]), average);
    }
    return {};
  }

  // All of the block hold the term.
  Result<void> add(const IndexView& view, const Term& term, float idf, std::span<const u32> block) {
    TRY(view.index->frequencies(term, block, std::span(tfs_).first(block.size())));
    for (usize i = 0; i < block.size(); ++i) scores_[i] += bm25_score(idf, tfs_[i], norms_[i]);
    return {};
  }

  static Result<RankedAnswer> finished(RankedAnswer answer, Collector& collector) {
    std::vector<Collector::Entry> best = TRY(collector.finish());
    for (Collector::Entry& entry : best) {
      answer.hits.push_back({entry.place, score_of(entry.key), entry.created, std::move(entry.id)});
    }
    return answer;
  }

  Scope& scope_;
  const Query& query_;
  const Filter& filter_;
  const std::vector<std::string>& terms_;
  CorpusStatistics statistics_;
  std::vector<float> idf_;
  std::vector<ViewPart> parts_;
  // Of one block.
  std::array<float, block_documents> scores_{};
  std::array<float, block_documents> norms_{};
  std::array<u32, block_documents> tfs_{};
  std::array<i64, block_documents> keys_{};
};

}  // namespace

Result<RankedAnswer> search(std::span<const IndexView> views, const Query& query,
                            Analysis analysis) {
  const Filter filter = TRY(parse_filter(query.where, now_microseconds()));
  std::vector<std::string> terms = query_terms(query.text, analysis);
  RankedAnswer answer = TRY(answer_without_failed(
      views, [&](Scope& scope) { return Search(scope, query, filter, terms).run(); }));
  answer.terms = std::move(terms);
  return answer;
}

}  // namespace shale::query

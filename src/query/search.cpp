// Ranked search: a text becomes a plan, the plan is put to every index, the best of all are kept.
#include <bit>

#include "base/system.hpp"
#include "query/collector.hpp"
#include "query/engine.hpp"
#include "query/parser.hpp"
#include "query/statistics.hpp"
#include "query/view_search.hpp"

namespace shale::query {

namespace {

// Scores are never negative, so the order of their bits is their order.
i64 key_of(float score) { return i64(std::bit_cast<u32>(score)); }
float score_of(i64 key) { return std::bit_cast<float>(u32(key)); }

class Search {
 public:
  Search(Scope& scope, const Query& query, const Filter& filter, const Node& root,
         Analysis analysis, PatternSearch& patterns)
      : scope_(scope),
        query_(query),
        filter_(filter),
        root_(root),
        analysis_(analysis),
        patterns_(patterns) {}

  Result<RankedAnswer> run() {
    if (query_.text.empty()) return newest();
    const Plan plan = make_plan(root_, analysis_, query_.match != Match::any);
    RankedAnswer answer = TRY(rank(plan));
    if (query_.match != Match::auto_ || answer.total >= query_.limit) return answer;
    const Plan wider = make_plan(root_, analysis_, false);
    if (to_string(wider) == to_string(plan)) return answer;
    answer = TRY(rank(wider));
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
      TRY(offer_unscored(number, docs, collector));
    }
    return finished(std::move(answer), collector);
  }

  static Result<void> offer_unscored(u32 number, const Bitmap& docs, Collector& collector) {
    const std::vector<i64> keys(1024, 0);
    Bitmap::Walk walk(docs);
    for (auto block = walk.next(); !block.empty(); block = walk.next()) {
      TRY(collector.offer(number, block, std::span(keys).first(block.size())));
    }
    return {};
  }

  // -- by a plan --

  Result<RankedAnswer> rank(const Plan& plan) {
    RankedAnswer answer;
    if (!plan.condition) return answer;
    TRY(look_up(plan));
    Collector collector(scope_, query_.limit);
    BestScores best(query_.limit);
    for (usize i = 0; i < searches_.size(); ++i) {
      const u32 number = numbers_[i];
      scope_.enter(number);
      const Bitmap docs = TRY(searches_[i].documents(filter_));
      answer.total += docs.count();
      if (query_.limit == 0 || docs.empty()) continue;
      if (plan.scores()) {
        TRY(offer_scored(i, docs, best, collector));
      } else {
        TRY(offer_unscored(number, docs, collector));
      }
    }
    return finished(std::move(answer), collector);
  }

  // Terms and statistics of all views: a score depends on every one of them.
  Result<void> look_up(const Plan& plan) {
    statistics_ = {};
    searches_.clear();
    numbers_.clear();
    std::vector<u64> df(plan.units.size(), 0);
    for (const u32 number : scope_.active()) {
      const IndexView& view = scope_.enter(number);
      const CorpusStatistics part = TRY(live_statistics(view));
      statistics_.documents += part.documents;
      statistics_.words += part.words;
      ViewSearch& search = searches_.emplace_back(view, plan, &patterns_);
      numbers_.push_back(number);
      TRY(search.look_up());
      TRY(search.add_df(df));
    }
    weights_.clear();
    for (usize i = 0; i < df.size(); ++i) {
      weights_.push_back(bm25_idf(statistics_.documents, df[i]) * float(plan.units[i].times));
    }
    return {};
  }

  Result<void> offer_scored(usize search, const Bitmap& docs, BestScores& best,
                            Collector& collector) {
    std::vector<ScoredDocument> found;
    TRY(searches_[search].score(docs, weights_, statistics_.average_length(), query_.limit, best,
                                found));
    std::erase_if(found, [&](const ScoredDocument& one) { return one.score < best.threshold(); });
    std::sort(found.begin(), found.end(),
              [](const ScoredDocument& a, const ScoredDocument& b) { return a.doc < b.doc; });
    std::vector<u32> numbers;
    std::vector<i64> keys;
    for (const ScoredDocument& one : found) {
      numbers.push_back(one.doc);
      keys.push_back(key_of(one.score));
    }
    return collector.offer(numbers_[search], numbers, keys);
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
  const Node& root_;
  Analysis analysis_;
  PatternSearch& patterns_;
  // Of the plan that is ranked by.
  CorpusStatistics statistics_;
  std::vector<ViewSearch> searches_;
  std::vector<u32> numbers_;  // of their views
  std::vector<float> weights_;
};

}  // namespace

Result<RankedAnswer> search(std::span<const IndexView> views, const Query& query,
                            Analysis analysis) {
  const i64 now = now_microseconds();
  const Filter filter = TRY(parse_filter(query.where, now));
  PatternSearch patterns(analysis);
  const auto is_regex = [&](std::string_view pattern) { return patterns.accepts(pattern); };
  const ParsedQuery parsed = parse_query(query.text, now, is_regex);
  RankedAnswer answer = TRY(answer_without_failed(views, [&](Scope& scope) {
    return Search(scope, query, filter, parsed.root, analysis, patterns).run();
  }));
  answer.is_partial = patterns.is_partial();
  answer.faults.insert(answer.faults.end(), patterns.faults().begin(), patterns.faults().end());
  answer.terms = query_terms(query.text, analysis);
  return answer;
}

}  // namespace shale::query

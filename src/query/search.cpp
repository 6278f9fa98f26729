// Ranked search: a text becomes a plan, the plan is put to every index, the best of all are kept.
#include "base/system.hpp"
#include "query/collector.hpp"
#include "query/engine.hpp"
#include "query/facets.hpp"
#include "query/highlights.hpp"
#include "query/parser.hpp"
#include "query/recency.hpp"
#include "query/statistics.hpp"
#include "query/view_search.hpp"

namespace shale::query {

namespace {

using Timed = Explanation::Timed;

// What is asked, read and checked.
struct Question {
  const Query& query;
  Analysis analysis;
  const Cursor* from;
  Explanation* explanation;
  i64 now;
  Filter filter;
  ParsedQuery parsed;
  Facets facets;
  std::optional<Recency> recency;
  WordSets word_sets;
  PatternSearch patterns;

  Question(const Query& asked, Analysis words, const Cursor* page, Explanation* told)
      : query(asked),
        analysis(words),
        from(page),
        explanation(told),
        now(page != nullptr ? page->now : now_microseconds()),
        patterns(words) {}

  bool depends_on_now() const {
    return recency.has_value() || filter.depends_on_now() || query::depends_on_now(parsed.root);
  }

  Result<void> read() {
    const Timed timed(explanation, "parse");
    filter = TRY(parse_filter(query.where, now));
    facets = TRY(Facets::make(query));
    parsed = parse_query(query.text, now,
                         [this](std::string_view pattern) { return patterns.accepts(pattern); });
    TRY(check_words(parsed.root, analysis));
    if (!query.recency) return {};
    if (query.recency->count() <= 0) {
      return fail(ErrorCode::invalid_argument, "The half-life of recency must be positive.");
    }
    recency.emplace(*query.recency, now);
    return {};
  }
};

class Search {
 public:
  Search(Scope& scope, Question& question)
      : scope_(scope),
        question_(question),
        query_(question.query),
        explanation_(question.explanation) {}

  Result<RankedAnswer> run() {
    if (explanation_ != nullptr) explain_query();
    RankedAnswer answer = TRY(query_.text.empty() ? newest() : by_words());
    answer.now = question_.now;
    answer.depends_on_now = question_.depends_on_now();
    answer.facets = TRY(facets());
    return answer;
  }

 private:
  // -- without words --

  Result<RankedAnswer> newest() {
    RankedAnswer answer;
    Collector collector = make_collector();
    for (const u32 number : scope_.active()) {
      DocumentSet docs = TRY(matching(scope_.enter(number)));
      answer.total += docs.count();
      TRY(offer_unscored(number, docs, collector));
      keep_matches(number, std::move(docs));
    }
    return finished(std::move(answer), collector);
  }

  Result<DocumentSet> matching(const IndexView& view) const {
    const Timed timed(explanation_, "match");
    return matching_documents(view, question_.filter);
  }

  Result<void> offer_unscored(u32 number, const DocumentSet& docs, Collector& collector) const {
    if (query_.limit == 0) return {};
    const Timed timed(explanation_, "order");
    const std::vector<i64> keys(1024, 0);
    const Bitmap bitmap = docs.to_bitmap();
    Bitmap::Walk walk(bitmap);
    for (auto block = walk.next(); !block.empty(); block = walk.next()) {
      TRY(collector.offer(number, block, std::span(keys).first(block.size())));
    }
    return {};
  }

  // -- by a plan --

  // What the first page decided holds for those behind it.
  Result<RankedAnswer> by_words() {
    const bool is_auto = query_.match == Match::auto_;
    const bool was_widened = is_auto && question_.from != nullptr && question_.from->widened;
    const Plan plan = plan_of(query_.match != Match::any && !was_widened);
    RankedAnswer answer = TRY(rank(plan));
    answer.widened = was_widened;
    if (!is_auto || question_.from != nullptr) return answer;
    if (answer.total >= query_.widen_below.value_or(query_.limit)) return answer;
    const Plan wider = plan_of(false);
    if (to_string(wider) == to_string(plan)) return answer;
    answer = TRY(rank(wider));
    answer.widened = true;
    return answer;
  }

  Plan plan_of(bool every_word) const {
    const Timed timed(explanation_, "plan");
    return make_plan(question_.parsed.root, question_.analysis, every_word);
  }

  Result<RankedAnswer> rank(const Plan& plan) {
    matches_.clear();
    if (explanation_ != nullptr) explanation_->add("plan", to_string(plan));
    RankedAnswer answer;
    if (!plan.condition) return answer;
    TRY(look_up(plan));
    Collector collector = make_collector();
    BestScores best(wanted());
    if (after()) best.set_ceiling(score_of(after()->key));
    for (usize i = 0; i < searches_.size(); ++i) {
      const u32 number = numbers_[i];
      const Matches matches = TRY(matching(number, searches_[i]));
      const u64 count = matches.count;
      answer.total += count;
      u64 candidates = 0;
      if (query_.limit != 0 && count > 0) {
        if (plan.scores()) {
          candidates = TRY(offer_scored(i, matches, best, collector));
        } else {
          TRY(offer_unscored(number, *matches.docs, collector));
        }
      }
      if (explanation_ != nullptr) explain_view(plan, i, count, candidates);
      if (!question_.facets.empty()) keep_matches(number, *matches.docs);
    }
    if (query_.snippets) answer.highlights = highlights_of(plan, weights_, question_.patterns);
    return finished(std::move(answer), collector);
  }

  // Terms and statistics of all views: a score depends on every one of them.
  Result<void> look_up(const Plan& plan) {
    const Timed timed(explanation_, "look up");
    statistics_ = {};
    searches_.clear();
    numbers_.clear();
    std::vector<u64> df(plan.units.size(), 0);
    for (const u32 number : scope_.active()) {
      const IndexView& view = scope_.enter(number);
      const CorpusStatistics part = TRY(live_statistics(view));
      statistics_.documents += part.documents;
      statistics_.words += part.words;
      ViewSearch& search =
          searches_.emplace_back(view, plan, &question_.word_sets, &question_.patterns);
      numbers_.push_back(number);
      TRY(search.look_up_words());
    }
    for (usize i = 0; i < searches_.size(); ++i) {
      scope_.enter(numbers_[i]);
      TRY(searches_[i].look_up_patterns());
      TRY(searches_[i].add_df(df));
    }
    weights_.clear();
    for (usize i = 0; i < df.size(); ++i) {
      weights_.push_back(bm25_idf(statistics_.documents, df[i]) * plan.units[i].weight);
    }
    if (explanation_ != nullptr) explain_units(plan, df);
    return {};
  }

  Result<Matches> matching(u32 number, const ViewSearch& search) {
    const Timed timed(explanation_, "match");
    scope_.enter(number);
    return search.matches(question_.filter, !question_.facets.empty());
  }

  // How many were candidates.
  Result<u64> offer_scored(usize search, const Matches& matches, BestScores& best,
                           Collector& collector) {
    const Timed timed(explanation_, "score");
    const Index& index = *scope_.enter(numbers_[search]).index;
    std::optional<Error> failure;
    if (question_.recency) best.set_value(recent_value(index, failure));
    std::vector<ScoredDocument> found;
    TRY(searches_[search].score(matches, weights_, statistics_.average_length(), wanted(), best,
                                found));
    if (failure) return Unexpected{*std::move(failure)};
    const u64 candidates = found.size();
    std::erase_if(found, [&](const ScoredDocument& one) { return one.score < best.threshold(); });
    std::sort(found.begin(), found.end(),
              [](const ScoredDocument& a, const ScoredDocument& b) { return a.doc < b.doc; });
    std::vector<u32> numbers;
    numbers.reserve(found.size());
    for (const ScoredDocument& one : found) numbers.push_back(one.doc);
    std::vector<i64> created(question_.recency ? numbers.size() : 0);
    if (question_.recency) TRY(index.numbers_of(Field::created, numbers, created));
    std::vector<i64> keys;
    keys.reserve(found.size());
    for (usize i = 0; i < found.size(); ++i) {
      const float score = found[i].score;
      keys.push_back(
          key_of(question_.recency ? question_.recency->apply(score, created[i]) : score));
    }
    TRY(collector.offer(numbers_[search], numbers, keys));
    return candidates;
  }

  // A score with its factor; one that cannot be read sets `failure`.
  BestScores::Value recent_value(const Index& index, std::optional<Error>& failure) const {
    return [this, &index, &failure](u32 doc, float score) {
      i64 created = no_number;
      auto read = index.numbers_of(Field::created, std::span(&doc, 1), std::span(&created, 1));
      if (!read && !failure) failure = std::move(read).error();
      return question_.recency->apply(score, created);
    };
  }

  // -- pages --

  const std::optional<OrderKey>& after() const {
    static const std::optional<OrderKey> nothing;
    return question_.from != nullptr ? question_.from->after : nothing;
  }
  // Behind a place the total does not tell whether more follows: one hit more does.
  usize wanted() const { return query_.limit + (after() && query_.limit + 1 != 0 ? 1 : 0); }
  Collector make_collector() {
    return Collector(scope_, query_.limit == 0 ? 0 : wanted(), after());
  }

  Result<RankedAnswer> finished(RankedAnswer answer, Collector& collector) const {
    const Timed timed(explanation_, "order");
    std::vector<Collector::Entry> best = TRY(collector.finish());
    answer.more =
        after() ? best.size() > query_.limit : query_.limit > 0 && answer.total > best.size();
    if (best.size() > query_.limit) best.resize(query_.limit);
    for (Collector::Entry& entry : best) {
      answer.hits.push_back({entry.place, score_of(entry.key), entry.created, std::move(entry.id)});
    }
    return answer;
  }

  // -- facets --

  void keep_matches(u32 number, DocumentSet docs) {
    if (!question_.facets.empty()) matches_.emplace_back(number, std::move(docs));
  }

  Result<std::vector<Facet>> facets() {
    const Timed timed(question_.facets.empty() ? nullptr : explanation_, "facets");
    Facets facets = question_.facets;
    for (const auto& [number, docs] : matches_) TRY(facets.add(scope_.enter(number), docs));
    return facets.take();
  }

  // -- what --explain tells --

  void explain_query() const {
    explanation_->clear();
    explanation_->add("query", to_string(question_.parsed.root));
  }

  void explain_units(const Plan& plan, std::span<const u64> df) const {
    explanation_->add("documents", std::to_string(statistics_.documents) + " live, " +
                                       std::to_string(statistics_.average_length()) +
                                       " words on average");
    for (usize i = 0; i < plan.units.size(); ++i) {
      const bool scores = plan.units[i].scores();
      explanation_->add(i == 0 ? "units" : "",
                        '(' + to_string(plan.units[i]) + ") " +
                            (scores ? "in " + std::to_string(df[i]) + " documents, weighs " +
                                          std::to_string(weights_[i])
                                    : std::string("decides only")));
    }
  }

  void explain_view(const Plan& plan, usize search, u64 matched, u64 candidates) const {
    const Index& index = *scope_.enter(numbers_[search]).index;
    explanation_->add("index", "file " + std::to_string(index.file_id().sequence) + ": " +
                                   std::to_string(index.document_count()) + " documents, " +
                                   std::to_string(matched) + " matched, " +
                                   std::to_string(candidates) + " reached the best so far");
    for (u32 i = 0; i < plan.units.size() && index.document_count() > 0; ++i) {
      const ViewSearch::UnitFigures figures = searches_[search].figures(i);
      explanation_->add("", '(' + to_string(plan.units[i]) + ") " + std::to_string(figures.lists) +
                                " lists, at most " + std::to_string(figures.documents) +
                                " documents");
    }
  }

  Scope& scope_;
  Question& question_;
  const Query& query_;
  Explanation* explanation_;
  std::vector<std::pair<u32, DocumentSet>> matches_;  // of each view, where facets are wanted
  // Of the plan that is ranked by.
  CorpusStatistics statistics_;
  std::vector<ViewSearch> searches_;
  std::vector<u32> numbers_;  // of their views
  std::vector<float> weights_;
};

}  // namespace

Result<RankedAnswer> search(std::span<const IndexView> views, const Query& query, Analysis analysis,
                            const Cursor* from, Explanation* explanation) {
  Question question(query, analysis, from, explanation);
  TRY(question.read());
  RankedAnswer answer = TRY(
      answer_without_failed(views, [&](Scope& scope) { return Search(scope, question).run(); }));
  const PatternSearch& patterns = question.patterns;
  answer.is_partial = patterns.is_partial() || question.word_sets.is_partial();
  answer.faults.insert(answer.faults.end(), patterns.faults().begin(), patterns.faults().end());
  return answer;
}

}  // namespace shale::query

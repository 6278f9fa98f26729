#include "query/view_search.hpp"

#include <algorithm>
#include <cassert>

#include "query/edits.hpp"
#include "query/phrases.hpp"
#include "query/set_ranker.hpp"
#include "query/statistics.hpp"

namespace shale::query {
namespace {

// So few documents are scored one by one rather than by ranges (RANKING 1b).
constexpr usize single_documents_min = 512;
// A look-up in a set of documents takes about as long as so many members of it.
constexpr u32 few_share = 8;

// Leaves out what is no word; an index has all of that before its words.
class WordFilter final : public TermFilter {
 public:
  explicit WordFilter(TermFilter& inner) : inner_(inner) {}
  bool wants(std::string_view term, std::string& next) override {
    const bool is_word = term.empty() || u8(term.front()) >= u8(first_text_byte);
    if (is_word) return inner_.wants(term, next);
    next.assign(1, first_text_byte);
    return false;
  }

 private:
  TermFilter& inner_;
};

}  // namespace

// -- units --

Result<void> ViewSearch::look_up() {
  for (usize i = 0; i < units_.size(); ++i) TRY(look_up(plan_.units[i], units_[i]));
  return {};
}

Result<void> ViewSearch::look_up(const Unit& unit, FoundUnit& found) const {
  const bool is_expanded = unit.kind == Unit::Kind::prefix || unit.kind == Unit::Kind::fuzzy;
  if (is_expanded) return expand(unit, found);
  if (unit.kind == Unit::Kind::regex) return find_matches(unit, found);
  for (const Unit::Word& word : unit.words) {
    const std::optional<Term> term = TRY(index_.find_term(word.term));
    if (!term) return {};
    found.terms.push_back(*term);
  }
  found.is_possible = !found.terms.empty();
  if (!found.is_possible || unit.kind == Unit::Kind::word || unit.times == 0) return {};
  const Bitmap candidates = TRY(holders_of_all(found, nullptr));
  TRY(match_positions(index_, unit, found.terms, candidates, found.docs, found.tfs));
  found.is_listed = true;
  found.is_possible = !found.docs.empty();
  return {};
}

// Once in each document that has such a word, however many it has. Words are terms, and spellings
// whose term is a stem.
Result<void> ViewSearch::expand(const Unit& unit, FoundUnit& found) const {
  DenseSet holders(index_.document_count());
  const std::string form(1, form_tag);
  if (unit.kind == Unit::Kind::prefix) {
    TRY(index_.add_holders(unit.text, nullptr, holders));
    TRY(index_.add_holders(form + unit.text, nullptr, holders));
  } else {
    FuzzyFilter fuzzy(unit.text, unit.distance);
    WordFilter words(fuzzy);
    TRY(index_.add_holders("", &words, holders));
    TRY(index_.add_holders(form, &fuzzy, holders));
  }
  found.set_count = holders.count();
  found.set = std::make_shared<const DenseSet>(std::move(holders));
  found.is_possible = found.set_count > 0;
  return {};
}

Result<void> ViewSearch::find_matches(const Unit& unit, FoundUnit& found) const {
  assert(patterns_ != nullptr);
  found.matches = TRY(patterns_->find(view_, unit.text));
  found.set = std::shared_ptr<const DenseSet>(found.matches, &found.matches->docs);
  found.set_count = found.matches->count;
  found.is_possible = found.set_count > 0;
  return {};
}

Result<void> ViewSearch::add_df(std::span<u64> df) const {
  const Bitmap& dead = view_.overlay->dead;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!found.is_possible || plan_.units[i].times == 0) continue;
    if (found.set != nullptr) {
      df[i] += found.set_count - (dead.empty() ? 0 : found.set->intersection_count(dead));
    } else if (found.is_listed) {
      df[i] += found.docs.size();
      if (!dead.empty()) df[i] -= Bitmap::from_sorted(found.docs).intersection_count(dead);
    } else if (dead.empty()) {
      df[i] += found.terms.front().df;
    } else {
      const Bitmap docs = TRY(index_.documents(found.terms.front()));
      df[i] += live_df(view_, found.terms.front(), docs);
    }
  }
  return {};
}

// -- conditions --

Result<Bitmap> ViewSearch::holders_of_all(const FoundUnit& found, const Bitmap* among) const {
  std::vector<Term> terms = found.terms;
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.df < b.df; });
  Bitmap docs = TRY(index_.documents(terms.front()));
  if (among != nullptr) docs &= *among;
  for (usize i = 1; i < terms.size() && !docs.empty(); ++i) {
    docs &= TRY(index_.documents(terms[i]));
  }
  return docs;
}

// One look-up for each of a few documents, or the whole set.
Bitmap ViewSearch::members(const FoundUnit& found, const Bitmap* among) {
  if (among == nullptr || among->count() > found.set_count / few_share) {
    Bitmap docs = found.set->to_bitmap();
    if (among != nullptr) docs &= *among;
    return docs;
  }
  std::vector<u32> docs;
  among->for_each_block([&](std::span<const u32> block) {
    for (const u32 doc : block) {
      if (found.set->contains(doc)) docs.push_back(doc);
    }
  });
  return Bitmap::from_sorted(docs);
}

Result<Bitmap> ViewSearch::holders(u32 number, const Bitmap* among) const {
  const FoundUnit& found = units_[number];
  const Unit& unit = plan_.units[number];
  if (!found.is_possible) return Bitmap();
  if (found.set != nullptr) return members(found, among);
  if (found.is_listed) {
    Bitmap docs = Bitmap::from_sorted(found.docs);
    if (among != nullptr) docs &= *among;
    return docs;
  }
  Bitmap candidates = TRY(holders_of_all(found, among));
  if (unit.kind == Unit::Kind::word) return candidates;
  std::vector<u32> docs, tfs;
  TRY(match_positions(index_, unit, found.terms, candidates, docs, tfs));
  return Bitmap::from_sorted(docs);
}

// Part of `among`, where that is given; dead documents may be in it.
Result<Bitmap> ViewSearch::fulfilling(const Condition& condition, const Bitmap* among) const {
  Bitmap docs = TRY(fulfilling_positively(condition, among));
  if (!condition.negated) return docs;
  Bitmap others = among != nullptr ? *among : everything();
  others -= docs;
  return others;
}

Result<Bitmap> ViewSearch::fulfilling_positively(const Condition& condition,
                                                 const Bitmap* among) const {
  switch (condition.kind) {
    case Condition::Kind::unit:
      return holders(condition.unit, among);
    case Condition::Kind::clause:
      return matching_documents(view_, Filter{{*condition.clause}},
                                among != nullptr ? *among : everything());
    case Condition::Kind::all:
      return fulfilling_all(condition, among);
    case Condition::Kind::any:
      break;
  }
  Bitmap docs;
  for (const Condition& child : condition.children) docs |= TRY(fulfilling(child, among));
  return docs;
}

// The rarest first: what comes later looks at its documents only.
Result<Bitmap> ViewSearch::fulfilling_all(const Condition& condition, const Bitmap* among) const {
  std::vector<std::pair<u64, const Condition*>> children;
  for (const Condition& child : condition.children) children.push_back({estimate(child), &child});
  std::stable_sort(children.begin(), children.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Bitmap docs = TRY(fulfilling(*children.front().second, among));
  for (usize i = 1; i < children.size() && !docs.empty(); ++i) {
    docs = TRY(fulfilling(*children[i].second, &docs));
  }
  return docs;
}

// How many documents at most; phrases after words, since they cost more to look at.
u64 ViewSearch::estimate(const Condition& condition) const {
  const u64 all = index_.document_count();
  if (condition.negated) return 3 * all;
  u64 sum = condition.kind == Condition::Kind::all ? 2 * all : 0;
  switch (condition.kind) {
    case Condition::Kind::unit: {
      const FoundUnit& found = units_[condition.unit];
      if (!found.is_possible) return 0;
      if (found.set != nullptr) return found.set_count;
      if (found.is_listed) return found.docs.size();
      u64 least = all;
      for (const Term& term : found.terms) least = std::min<u64>(least, term.df);
      return found.terms.size() == 1 ? least : all + least;
    }
    case Condition::Kind::clause:
      return 2 * all;
    case Condition::Kind::all:
      for (const Condition& child : condition.children) sum = std::min(sum, estimate(child));
      return sum;
    case Condition::Kind::any:
      break;
  }
  for (const Condition& child : condition.children) sum += estimate(child);
  return sum;
}

Result<Bitmap> ViewSearch::documents(const Filter& filter) const {
  Bitmap docs = TRY(fulfilling(*plan_.condition, nullptr));
  leave_out_unknown(*plan_.condition, false, docs);
  return matching_documents(view_, filter, std::move(docs));
}

void ViewSearch::leave_out_unknown(const Condition& condition, bool is_negated,
                                   Bitmap& docs) const {
  is_negated = is_negated || condition.negated;
  if (condition.kind == Condition::Kind::unit && is_negated) {
    const FoundUnit& found = units_[condition.unit];
    if (found.matches != nullptr) docs -= found.matches->unknown.to_bitmap();
  }
  for (const Condition& child : condition.children) leave_out_unknown(child, is_negated, docs);
}

// -- scores --

Result<std::vector<WeightedWord>> ViewSearch::weighted(std::span<const float> weights) const {
  std::vector<WeightedWord> words;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!found.is_possible || plan_.units[i].times == 0) continue;
    WeightedWord word;
    word.weight = weights[i];
    if (found.set != nullptr) {
      word.df = found.set_count;
      word.ranges = std::make_unique<SetPostings>(found.set);
    } else if (found.is_listed) {
      word.df = u32(found.docs.size());
      word.docs = found.docs;
      word.tfs = found.tfs;
    } else {
      word.df = found.terms.front().df;
      word.ranges = TRY(index_.range_postings(found.terms.front()));
      if (word.ranges == nullptr) {
        TRY(index_.postings(found.terms.front(), word.docs, word.tfs));
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

// The one unit that scores, where it is a set; what scores besides is not in this index.
const ViewSearch::FoundUnit* ViewSearch::only_set(std::span<const float> weights,
                                                  float& weight) const {
  const FoundUnit* only = nullptr;
  for (u32 i = 0; i < units_.size(); ++i) {
    if (!units_[i].is_possible || plan_.units[i].times == 0) continue;
    if (only != nullptr || units_[i].set == nullptr) return nullptr;
    only = &units_[i];
    weight = weights[i];
  }
  return only;
}

Result<void> ViewSearch::score(const Bitmap& docs, std::span<const float> weights,
                               float average_length, usize limit, BestScores& best,
                               std::vector<ScoredDocument>& out) const {
  const bool are_few = docs.count() <= std::max(single_documents_min, 2 * limit);
  float weight = 0;
  if (const FoundUnit* only = are_few ? nullptr : only_set(weights, weight)) {
    const Condition& all = *plan_.condition;
    const bool is_part = all.kind == Condition::Kind::unit && !all.negated;
    if (is_part && docs.count() == only->set_count)
      return rank_set(index_, *only->set, weight, average_length, best, out);
    DenseSet wanted = DenseSet::of(docs, index_.document_count());
    wanted &= *only->set;
    return rank_set(index_, wanted, weight, average_length, best, out);
  }
  const std::vector<WeightedWord> words = TRY(weighted(weights));
  if (!are_few) {
    return rank_union(index_, words, average_length, &docs, best, out);
  }
  return score_documents(index_, words, average_length, docs.to_vector(), best, out);
}

}  // namespace shale::query

#include "query/view_search.hpp"

#include <algorithm>
#include <cassert>

#include "query/document_ranker.hpp"
#include "query/phrases.hpp"
#include "query/set_ranker.hpp"
#include "query/statistics.hpp"

namespace shale::query {
namespace {

// So few documents are scored one by one rather than by ranges (RANKING 1b).
constexpr usize single_documents_min = 512;

using Sets = std::vector<DocumentSet>;

std::vector<const DocumentSet*> pointers_to(const Sets& sets) {
  std::vector<const DocumentSet*> pointers;
  for (const DocumentSet& set : sets) pointers.push_back(&set);
  return pointers;
}

DocumentSet intersection(const Sets& sets, const DocumentSet* among) {
  std::vector<const DocumentSet*> all = pointers_to(sets);
  if (among != nullptr) all.push_back(among);
  return DocumentSet::intersection_of(all);
}

DocumentSet union_of(const Sets& sets) {
  return sets.empty() ? DocumentSet() : DocumentSet::union_of(pointers_to(sets));
}

Result<Sets> sets_of(const Index& index, std::span<const Term> terms) {
  Sets sets;
  for (const Term& term : terms) sets.push_back(TRY(index.documents(term)));
  return sets;
}

bool is_pattern(const Unit& unit) { return unit.kind == Unit::Kind::regex; }

// A term's whole list, where the index has it by ranges not.
struct List {
  std::vector<u32> docs;
  std::vector<u32> tfs;
};
Result<void> read_list(const Index& index, const Term& term, WeightedWord& word, List& list) {
  word.df = term.df;
  word.ranges = TRY(index.range_postings(term));
  if (word.ranges != nullptr) return {};
  TRY(index.postings(term, list.docs, list.tfs));
  word.docs = list.docs;
  word.tfs = list.tfs;
  return {};
}

}  // namespace

// -- units --

Result<void> ViewSearch::look_up() {
  TRY(look_up_words());
  return look_up_patterns();
}

Result<void> ViewSearch::look_up_words() {
  for (usize i = 0; i < units_.size(); ++i) {
    if (!is_pattern(plan_.units[i])) TRY(look_up(plan_.units[i], units_[i]));
  }
  return {};
}

Result<void> ViewSearch::look_up_patterns() {
  for (usize i = 0; i < units_.size(); ++i) {
    if (is_pattern(plan_.units[i])) TRY(find_matches(plan_.units[i], units_[i]));
  }
  return {};
}

Result<void> ViewSearch::look_up(const Unit& unit, FoundUnit& found) const {
  const bool is_expanded = unit.kind == Unit::Kind::prefix || unit.kind == Unit::Kind::fuzzy;
  if (is_expanded) return expand(unit, found);
  for (const Unit::Word& word : unit.words) {
    const std::optional<Term> term = TRY(index_.find_term(word.term));
    if (!term) return {};
    found.terms.push_back(*term);
  }
  found.is_possible = !found.terms.empty();
  if (!found.is_possible || unit.kind == Unit::Kind::word || !unit.scores()) return {};
  const DocumentSet candidates = intersection(TRY(sets_of(index_, found.terms)), nullptr);
  TRY(match_positions(index_, unit, found.terms, candidates.to_vector(), found.docs, found.tfs));
  found.is_listed = true;
  found.is_possible = !found.docs.empty();
  return {};
}

// Once in each document that has such a word, however many it has.
Result<void> ViewSearch::expand(const Unit& unit, FoundUnit& found) const {
  found.set.emplace(TRY(words_->find(index_, unit)));
  found.is_possible = found.set->count > 0;
  return {};
}

Result<void> ViewSearch::find_matches(const Unit& unit, FoundUnit& found) const {
  assert(patterns_ != nullptr);
  found.matches = TRY(patterns_->find(view_, unit.text));
  found.set.emplace(std::shared_ptr<const DenseSet>(found.matches, &found.matches->docs));
  found.is_possible = found.set->count > 0;
  return {};
}

// All of a unit that is a set or a list.
DocumentSet ViewSearch::listed(const FoundUnit& found) {
  return found.set ? found.set->docs : DocumentSet::from_sorted(found.docs);
}

// All of a unit that scores.
Result<DocumentSet> ViewSearch::documents_of(const FoundUnit& found) const {
  if (found.set || found.is_listed) return listed(found);
  return index_.documents(found.terms.front());
}

Result<void> ViewSearch::add_df(std::span<u64> df) const {
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!scores(i)) continue;
    const bool is_word = !found.set && !found.is_listed;
    df[i] += is_word ? found.terms.front().df : found.set ? found.set->count : found.docs.size();
    if (dead_.empty()) continue;
    const DocumentSet docs = TRY(documents_of(found));
    const DocumentSet* const only = &docs;
    df[i] -= DocumentSet::union_count({&only, 1}, &dead_);
  }
  return {};
}

ViewSearch::UnitFigures ViewSearch::figures(u32 unit) const {
  const FoundUnit& found = units_[unit];
  UnitFigures figures{found.terms.size(), found.set ? found.set->count : found.docs.size()};
  if (!found.is_possible || found.is_listed || found.set) return figures;
  figures.documents = index_.document_count();
  for (const Term& term : found.terms) {
    figures.documents = std::min<u64>(figures.documents, term.df);
  }
  return figures;
}

// -- conditions --

// Whether what matches is what any of the words that score is in, neither more nor less. Fewer are
// asked for where the part of an identifier scores that does not decide.
bool ViewSearch::is_any_scored_word() const {
  std::vector<bool> asked(units_.size());
  if (!is_any_word(*plan_.condition, asked)) return false;
  for (u32 i = 0; i < units_.size(); ++i) {
    const Unit& unit = plan_.units[i];
    if (unit.kind == Unit::Kind::word && unit.scores() != asked[i]) return false;
  }
  return true;
}

// Whether the condition is at least one of some words: those that are then `asked`.
bool ViewSearch::is_any_word(const Condition& condition, std::vector<bool>& asked) const {
  if (is_word(condition)) return asked[condition.unit] = true;
  return condition.kind == Condition::Kind::any && !condition.negated &&
         std::all_of(condition.children.begin(), condition.children.end(),
                     [&](const Condition& child) { return is_any_word(child, asked); });
}

bool ViewSearch::is_word(const Condition& condition) const {
  return condition.kind == Condition::Kind::unit && !condition.negated &&
         plan_.units[condition.unit].kind == Unit::Kind::word;
}

// Those of the unit's words; a unit that is not possible has an empty one.
Result<void> ViewSearch::add_sets(u32 unit, Sets& sets) const {
  const FoundUnit& found = units_[unit];
  if (!found.is_possible) sets.emplace_back();
  if (!found.is_possible) return {};
  for (const Term& term : found.terms) sets.push_back(TRY(index_.documents(term)));
  return {};
}

Result<DocumentSet> ViewSearch::holders(u32 number, const DocumentSet* among) const {
  const FoundUnit& found = units_[number];
  const Unit& unit = plan_.units[number];
  if (!found.is_possible) return DocumentSet();
  Sets sets;
  if (found.set || found.is_listed) {
    sets.push_back(listed(found));
    return intersection(sets, among);
  }
  TRY(add_sets(number, sets));
  DocumentSet candidates = intersection(sets, among);
  if (unit.kind == Unit::Kind::word) return candidates;
  std::vector<u32> docs, tfs;
  TRY(match_positions(index_, unit, found.terms, candidates.to_vector(), docs, tfs));
  return DocumentSet::from_sorted(docs);
}

// Part of `among`, where that is given; dead documents may be in it.
Result<DocumentSet> ViewSearch::fulfilling(const Condition& condition,
                                           const DocumentSet* among) const {
  DocumentSet docs = TRY(fulfilling_positively(condition, among));
  if (!condition.negated) return docs;
  return among != nullptr ? DocumentSet::difference_of(*among, docs)
                          : DocumentSet::difference_of(everything(), docs);
}

Result<DocumentSet> ViewSearch::fulfilling_positively(const Condition& condition,
                                                      const DocumentSet* among) const {
  switch (condition.kind) {
    case Condition::Kind::unit:
      return holders(condition.unit, among);
    case Condition::Kind::clause:
      return passing(Filter{{*condition.clause}}, among);
    case Condition::Kind::all:
      return fulfilling_all(condition, among);
    case Condition::Kind::any:
      break;
  }
  Sets sets;
  for (const Condition& child : condition.children) sets.push_back(TRY(fulfilling(child, among)));
  return union_of(sets);
}

// Words all at once, then the rest, the rarest first: what comes later looks at its documents only.
Result<DocumentSet> ViewSearch::fulfilling_all(const Condition& condition,
                                               const DocumentSet* among) const {
  std::vector<std::pair<u64, const Condition*>> others;
  Sets words;
  for (const Condition& child : condition.children) {
    if (is_word(child)) {
      TRY(add_sets(child.unit, words));
    } else {
      others.emplace_back(estimate(child), &child);
    }
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::optional<DocumentSet> docs;
  if (!words.empty()) docs = intersection(words, among);
  for (const auto& [count, child] : others) {
    if (docs.has_value() && docs->empty()) break;
    docs = TRY(fulfilling(*child, docs.has_value() ? &*docs : among));
  }
  return *std::move(docs);
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
      if (found.set) return found.set->count;
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

// The live ones that pass.
Result<DocumentSet> ViewSearch::passing(const Filter& filter, const DocumentSet* among) const {
  if (among == nullptr) return matching_documents(view_, filter);
  return filter.empty() ? DocumentSet::difference_of(*among, dead_)
                        : matching_documents(view_, filter, *among);
}

Result<Matches> ViewSearch::matches(const Filter& filter, bool listed) const {
  if (!listed && is_any_scored_word()) return matches_of_any(filter);
  Matches matches;
  DocumentSet docs = TRY(fulfilling(*plan_.condition, nullptr));
  leave_out_unknown(*plan_.condition, false, docs);
  matches.docs = TRY(passing(filter, &docs));
  matches.count = matches.docs->count();
  return matches;
}

Result<Matches> ViewSearch::matches_of_any(const Filter& filter) const {
  Matches matches;
  if (!filter.empty() || !dead_.empty()) {
    matches.allowed = TRY(passing(filter, nullptr));
  }
  Sets sets;
  for (u32 unit = 0; unit < units_.size(); ++unit) {
    const bool is_asked = plan_.units[unit].scores() && plan_.units[unit].kind == Unit::Kind::word;
    if (is_asked) TRY(add_sets(unit, sets));  // what is no word scores where words do
  }
  const DocumentSet* const allowed = matches.allowed.has_value() ? &*matches.allowed : nullptr;
  matches.count = DocumentSet::union_count(pointers_to(sets), allowed);
  return matches;
}

void ViewSearch::leave_out_unknown(const Condition& condition, bool is_negated,
                                   DocumentSet& docs) const {
  is_negated = is_negated || condition.negated;
  if (condition.kind == Condition::Kind::unit && is_negated) {
    const auto& matches = units_[condition.unit].matches;
    if (matches != nullptr) {
      const std::shared_ptr<const DenseSet> unknown(matches, &matches->unknown);
      docs = DocumentSet::difference_of(docs, DocumentSet::sharing(unknown));
    }
  }
  for (const Condition& child : condition.children) leave_out_unknown(child, is_negated, docs);
}

// -- scores --

// Where one set is all that scores here. False where it is not.
Result<bool> ViewSearch::rank_as_set(const Matches& matches, std::span<const float> weights,
                                     float average_length, BestScores& best,
                                     std::vector<ScoredDocument>& out) const {
  if (!matches.docs) return false;
  std::optional<u32> only;
  for (u32 i = 0; i < units_.size(); ++i) {
    if (!scores(i)) continue;
    if (only || !units_[i].set) return false;
    only = i;
  }
  if (!only) return false;
  const WordSet& set = *units_[*only].set;
  const Condition& condition = *plan_.condition;
  const bool is_part = condition.kind == Condition::Kind::unit && !condition.negated;
  if (is_part && matches.count == set.count) {
    TRY(rank_set(index_, *set.members, weights[*only], average_length, best, out));
    return true;
  }
  DenseSet wanted(index_.document_count());
  matches.docs->add_to(wanted);
  wanted &= *set.members;
  TRY(rank_set(index_, wanted, weights[*only], average_length, best, out));
  return true;
}

Result<void> ViewSearch::score(const Matches& matches, std::span<const float> weights,
                               float average_length, usize limit, BestScores& best,
                               std::vector<ScoredDocument>& out) const {
  const bool is_short = matches.docs && matches.count <= std::max(single_documents_min, 2 * limit);
  if (is_short) return score_singly(matches, weights, average_length, best, out);
  if (!TRY(rank_as_set(matches, weights, average_length, best, out))) {
    TRY(rank_words(matches, weights, average_length, best, out));
  }
  return add_unscored(matches, best, out);
}

Result<void> ViewSearch::rank_words(const Matches& matches, std::span<const float> weights,
                                    float average_length, BestScores& best,
                                    std::vector<ScoredDocument>& out) const {
  std::vector<WeightedWord> words;
  std::vector<List> lists(units_.size());
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!scores(i)) continue;
    WeightedWord word{weights[i], u32(found.docs.size()), nullptr, found.docs, found.tfs};
    if (found.set) {
      word.df = found.set->count;
      word.ranges = std::make_unique<SetPostings>(found.set->members);
    } else if (!found.is_listed) {
      TRY(read_list(index_, found.terms.front(), word, lists[i]));
    }
    words.push_back(std::move(word));
  }
  const std::optional<DocumentSet>& allowed = matches.docs ? matches.docs : matches.allowed;
  return rank_union(index_, words, average_length, allowed ? &*allowed : nullptr, best, out);
}

// What matches without a word that scores: `rare OR type:code`. They count where too few score.
Result<void> ViewSearch::add_unscored(const Matches& matches, BestScores& best,
                                      std::vector<ScoredDocument>& out) const {
  if (!matches.docs || best.threshold() > 0) return {};
  Sets scored;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!scores(i)) continue;
    scored.push_back(TRY(documents_of(found)));
  }
  const DocumentSet unscored = DocumentSet::difference_of(*matches.docs, union_of(scored));
  for (const u32 doc : unscored.to_vector()) {
    if (best.add(0, doc)) out.push_back({0, doc});
  }
  return {};
}

Result<void> ViewSearch::score_singly(const Matches& matches, std::span<const float> weights,
                                      float average_length, BestScores& best,
                                      std::vector<ScoredDocument>& out) const {
  std::vector<LookedUpWord> words;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!scores(i)) continue;
    LookedUpWord& word =
        words.emplace_back(LookedUpWord{weights[i], {}, found.docs, found.tfs, {}});
    if (found.set) {
      word.set = found.set->members.get();
    } else if (!found.is_listed) {
      word.term = found.terms.front();
    }
  }
  return score_documents(index_, words, average_length, matches.docs->to_vector(), best, out);
}

}  // namespace shale::query

#include "query/view_search.hpp"

#include <algorithm>

#include "query/edits.hpp"
#include "query/phrases.hpp"
#include "query/statistics.hpp"

namespace shale::query {
namespace {

// So few documents are scored one by one rather than by ranges (RANKING 1b).
constexpr usize single_documents_min = 512;

}  // namespace

// -- units --

Result<void> ViewSearch::look_up() {
  for (usize i = 0; i < units_.size(); ++i) TRY(look_up(plan_.units[i], units_[i]));
  return {};
}

Result<void> ViewSearch::look_up(const Unit& unit, FoundUnit& found) const {
  const bool is_expanded = unit.kind == Unit::Kind::prefix || unit.kind == Unit::Kind::fuzzy;
  if (is_expanded) return list_expansion(unit, found);
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

// Once in each document that has such a word, however many it has.
Result<void> ViewSearch::list_expansion(const Unit& unit, FoundUnit& found) const {
  Bitmap docs;
  for (const Term& term : TRY(expansion(unit))) {
    docs |= TRY(index_.documents(term));
    ++found.lists;
  }
  found.docs = docs.to_vector();
  found.tfs.assign(found.docs.size(), 1);
  found.is_listed = true;
  found.is_possible = !found.docs.empty();
  return {};
}

// The words of a prefix, or those a few edits away: terms, and spellings whose term is a stem.
Result<std::vector<Term>> ViewSearch::expansion(const Unit& unit) const {
  std::vector<Term> terms;
  const bool is_prefix = unit.kind == Unit::Kind::prefix;
  FuzzyWord fuzzy(unit.text, unit.distance);
  const auto visit = [&](std::string_view term, const Term& found) {
    const bool is_form = term.front() == form_tag;
    const std::string_view word = is_form ? term.substr(1) : term;
    const bool is_word = is_form || u8(term.front()) >= u8(first_text_byte);
    if (is_prefix || (is_word && fuzzy.matches(word))) terms.push_back(found);
    return true;
  };
  if (is_prefix) {
    TRY(index_.for_each_term(unit.text, visit));
    TRY(index_.for_each_term(form_tag + unit.text, visit));
  } else {
    TRY(index_.for_each_term("", visit));
  }
  return terms;
}

Result<void> ViewSearch::add_df(std::span<u64> df) const {
  const Bitmap& dead = view_.overlay->dead;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!found.is_possible || plan_.units[i].times == 0) continue;
    if (found.is_listed) {
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

ViewSearch::UnitFigures ViewSearch::figures(u32 unit) const {
  const FoundUnit& found = units_[unit];
  UnitFigures figures{found.terms.size() + found.lists, found.docs.size()};
  if (!found.is_possible || found.is_listed) return figures;
  figures.documents = index_.document_count();
  for (const Term& term : found.terms) {
    figures.documents = std::min<u64>(figures.documents, term.df);
  }
  return figures;
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

Result<Bitmap> ViewSearch::holders(u32 number, const Bitmap* among) const {
  const FoundUnit& found = units_[number];
  const Unit& unit = plan_.units[number];
  if (!found.is_possible) return Bitmap();
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
  return matching_documents(view_, filter, TRY(fulfilling(*plan_.condition, nullptr)));
}

// -- scores --

Result<std::vector<WeightedWord>> ViewSearch::weighted(std::span<const float> weights) const {
  std::vector<WeightedWord> words;
  for (u32 i = 0; i < units_.size(); ++i) {
    const FoundUnit& found = units_[i];
    if (!found.is_possible || plan_.units[i].times == 0) continue;
    WeightedWord word;
    word.weight = weights[i];
    if (found.is_listed) {
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

Result<void> ViewSearch::score(const Bitmap& docs, std::span<const float> weights,
                               float average_length, usize limit, BestScores& best,
                               std::vector<ScoredDocument>& out) const {
  const std::vector<WeightedWord> words = TRY(weighted(weights));
  if (docs.count() > std::max(single_documents_min, 2 * limit)) {
    return rank_union(index_, words, average_length, &docs, best, out);
  }
  return score_documents(index_, words, average_length, docs.to_vector(), best, out);
}

}  // namespace shale::query

#include "text/analysis.hpp"

#include <algorithm>

namespace shale {

namespace {

constexpr usize kept_bytes_max = usize(12) << 20;  // the memo, and what texts of 1 MB take

}  // namespace

std::optional<Analysis> analysis_of(std::string_view name, u32 version) {
  if (version == 0 || version > words_version) return std::nullopt;
  if (name == "plain") return Analysis{Analysis::Kind::plain, version};
  if (name == "english" && version >= 2) return Analysis{Analysis::Kind::english, version};
  return std::nullopt;
}

std::string_view analysis_name(Analysis analysis) {
  if (analysis.kind == Analysis::Kind::none) return "none";
  return analysis.kind == Analysis::Kind::english ? "english" : "plain";
}

WordRules rules_of(Analysis analysis) {
  return {analysis.version, analysis.kind == Analysis::Kind::english, false};
}

void Analyser::analyse(std::string_view text) {
  if (analysis_.kind == Analysis::Kind::none) return;  // as it was made: without a term or form
  scanner_.scan(text, rules_of(analysis_));
  distinct_.collect(scanner_.data(), scanner_.words());
  analysis_.kind == Analysis::Kind::english ? take_english() : take_plain();
}

// -- plain: every word is its term --

// 550 MB/s on 60 MB of C headers in texts of 8 KB, one core (240 with the scalar twin).
void Analyser::take_plain() {
  data_ = scanner_.data();
  const std::span<AnalysedTerm> terms = distinct_.found();
  const std::span<const u32> numbers = distinct_.numbers();
  terms_ = terms;
  word_count_ = u32(numbers.size());
  occurrences_ = numbers.size();
  begin_positions(terms);
  u32* const positions = positions_.data();
  for (u32 i = 0; i < numbers.size(); ++i) positions[terms[numbers[i]].positions_begin++] = i;
  for (AnalysedTerm& t : terms) t.positions_begin -= t.tf;
}

// A counting sort: each term's stretch of positions_ is as long as its tf, filled in word order.
void Analyser::begin_positions(std::span<AnalysedTerm> terms) {
  positions_.resize(std::max(positions_.size(), usize(occurrences_)));
  u32 begin = 0;
  for (AnalysedTerm& t : terms) {
    t.positions_begin = begin;
    begin += t.tf;
  }
}

// -- english: a word is its terms, which other words may share --

// 160 MB/s where every word of 60 MB of C headers is met for the first time, 215 where a memo
// knows them, 170 on abstracts; plain on the same busy machine: 500 and 290 (prose has more words).
void Analyser::take_english() {
  memo_.begin_text();
  memo_.find_or_add(scanner_.data(), distinct_.found(), places_);
  merged_.clear();
  forms_.clear();
  lists_.clear();
  list_ends_.assign(1, 0);
  word_count_ = 0;
  occurrences_ = 0;
  for (usize i = 0; i < places_.size(); ++i) {
    const WordMemo::Word word = memo_.word_at(places_[i]);
    take_terms(word, distinct_.found()[i].tf);
    take_forms(word);
  }
  data_ = memo_.all_terms().data();
  terms_ = merged_;
  group_positions();
}

void Analyser::take_terms(const WordMemo::Word& word, u32 tf) {
  InternTable& all = memo_.all_terms();
  for (const u32 number : word.terms) {
    const auto [place, is_new] = all.mark(number, u32(merged_.size()));
    if (is_new) {
      const InternTable::Entry& entry = all.entry(number);
      merged_.push_back({entry.hash, entry.begin, entry.bytes, tf, 0});
    } else {
      merged_[place].tf += tf;
    }
    lists_.push_back(place);
  }
  list_ends_.push_back(u32(lists_.size()));
  const u32 occurrences = tf * u32(word.terms.size());
  occurrences_ += occurrences;
  if (!word.is_stop_word) word_count_ += occurrences;
}

void Analyser::take_forms(const WordMemo::Word& word) {
  InternTable& all = memo_.all_forms();
  for (const u32 number : word.forms) {
    if (!all.mark(number, 0).second) continue;
    forms_.push_back({all.entry(number).begin, all.entry(number).bytes});
  }
}

void Analyser::group_positions() {
  begin_positions(merged_);
  u32* const positions = positions_.data();
  AnalysedTerm* const terms = merged_.data();
  const u32* const lists = lists_.data();
  const u32* const ends = list_ends_.data();
  u32 position = 0;
  for (const u32 number : distinct_.numbers()) {
    const u32 end = ends[number + 1];
    for (u32 at = ends[number]; at < end; ++at) {
      positions[terms[lists[at]].positions_begin++] = position;
    }
    ++position;
  }
  for (AnalysedTerm& t : merged_) t.positions_begin -= t.tf;
}

// -- memory --

usize Analyser::memory_bytes() const {
  return scanner_.memory_bytes() + distinct_.memory_bytes() + memo_.memory_bytes() +
         merged_.capacity() * sizeof(AnalysedTerm) + forms_.capacity() * sizeof(AnalysedForm) +
         (lists_.capacity() + list_ends_.capacity() + places_.capacity() + positions_.capacity()) *
             sizeof(u32);
}

void Analyser::trim() {
  terms_ = {};
  if (memory_bytes() <= kept_bytes_max) return;
  Analyser fresh(analysis_);
  if (memo_.memory_bytes() <= WordMemo::bytes_max) std::swap(fresh.memo_, memo_);
  std::swap(*this, fresh);
}

Analyser& thread_analyser(Analysis analysis) {
  static thread_local std::vector<Analyser> analysers;  // one of each that the thread met: a few
  const auto known = std::find_if(analysers.begin(), analysers.end(),
                                  [&](const Analyser& a) { return a.analysis() == analysis; });
  return known != analysers.end() ? *known : analysers.emplace_back(analysis);
}

}  // namespace shale

// Text -> the terms of one document with frequencies and positions: what indexing and querying
// share. Name and version of the analysis are recorded in MANIFEST and in every shard; a project's
// never changes.
//
//   plain    whole words (words.hpp): no parts, stems or stop words
//   english  stems, parts of identifiers, forms, stop words (expansion.hpp)
//   none     nothing: no text has a term (of projects that keep no index of words, text_index.hpp)
//
// Example: Analyser analyser(english); analyser.analyse("Merges FileNames"); its terms are merg,
// filenam, file and name (the last three at position 1), its forms merges, filenames and names.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/distinct_words.hpp"
#include "text/term_hash.hpp"
#include "text/word_memo.hpp"
#include "text/words.hpp"

namespace shale {

// The rules by which a text becomes terms.
struct Analysis {
  enum class Kind : u8 { plain, english, none };
  Kind kind = Kind::plain;
  u32 version = words_version;
  bool operator==(const Analysis&) const = default;
};

inline constexpr Analysis english{Analysis::Kind::english, words_version};

// Nothing for a name, or a version of it, that this code does not know, and for "none": a project
// has that by its index, whatever its analysis would be.
std::optional<Analysis> analysis_of(std::string_view name, u32 version = words_version);
std::string_view analysis_name(Analysis analysis);
WordRules rules_of(Analysis analysis);

// A spelling that no term has, to be kept beside the terms; once per document, without positions.
struct AnalysedForm {
  u32 begin = 0;
  u16 bytes = 0;
};

// Analyses one text at a time, reusing its memory. One thread at a time.
class Analyser {
 public:
  explicit Analyser(Analysis analysis = {}) : analysis_(analysis) {}
  Analysis analysis() const { return analysis_; }

  void analyse(std::string_view text);
  // Distinct terms in order of first occurrence; valid until the next call, like all that follows.
  std::span<const AnalysedTerm> terms() const { return terms_; }
  std::string_view term(const AnalysedTerm& t) const { return {data_ + t.begin, t.bytes}; }
  // Numbers of words, from 0; pairs of characters and stop words count as the words they are.
  std::span<const u32> positions(const AnalysedTerm& t) const {
    return std::span(positions_).subspan(t.positions_begin, t.tf);
  }
  // Distinct forms in order of first occurrence.
  std::span<const AnalysedForm> forms() const { return forms_; }
  std::string_view form(const AnalysedForm& f) const {
    return {memo_.all_forms().data() + f.begin, f.bytes};
  }
  // The length that BM25 uses: occurrences of terms, those of stop words excepted.
  u32 word_count() const { return word_count_; }
  u64 occurrences() const { return occurrences_; }  // of all terms: their frequencies' sum

  // Calls f(source, terms, forms) for each word of `text`: the bytes it covers, its terms, the
  // whole first, and its forms. For snippets: terms() is void afterwards.
  template <class F>
  void for_each_word(std::string_view text, F&& f);

  // Gives memory back where a large text took more than is worth keeping: for analysers that live
  // long. What was analysed is void.
  void trim();
  usize memory_bytes() const;
  const WordMemo& memo() const { return memo_; }

 private:
  void take_plain();
  void take_english();
  void take_terms(const WordMemo::Word& word, u32 tf);
  void take_forms(const WordMemo::Word& word);
  void begin_positions(std::span<AnalysedTerm> terms);
  void group_positions();

  Analysis analysis_;
  WordScanner scanner_;
  DistinctWords distinct_;
  WordMemo memo_;
  const char* data_ = nullptr;
  std::span<const AnalysedTerm> terms_;
  std::vector<AnalysedTerm> merged_;  // english: the terms of all distinct words
  std::vector<u32> lists_;            // the numbers in merged_ of a distinct word's terms,
  std::vector<u32> list_ends_;        // from list_ends_[word] to the next
  std::vector<u32> places_;           // of distinct words, in memo_
  std::vector<AnalysedForm> forms_;
  std::vector<u32> positions_;
  u64 occurrences_ = 0;
  u32 word_count_ = 0;
};

// The calling thread's own analyser, kept with what it knows of words until the thread ends. To be
// trimmed by whoever has used it.
Analyser& thread_analyser(Analysis analysis);

template <class F>
void Analyser::for_each_word(std::string_view text, F&& f) {
  WordRules rules = rules_of(analysis_);
  rules.keeps_sources = true;
  scanner_.scan(text, rules);
  terms_ = {};
  memo_.begin_text();
  std::vector<std::string_view> terms, forms;
  for (usize i = 0; i < scanner_.words().size(); ++i) {
    const std::string_view spelling = scanner_.spelling(scanner_.words()[i]);
    terms.assign(1, spelling);
    if (analysis_.kind == Analysis::Kind::english) {
      const WordMemo::Word word = memo_.word_at(memo_.find_or_add(spelling, term_hash(spelling)));
      terms.clear();
      for (const u32 term : word.terms) terms.push_back(memo_.all_terms().text(term));
      forms.clear();
      for (const u32 form : word.forms) forms.push_back(memo_.all_forms().text(form));
    }
    f(scanner_.sources()[i], std::span<const std::string_view>(terms),
      std::span<const std::string_view>(forms));
  }
}

}  // namespace shale

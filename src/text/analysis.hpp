// Text -> the terms of one document with frequencies and positions: what indexing and querying
// share. The only analysis so far is "plain": whole words (words.hpp), no parts, stems or stop
// words. Its name and version are recorded in MANIFEST and in every shard.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/words.hpp"

namespace shale {

struct AnalysedTerm {
  u64 hash = 0;   // term_hash(term)
  u32 begin = 0;  // into term_data()
  u16 bytes = 0;
  u32 tf = 0;
  u32 positions_begin = 0;  // into positions(): tf ascending word numbers
};

// A hash of a term's bytes, used by the delta's table; the same on every machine.
u64 term_hash(std::string_view term);

// Analyses one text at a time, reusing its memory. One thread at a time.
class Analyser {
 public:
  void analyse(std::string_view text);
  // Distinct terms in order of first occurrence; valid until the next call.
  std::span<const AnalysedTerm> terms() const { return terms_; }
  std::string_view term(const AnalysedTerm& t) const { return {data_ + t.begin, t.bytes}; }
  std::span<const u32> positions(const AnalysedTerm& t) const {
    return std::span(positions_).subspan(t.positions_begin, t.tf);
  }
  u32 word_count() const { return word_count_; }

 private:
  void begin_table(usize words);
  void next_generation();
  u32 find_or_add(Word word);
  u32 find_or_add_long(Word word);
  template <class Same>
  u32 find_or_add(Word word, u64 hash, Same&& same);
  void rehash();
  void group_positions();

  WordScanner scanner_;
  const char* data_ = nullptr;
  std::vector<AnalysedTerm> terms_;
  std::vector<u32> term_of_word_;
  std::vector<u32> positions_;
  std::vector<u64> slots_;  // generation << 32 | index into terms_
  usize slot_mask_ = 0;     // of the part of slots_ this text uses
  u32 generation_ = 0;
  u32 word_count_ = 0;
};

// The distinct terms of a query text, in order of first occurrence.
std::vector<std::string> query_terms(std::string_view text);

// Known analyses by name; false for an unknown one.
bool is_known_analysis(std::string_view name);

}  // namespace shale

// What the words of many texts became, kept from text to text: a word met again is not expanded
// again, which takes a microsecond.
//
// A table of spellings, each with its record, and the tables of terms and forms that the records
// name. All only grow; they are emptied between texts when they have become too large. The words of
// a text are looked up together, so that the memory each of them waits for is fetched meanwhile.
// Knows no text; used by analysis.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/distinct_words.hpp"
#include "text/expansion.hpp"
#include "text/intern_table.hpp"

namespace shale {

class WordMemo {
 public:
  // Beyond it begin_text() starts anew. 8 MiB hold some 50,000 words; 60 MB of C headers have
  // 62,000 and are analysed at 215 MB/s by a memo of 12 MiB that knows them, at 165 by this one.
  static constexpr usize bytes_max = usize(8) << 20;

  // A word as its record has it; valid until the next look-up.
  struct Word {
    std::span<const u32> terms;  // numbers in all_terms(), the whole first
    std::span<const u32> forms;  // in all_forms()
    bool is_stop_word = false;
  };

  // Places found before are void.
  void begin_text();
  // The place of a word's record. `spelling` has 16 readable bytes; `hash` is its term_hash.
  u32 find_or_add(std::string_view spelling, u64 hash);
  // The same for all words of a text, which lie in `data`.
  void find_or_add(const char* data, std::span<const AnalysedTerm> words, std::vector<u32>& places);
  Word word_at(u32 place) const;

  InternTable& all_terms() { return terms_; }
  InternTable& all_forms() { return forms_; }
  const InternTable& all_forms() const { return forms_; }
  usize memory_bytes() const;
  u64 expansions() const { return expansions_; }  // words that were not known, ever

 private:
  u32 add_word(std::string_view spelling, u64 hash);
  bool is_at(u32 place, std::string_view spelling, u64 hash) const;
  usize slot_of(u64 hash) const { return usize(hash >> 20) & (slots_.size() - 1); }
  void grow();

  Expander expander_;
  Expansion expansion_;
  InternTable terms_;
  InternTable forms_;
  // Of each spelling {u64 hash, u8 bytes, terms, forms, is stop word}, u32 terms, u32 forms, its
  // bytes; 16 readable bytes behind the last one.
  std::vector<u32> records_;
  std::vector<u64> slots_;  // high half of the hash << 32 | place of the record + 1
  usize count_ = 0;
  u64 expansions_ = 0;
};

}  // namespace shale

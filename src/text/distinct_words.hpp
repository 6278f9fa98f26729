// The distinct words of one text, with how often each occurs and where: a hash table that is
// emptied by counting up.
//
// The first half of every analysis; what a word is worth is not known here. Used by analysis.hpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/words.hpp"

namespace shale {

struct AnalysedTerm {
  u64 hash = 0;   // term_hash(term)
  u32 begin = 0;  // into the bytes of the words, or of the terms
  u16 bytes = 0;
  u32 tf = 0;
  u32 positions_begin = 0;  // into positions(): tf ascending word numbers
};

class DistinctWords {
 public:
  // `words` lie in `data`, 16 readable bytes behind each. What was found is valid until the next
  // call, and no longer than `data`.
  void collect(const char* data, std::span<const Word> words);
  // In order of first occurrence, without positions.
  std::span<AnalysedTerm> found() { return found_; }
  std::span<const AnalysedTerm> found() const { return found_; }
  // Of each word of the text, in order: its number in found().
  std::span<const u32> numbers() const { return {number_of_word_.data(), count_}; }
  usize memory_bytes() const;

 private:
  void begin_table(usize words);
  void next_generation();
  u32 find_or_add(Word word);
  u32 find_or_add_long(Word word);
  template <class Same>
  u32 find_or_add(Word word, u64 hash, Same&& same);
  void rehash();

  const char* data_ = nullptr;
  std::vector<AnalysedTerm> found_;
  std::vector<u32> number_of_word_;
  std::vector<u64> slots_;  // generation << 32 | number in found_
  usize slot_mask_ = 0;     // of the part of slots_ this text uses
  usize count_ = 0;
  u32 generation_ = 0;
};

}  // namespace shale

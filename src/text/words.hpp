// Text -> words: maximal runs of Unicode letters, digits and underscore, case-folded.
//
// Pure functions. ASCII is classified 64 bytes at a time (AVX2 with a scalar twin, chosen at run
// time: figures in words.cpp); bytes >= 0x80 are decoded one by one (letters.hpp: letters, marks
// and numbers are word characters; simple case folding). Invalid UTF-8 separates words.
// A word is cut after 255 bytes of its folded form, at a character border; the rest of it is
// dropped. Positions count words from 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace shale {

inline constexpr usize word_bytes_max = 255;
inline constexpr u32 words_version = 1;  // recorded in every shard: changes with the rules above

struct Word {
  u32 begin = 0;  // into the folded text
  u16 bytes = 0;  // of the folded form
};

// The words of one text. Reused from text to text: clear capacity is never given back.
class WordScanner {
 public:
  // Finds the words of `text` (at most 4 GB). Valid until the next call.
  void scan(std::string_view text);
  std::span<const Word> words() const { return {words_.data(), count_}; }
  std::string_view folded(Word word) const { return {folded_.data() + word.begin, word.bytes}; }
  // At least 64 readable bytes follow any word's end.
  const char* folded_data() const { return folded_.data(); }

 private:
  std::string folded_;
  std::vector<Word> words_;  // the first count_ of them
  usize count_ = 0;
};

// A word with the bytes of the *source* it came from, for snippets.
struct SourceWord {
  u32 begin = 0;
  u32 end = 0;
  std::string folded;
};
std::vector<SourceWord> source_words(std::string_view text);

}  // namespace shale

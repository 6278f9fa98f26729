// Text -> words: maximal runs of Unicode letters, digits and underscore, case-folded and composed.
//
// Pure functions. ASCII is classified 64 bytes at a time (AVX2 with a scalar twin, chosen at run
// time: figures in words.cpp); bytes >= 0x80 are decoded one by one (letters.hpp: letters, marks
// and numbers are word characters; simple case folding). Invalid UTF-8 separates words.
// A word with marks is composed (NFC). A run of Han and Kana, Hangul or Thai is cut out of its word
// and becomes overlapping pairs of characters, each a word; a run of one character is that one.
// A word is cut after 255 bytes, at a character border; the rest of it is dropped. Positions count
// words from 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace shale {

inline constexpr usize word_bytes_max = 255;

// Recorded in MANIFEST and in every shard: changes with the rules above and with those of
// analysis.hpp. What an older version has indexed is searched and added to by its rules.
//   1  plain alone: folded, not composed; every run of letters one word, whatever its script
//   2  composed; pairs of characters; english
inline constexpr u32 words_version = 2;

struct WordRules {
  u32 version = words_version;
  // Words as the source spells them, neither folded nor composed: their parts show in their case.
  // Pairs of characters are composed all the same.
  bool keeps_case = false;
  bool keeps_sources = false;  // for sources(); takes the scalar twin
};

struct Word {
  u32 begin = 0;  // into data()
  u16 bytes = 0;
};

// The bytes of the source that a word covers, [begin, end).
struct SourceRange {
  u32 begin = 0;
  u32 end = 0;
};

// The words of one text. Reused from text to text: clear capacity is never given back.
class WordScanner {
 public:
  // Finds the words of `text` (at most 4 GB). Valid until the next call.
  void scan(std::string_view text, WordRules rules = {});
  std::span<const Word> words() const { return {words_.data(), count_}; }
  std::string_view spelling(Word word) const { return {spelled_.data() + word.begin, word.bytes}; }
  // Of each word, where it was asked for.
  std::span<const SourceRange> sources() const { return sources_; }
  // At least 64 readable bytes follow any word's end.
  const char* data() const { return spelled_.data(); }
  usize memory_bytes() const;

 private:
  std::string spelled_;
  std::vector<Word> words_;  // the first count_ of them
  std::vector<SourceRange> sources_;
  usize count_ = 0;
};

// A whole word, whatever its length and case, as a folded one that is not cut: composed and folded.
std::string composed_and_folded(std::string_view spelling);

}  // namespace shale

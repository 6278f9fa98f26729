// Which characters make up words, and their folded forms: the home of utf8proc.
//
// Word characters are the categories L*, M* and N* and the underscore. Folding is one character to
// one: the Unicode case folding where it is a single character, else the lower-case letter (so ß
// stays ß and İ becomes i). No normalisation. Used by the word scanner and by snippets.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "text/utf8.hpp"

namespace shale {

// The folded form of a byte below 0x80, 0 where it separates words.
inline constexpr std::array<char, 128> ascii_folds = [] {
  std::array<char, 128> folds{};
  for (usize c = '0'; c <= '9'; ++c) folds[c] = char(c);
  for (usize c = 'a'; c <= 'z'; ++c) folds[c] = char(c);
  for (usize c = 'A'; c <= 'Z'; ++c) folds[c] = char(c + 32);
  folds['_'] = '_';
  return folds;
}();

// The folded form of a character >= 0x80, 0 where it separates words. Its UTF-8 is at most one and
// a half times as long.
u32 fold_letter(u32 code);

struct Letter {
  u32 fold = 0;   // 0: separates words
  u32 bytes = 1;  // of the source; one for a byte of no character
};

// The letter at the start of `text`, which is not empty.
inline Letter letter_at(std::string_view text) {
  if (u8(text[0]) < 0x80) return {u32(ascii_folds[u8(text[0])]), 1};
  const Character character = decode_utf8(text);
  if (character.bytes == 0) return {};
  return {fold_letter(character.code), character.bytes};
}

// Calls f(begin, end, folded) for each word of `text`: the bytes of the source it covers, whole,
// and its folded form, cut at `folded_bytes_max` as words.hpp says. For snippets: no vectors here.
template <class F>
void for_each_source_word(std::string_view text, usize folded_bytes_max, F&& f) {
  std::string folded;
  for (usize at = 0; at < text.size();) {
    const usize begin = at;
    Letter letter = letter_at(text.substr(at));
    for (folded.clear(); letter.fold != 0; letter = letter_at(text.substr(at))) {
      append_utf8(letter.fold, folded);
      at += letter.bytes;
      if (at == text.size()) break;
    }
    if (at == begin) {
      at += letter.bytes;
      continue;
    }
    folded.resize(character_border(folded, folded_bytes_max));
    f(u32(begin), u32(at), std::string_view(folded));
  }
}

}  // namespace shale

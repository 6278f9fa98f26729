// Which characters make up words, and their folded forms: the home of utf8proc.
//
// Word characters are the categories L*, M* and N* and the underscore. Folding is one character to
// one: the Unicode case folding where it is a single character, else the lower-case letter (so ß
// stays ß and İ becomes i). Also: which scripts are written without blanks, what composes with what
// (NFC), and the case of letters. Used by the word scanner and by the expansion of words.
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
  u32 code = 0;   // as the source has it
};

// The letter at the start of `text`, which is not empty.
inline Letter letter_at(std::string_view text) {
  const u8 first = u8(text[0]);
  if (first < 0x80) return {u32(ascii_folds[first]), 1, first};
  const Character character = decode_utf8(text);
  if (character.bytes == 0) return {};
  return {fold_letter(character.code), character.bytes, character.code};
}

// Scripts written without blanks between words. Han and Kana are one, because a Japanese word
// begins in one and ends in the other: alone, its first character would be a poor term.
enum class Script : u8 { spaced, han_kana, hangul, thai };

Script unspaced_script(u32 code);

// Of a word character; digits and marks of other scripts than these are `spaced`.
inline Script script_of(u32 code) {
  constexpr u32 thai_begin = 0xE00;
  return code < thai_begin ? Script::spaced : unspaced_script(code);
}

// Whether a word with this character may differ from its composed form (NFC).
bool may_compose(u32 code);
// Such text is its own composition and decomposition. Without a way out, so that it is looked at by
// many bytes at once.
inline bool is_ascii(std::string_view text) {
  u8 bits = 0;
  for (const char c : text) bits |= u8(c);
  return bits < 0x80;
}
// Canonical composition; text that is not UTF-8 comes back as it is.
std::string composed(std::string_view text);
// Canonical decomposition, the same.
std::string decomposed(std::string_view text);
// Every character folded.
std::string folded(std::string_view word);

enum class LetterCase : u8 { none, upper, lower, digit, mark, separator };
// Of a word character; the underscore is the separator. Letters without case are `none`.
LetterCase case_of(u32 code);

}  // namespace shale

// Random texts in every shape the scanner treats differently: ASCII, other scripts, raw bytes, long
// words, few words. For the tests of words, analysis and snippets.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "text/utf8.hpp"

namespace shale::testing {

using Random = std::mt19937_64;

inline u32 below(Random& random, u64 end) { return u32(random() % end); }

// A character of a script: with case, without, of 2, 3 and 4 bytes, signs, marks.
inline u32 random_code(Random& random) {
  struct Stretch {
    u32 first;
    u32 last;
  };
  static constexpr Stretch stretches[] = {
      {0x20, 0x7E},       {'a', 'z'},         {'A', 'Z'},       {0xA0, 0x24F},
      {0x370, 0x3FF},     {0x400, 0x4FF},     {0x5D0, 0x5EA},   {0x1E00, 0x1EFF},
      {0x2000, 0x206F},   {0x2160, 0x2188},   {0x2C60, 0x2C7F}, {0x3040, 0x30FF},
      {0x4E00, 0x4EFF},   {0xAB70, 0xABBF},   {0xFF00, 0xFF60}, {0x10400, 0x1044F},
      {0x1F600, 0x1F64F}, {0x20000, 0x20010}, {0x300, 0x36F},   {0x3099, 0x309A},
      {0x1100, 0x11FF},   {0xAC00, 0xAC80},   {0x0E01, 0x0E5B}, {0xF900, 0xFA30},
      {0x0900, 0x097F},   {0x212A, 0x212B},
  };
  const Stretch stretch = stretches[below(random, std::size(stretches))];
  return stretch.first + below(random, stretch.last - stretch.first + 1);
}

// Words of a small vocabulary between signs: terms repeat.
inline std::string random_code_text(Random& random, usize bytes) {
  static constexpr std::string_view signs[] = {" ", "  ", "\n", "(", ");\n", "->", "::", ", ", "."};
  std::string text;
  while (text.size() < bytes) {
    const u32 number = below(random, 1 + below(random, 300));
    text += number % 3 == 0 ? "Name" : number % 3 == 1 ? "some_longer_identifier" : "x";
    text += std::to_string(number);
    text += signs[below(random, std::size(signs))];
  }
  text.resize(bytes);
  return text;
}

inline std::string random_unicode_text(Random& random, usize bytes, u32 ascii_percent) {
  std::string text;
  while (text.size() < bytes) {
    const bool ascii = below(random, 100) < ascii_percent;
    append_utf8(ascii ? 0x20 + below(random, 0x5F) : random_code(random), text);
  }
  return text;
}

inline std::string random_bytes(Random& random, usize bytes) {
  std::string text(bytes, '\0');
  for (char& byte : text) byte = char(u8(random()));
  return text;
}

// Words around and far beyond the limit of 255 bytes.
inline std::string random_long_words(Random& random, usize bytes) {
  std::string text;
  while (text.size() < bytes) {
    const u32 letters = 200 + below(random, 120);
    const u32 code = below(random, 2) == 0 ? 'Q' : random_code(random);
    for (u32 i = 0; i < letters; ++i) append_utf8(below(random, 9) == 0 ? 'a' : code, text);
    text.push_back(' ');
  }
  return text;
}

inline std::string random_text(Random& random, usize bytes) {
  switch (below(random, 6)) {
    case 0:
      return random_code_text(random, bytes);
    case 1:
      return random_unicode_text(random, bytes, 0);
    case 2:
      return random_unicode_text(random, bytes, 98);
    case 3:
      return random_bytes(random, bytes);
    case 4:
      return random_long_words(random, bytes);
    default: {
      // Ill-formed here and there.
      std::string text = random_unicode_text(random, bytes, 60);
      for (u32 i = 0; i < 4 && !text.empty(); ++i) {
        text[below(random, text.size())] = char(u8(random()));
      }
      return text;
    }
  }
}

}  // namespace shale::testing

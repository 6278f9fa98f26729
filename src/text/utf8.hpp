// UTF-8: one character in, one character out. No tables, no classes (letters.hpp has those).
//
// Strict: overlong forms, surrogates and numbers over U+10FFFF are no characters. Used by the word
// scanner, snippets, globs and the model's check of fields.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "base/integers.hpp"

namespace shale {

struct Character {
  u32 code = 0;
  u32 bytes = 0;  // 0: no character begins here
};

inline bool is_continuation(char byte) { return (u8(byte) & 0xC0) == 0x80; }

// The character at the start of `text`.
inline Character decode_utf8(std::string_view text) {
  const auto at = [&](usize i) { return u32(u8(text[i])); };
  const auto follows = [&](usize i) { return i < text.size() && is_continuation(text[i]); };
  if (text.empty()) return {};
  const u32 first = at(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xC2 || first > 0xF4 || !follows(1)) return {};
  if (first < 0xE0) return {(first & 31) << 6 | (at(1) & 63), 2};
  if (!follows(2)) return {};
  if (first < 0xF0) {
    const u32 code = (first & 15) << 12 | (at(1) & 63) << 6 | (at(2) & 63);
    const bool bad = code < 0x800 || (code >= 0xD800 && code < 0xE000);
    return bad ? Character{} : Character{code, 3};
  }
  if (!follows(3)) return {};
  const u32 code = (first & 7) << 18 | (at(1) & 63) << 12 | (at(2) & 63) << 6 | (at(3) & 63);
  return code < 0x10000 || code > 0x10FFFF ? Character{} : Character{code, 4};
}

// How many bytes the text begins with that are characters; ASCII goes 8 bytes at a time.
inline usize well_formed_bytes(std::string_view text) {
  constexpr u64 high_bits = 0x8080808080808080;
  usize at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      u64 eight = 0;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & high_bits) == 0) {
        at += 8;
        continue;
      }
    }
    const Character character = decode_utf8(text.substr(at));
    if (character.bytes == 0) break;
    at += character.bytes;
  }
  return at;
}
inline bool is_utf8(std::string_view text) { return well_formed_bytes(text) == text.size(); }

// Writes a character (up to 4 bytes of room) and returns the end.
inline char* store_utf8(char* to, u32 code) {
  if (code < 0x80) return *to++ = char(code), to;
  if (code < 0x800) {
    *to++ = char(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      *to++ = char(0xE0 | code >> 12);
    } else {
      *to++ = char(0xF0 | code >> 18);
      *to++ = char(0x80 | (code >> 12 & 63));
    }
    *to++ = char(0x80 | (code >> 6 & 63));
  }
  *to++ = char(0x80 | (code & 63));
  return to;
}

inline void append_utf8(u32 code, std::string& to) {
  if (code < 0x80) return to.push_back(char(code));
  char character[4];
  to.append(character, store_utf8(character, code));
}

// `bytes` or a little less, so that no character of well-formed `text` is cut there.
inline usize character_border(std::string_view text, usize bytes) {
  if (bytes >= text.size()) return text.size();
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return bytes;
}

}  // namespace shale

// Lines of a text and what is blank in them: the small words the scanners share.
//
// A line ends behind its '\n' or with the text; a '\r' before it is blank. Nothing here decodes
// UTF-8: bytes from 0x80 are letters, as they are in every language that allows them in names.
// Used by everything in this folder that looks at lines.
#pragma once

#include <string_view>

#include "base/integers.hpp"

namespace shale::sync {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
         u8(c) >= 0x80;
}

// The offset behind the line that `at` lies in.
inline usize line_end(std::string_view text, usize at) {
  const usize newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}
inline usize line_begin(std::string_view text, usize at) {
  const usize newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

inline std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Whether `text` holds `word` at `at`, as a word of its own.
inline bool word_at(std::string_view text, usize at, std::string_view word) {
  const usize end = at + word.size();
  return at < text.size() && text.substr(at).starts_with(word) &&
         (end == text.size() || !is_name_byte(text[end]));
}

}  // namespace shale::sync

// Bytes as two lower-case hexadecimal digits: in file names, hashes, escapes.
//
// Reading them back is left to those who know which spellings they take (catalog/text_form is
// strict, the NDJSON reader is not).
#pragma once

#include <string>
#include <string_view>

#include "base/integers.hpp"

namespace shale {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

inline void append_hex(std::string& out, u8 byte) {
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 15];
}

// 16 digits.
inline std::string hex16(u64 value) {
  std::string text(16, '0');
  for (usize i = 16; i-- > 0; value >>= 4) text[i] = hex_digits[value & 15];
  return text;
}

}  // namespace shale

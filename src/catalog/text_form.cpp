#include "catalog/text_form.hpp"

#include <charconv>

#include "base/hex.hpp"

namespace shale::catalog {

namespace {

std::optional<u8> hex_digit(char c) {
  const usize at = hex_digits.find(c);
  return at == std::string_view::npos ? std::nullopt : std::optional(u8(at));
}

}  // namespace

std::optional<u64> parse_hex16(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  u64 value = 0;
  for (const char c : text) {
    const std::optional<u8> digit = hex_digit(c);
    if (!digit) return std::nullopt;
    value = value << 4 | *digit;
  }
  return value;
}

std::optional<u64> parse_decimal(std::string_view text) {
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  if (text.empty() || leading_zero) return std::nullopt;
  u64 value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

void append_escape(std::string& out, char byte) {
  out += '%';
  append_hex(out, u8(byte));
}

std::optional<std::string> decode_percent(std::string_view text) {
  std::string out;
  for (usize i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const std::optional<u8> high = hex_digit(text[i + 1]);
    const std::optional<u8> low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += char(*high << 4 | *low);
    i += 2;
  }
  return out;
}

}  // namespace shale::catalog

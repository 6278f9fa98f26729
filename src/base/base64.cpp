#include "base/base64.hpp"

#include <array>

#include "base/integers.hpp"

namespace shale {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr u8 no_digit = 255;

constexpr std::array<u8, 256> make_digits() {
  std::array<u8, 256> digits{};
  digits.fill(no_digit);
  for (usize i = 0; i < alphabet.size(); ++i) digits[u8(alphabet[i])] = u8(i);
  return digits;
}
constexpr std::array<u8, 256> digits = make_digits();

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (usize i = 0; i < bytes.size(); i += 3) {
    const usize taken = std::min<usize>(3, bytes.size() - i);
    u32 group = u32(u8(bytes[i])) << 16;
    if (taken > 1) group |= u32(u8(bytes[i + 1])) << 8;
    if (taken > 2) group |= u32(u8(bytes[i + 2]));
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    out += taken > 1 ? alphabet[group >> 6 & 63] : '=';
    out += taken > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  u32 group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const u8 digit = digits[u8(c)];
    if (digit == no_digit) return std::nullopt;
    group = (group << 6 | digit) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += char(group >> bits & 255);
  }
  // Bits left over must be zero, or two texts would stand for the same bytes.
  if ((group & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace shale

#include "exchange/sha256_text.hpp"

#include "base/hex.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Sha256> parse_sha256(std::string_view text) {
  Sha256 hash{};
  if (text.size() != hash.size() * 2) return std::nullopt;
  for (usize i = 0; i < hash.size(); ++i) {
    const int high = hex_value(text[i * 2]);
    const int low = hex_value(text[i * 2 + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = u8(high * 16 + low);
  }
  return hash;
}

std::string sha256_text(const Sha256& hash) {
  std::string text;
  for (const u8 byte : hash) append_hex(text, byte);
  return text;
}

}  // namespace shale::exchange

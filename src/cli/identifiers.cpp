#include "cli/identifiers.hpp"

#include <string_view>

#include "base/integers.hpp"
#include "base/system.hpp"

namespace shale::cli {

namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

void append_digits(std::string& out, u64 value, unsigned digits) {
  for (unsigned i = digits; i-- > 0;) out += alphabet[value >> (5 * i) & 31];
}

}  // namespace

std::string make_identifier() {
  static u64 last_ms = 0;
  static u64 counter = 0;  // 40 bits: random at first, then counted on within a millisecond
  const u64 now_ms = u64(now_microseconds()) / 1000;
  counter = now_ms > last_ms ? random_u64() >> 25 : counter + 1;
  if (now_ms > last_ms) last_ms = now_ms;
  std::string id;
  append_digits(id, last_ms, 10);
  append_digits(id, counter, 8);
  append_digits(id, random_u64() >> 24, 8);
  return id;
}

}  // namespace shale::cli

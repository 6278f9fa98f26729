#include "text/utf8_repair.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/integers.hpp"

namespace shale {
namespace {

constexpr usize block = 64;
constexpr usize character_max = 4;
// A character that begins in the last three bytes of a block may go on behind it.
constexpr usize certain_bytes = block - (character_max - 1);
constexpr std::array<char, 4> replacement = {'\xEF', '\xBF', '\xBD', 0};
constexpr u8 replacement_bytes = 3;

// Sixteen bytes side by side; what is so of one is 0xFF. Of every machine: the compiler knows how.
using Vector [[gnu::vector_size(16)]] = u8;
using Lanes = std::array<u8, character_max + block + character_max>;
static_assert(block % sizeof(Vector) == 0);

inline Vector load_vector(const u8* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}
inline void store_vector(u8* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

inline Vector is_continuation_byte(Vector byte) { return Vector((byte & 0xC0) == 0x80); }

// Whether bytes begin a character of two or more, the second of which may not be any: overlong
// forms, surrogates, over U+10FFFF.
inline Vector begin_character(Vector first, Vector second) {
  const Vector is_bad = (Vector(first == 0xE0) & Vector(second < 0xA0)) |
                        (Vector(first == 0xED) & Vector(second > 0x9F)) |
                        (Vector(first == 0xF0) & Vector(second < 0x90)) |
                        (Vector(first == 0xF4) & Vector(second > 0x8F));
  return Vector(first >= 0xC2) & Vector(first <= 0xF4) & is_continuation_byte(second) & ~is_bad;
}

// What a byte is, seen from those before it.
constexpr u8 ends_two = 1;  // the last of a whole character of two bytes
constexpr u8 ends_three = 2;
constexpr u8 ends_four = 4;
constexpr u8 goes_on = 8;  // not the first of what may be a character

// `at` has three bytes before it.
inline Vector places_of(const u8* at) {
  const Vector byte = load_vector(at);
  const Vector one_back = load_vector(at - 1);
  const Vector two_back = load_vector(at - 2);
  const Vector three_back = load_vector(at - 3);
  const Vector follows = is_continuation_byte(byte);
  const Vector second = begin_character(one_back, byte);
  const Vector third = begin_character(two_back, one_back) & Vector(two_back >= 0xE0) & follows;
  const Vector fourth = begin_character(three_back, two_back) & Vector(three_back >= 0xF0) &
                        is_continuation_byte(one_back) & follows;
  return (second & Vector(one_back < 0xE0) & ends_two) |
         (third & Vector(two_back < 0xF0) & ends_three) | (fourth & ends_four) |
         ((second | third | fourth) & goes_on);
}

struct Judgement {
  std::array<u8, block> written;  // of each byte: 1 as it is, 0 dropped, 3 replaced
  usize bytes = 0;                // up to the beginning of a character
  bool is_sound = true;           // nothing but whole characters there
};

// Of 64 bytes which no character goes on into, `left` with what is behind them.
inline Judgement judge(const Lanes& bytes, usize left) {
  Lanes places{};
  for (usize i = character_max; i < character_max + block; i += sizeof(Vector)) {
    store_vector(&places[i], places_of(&bytes[i]));
  }
  Judgement result;
  for (usize i = 0; i < block; i += sizeof(Vector)) {
    const u8* const at = &places[character_max + i];
    const Vector place = load_vector(at);
    const Vector is_part = ((place | load_vector(at + 1)) & (ends_two | ends_three | ends_four)) |
                           (load_vector(at + 2) & (ends_three | ends_four)) |
                           (load_vector(at + 3) & ends_four);
    const Vector is_whole =
        Vector(load_vector(&bytes[character_max + i]) < 0x80) | Vector(is_part != 0);
    const Vector is_dropped = Vector((place & goes_on) != 0);
    store_vector(&result.written[i],
                 (is_whole & 1) | (~is_whole & ~is_dropped & replacement_bytes));
  }
  result.bytes = left <= block ? left : certain_bytes;
  while (left > block && result.bytes < block &&
         (places[character_max + result.bytes] & goes_on) != 0) {
    ++result.bytes;
  }
  static constexpr auto ones = [] {
    std::array<u8, block> all{};
    all.fill(1);
    return all;
  }();
  result.is_sound = std::memcmp(ones.data(), result.written.data(), result.bytes) == 0;
  return result;
}

// Writes up to three bytes more than it goes on.
inline char* write_judged(const Lanes& bytes, const Judgement& judged, char* to) {
  const u32 replaced = std::bit_cast<u32>(replacement);
  for (usize i = 0; i < judged.bytes; ++i) {
    const u32 byte = bytes[character_max + i];
    const u32 is_replaced = judged.written[i] >> 1;
    const u32 stored = byte + (replaced - byte) * is_replaced;  // a choice would be a branch
    std::memcpy(to, &stored, sizeof stored);
    to += judged.written[i];
  }
  return to;
}

inline bool is_ascii_block(const char* text) {
  std::array<u64, block / sizeof(u64)> eights;
  std::memcpy(eights.data(), text, block);
  u64 any = 0;
  for (const u64 eight : eights) any |= eight;
  return (any & 0x8080808080808080) == 0;
}

}  // namespace

void append_repaired(std::string_view text, std::string& out) {
  const usize before = out.size();
  out.resize(before + text.size() * replacement_bytes + replacement.size());
  char* to = out.data() + before;
  while (!text.empty()) {
    if (text.size() >= block && is_ascii_block(text.data())) {
      std::memcpy(to, text.data(), block);
      to += block;
      text.remove_prefix(block);
      continue;
    }
    Lanes bytes{};  // zeros behind the text break what is not whole there
    std::memcpy(&bytes[character_max], text.data(), std::min(text.size(), block));
    const Judgement judged = judge(bytes, text.size());
    if (judged.is_sound) {
      std::memcpy(to, text.data(), judged.bytes);
      to += judged.bytes;
    } else {
      to = write_judged(bytes, judged, to);
    }
    text.remove_prefix(judged.bytes);
  }
  out.resize(usize(to - out.data()));
}

}  // namespace shale

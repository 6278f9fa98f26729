// The inner loops of reading a few postings out of many: where a range begins in an array of
// documents, where one of them stands, and frequencies, or sums of them, out of their nibbles.
//
// With SSE2, which every x86-64 has, and plain twins with the same results elsewhere and where so
// many bytes are not there: nothing is read beyond what the spans hold, whatever stands in them.
// `out` and `before` have room for `part_slack` more than is asked for. Used by range_reader and
// position_reader.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/bytes.hpp"
#include "model/range_postings.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shale::shard {

inline constexpr usize part_slack = 16;

// Where in ascending `values`, from `at` on, those from `low` to `low + range_documents` lie:
// [begin, end).
struct Stretch {
  usize begin = 0;
  usize end = 0;
};
inline Stretch find_range(std::span<const u16> values, usize at, u16 low) {
  Stretch found{values.size(), 0};
  const u16 last = u16(low + range_documents - 1);
#if defined(__SSE2__)
  // What a saturated difference leaves is 0 where a value is not below, or not above.
  const __m128i lows = _mm_set1_epi16(short(low));
  const __m128i lasts = _mm_set1_epi16(short(last));
  const __m128i zero = _mm_setzero_si128();
  for (; at + 16 <= values.size(); at += 16) {
    __m128i some[2];
    std::memcpy(some, values.data() + at, sizeof some);
    const u32 reached = u32(
        _mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(_mm_subs_epu16(lows, some[0]), zero),
                                          _mm_cmpeq_epi16(_mm_subs_epu16(lows, some[1]), zero))));
    if (reached == 0) continue;
    const u32 inside = u32(
        _mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(_mm_subs_epu16(some[0], lasts), zero),
                                          _mm_cmpeq_epi16(_mm_subs_epu16(some[1], lasts), zero))));
    found.begin = std::min(found.begin, at + usize(std::countr_zero(reached)));
    if (inside != 0xffff) return {found.begin, at + usize(std::countr_zero(~inside))};
  }
#endif
  while (at < values.size() && values[at] < low) ++at;
  found.begin = std::min(found.begin, at);
  while (at < values.size() && values[at] <= last) ++at;
  return {found.begin, at};
}

// Which of the `count` ascending values from `first` on is `value`; `count` where none is.
inline usize find_value(std::span<const u16> values, usize first, usize count, u16 value) {
  usize i = 0;
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi16(short(value));
  for (; i < count && first + i + 16 <= values.size(); i += 16) {
    __m128i some[2];
    std::memcpy(some, values.data() + first + i, sizeof some);
    const u32 equal = u32(_mm_movemask_epi8(
        _mm_packs_epi16(_mm_cmpeq_epi16(some[0], wanted), _mm_cmpeq_epi16(some[1], wanted))));
    if (equal != 0) return std::min(count, i + usize(std::countr_zero(equal)));
  }
#endif
  for (; i < count; ++i) {
    if (values[first + i] == value) return i;
  }
  return count;
}

// out[i] = the low byte of values[first + i], `count` of them.
inline void low_bytes(std::span<const u16> values, usize first, usize count, u8* out) {
  usize i = 0;
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi16(0xff);
  for (; i < count && first + i + 16 <= values.size(); i += 16) {
    __m128i some[2];
    std::memcpy(some, values.data() + first + i, sizeof some);
    const __m128i bytes =
        _mm_packus_epi16(_mm_and_si128(some[0], low), _mm_and_si128(some[1], low));
    std::memcpy(out + i, &bytes, sizeof bytes);
  }
#endif
  for (; i < count; ++i) out[i] = u8(values[first + i]);
}

// out[i] = nibble first + i, two to a byte, low one first, `count` of them. Whether 15 is among
// them or just behind.
inline bool read_nibbles(Bytes nibbles, usize first, usize count, u32* out) {
  bool has_15 = false;
  usize i = 0;
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi8(15);
  const __m128i zero = _mm_setzero_si128();
  __m128i largest = zero;
  for (; i < count && (first + i) / 2 + 9 <= nibbles.size(); i += 16) {
    u64 pairs = load<u64>(nibbles.data() + (first + i) / 2);
    const u64 next = u64(nibbles[(first + i) / 2 + 8]);
    if (first % 2 != 0) pairs = pairs >> 4 | next << 60;
    const __m128i bytes = _mm_cvtsi64_si128(i64(pairs));
    const __m128i each =
        _mm_unpacklo_epi8(_mm_and_si128(bytes, low), _mm_and_si128(_mm_srli_epi16(bytes, 4), low));
    largest = _mm_max_epu8(largest, each);
    const __m128i halves[2] = {_mm_unpacklo_epi8(each, zero), _mm_unpackhi_epi8(each, zero)};
    const __m128i whole[4] = {
        _mm_unpacklo_epi16(halves[0], zero), _mm_unpackhi_epi16(halves[0], zero),
        _mm_unpacklo_epi16(halves[1], zero), _mm_unpackhi_epi16(halves[1], zero)};
    std::memcpy(out + i, whole, sizeof whole);
  }
  has_15 = _mm_movemask_epi8(_mm_cmpeq_epi8(largest, low)) != 0;
#endif
  for (; i < count; ++i) {
    out[i] = u32(nibbles[(first + i) / 2]) >> ((first + i) % 2 * 4) & 15;
    has_15 = has_15 || out[i] == 15;
  }
  return has_15;
}

// before[i] = the sum of the first i nibbles, i = 0..count, count <= 64. Whether 15 is among them
// or behind them.
inline bool add_up_nibbles(Bytes nibbles, usize count, u32* before) {
  bool has_15 = false;
  usize i = 0;
  before[0] = 0;
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi8(15);
  const __m128i zero = _mm_setzero_si128();
  __m128i largest = zero;
  for (; i < count && i / 2 + 8 <= nibbles.size(); i += 16) {
    const __m128i bytes = _mm_cvtsi64_si128(i64(load<u64>(nibbles.data() + i / 2)));
    __m128i sums =
        _mm_unpacklo_epi8(_mm_and_si128(bytes, low), _mm_and_si128(_mm_srli_epi16(bytes, 4), low));
    largest = _mm_max_epu8(largest, sums);
    sums = _mm_add_epi8(sums, _mm_slli_si128(sums, 1));
    sums = _mm_add_epi8(sums, _mm_slli_si128(sums, 2));
    sums = _mm_add_epi8(sums, _mm_slli_si128(sums, 4));
    sums = _mm_add_epi8(sums, _mm_slli_si128(sums, 8));  // 16 of 15 or less fit a byte
    const __m128i base = _mm_set1_epi32(int(before[i]));
    const __m128i halves[2] = {_mm_unpacklo_epi8(sums, zero), _mm_unpackhi_epi8(sums, zero)};
    const __m128i whole[4] = {_mm_add_epi32(_mm_unpacklo_epi16(halves[0], zero), base),
                              _mm_add_epi32(_mm_unpackhi_epi16(halves[0], zero), base),
                              _mm_add_epi32(_mm_unpacklo_epi16(halves[1], zero), base),
                              _mm_add_epi32(_mm_unpackhi_epi16(halves[1], zero), base)};
    std::memcpy(before + i + 1, whole, sizeof whole);
  }
  has_15 = _mm_movemask_epi8(_mm_cmpeq_epi8(largest, low)) != 0;
#endif
  for (; i < count; ++i) {
    const u32 nibble = u32(nibbles[i / 2]) >> (i % 2 * 4) & 15;
    before[i + 1] = before[i] + nibble;
    has_15 = has_15 || nibble == 15;
  }
  return has_15;
}

}  // namespace shale::shard

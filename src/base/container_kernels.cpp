#include "base/container_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/kernel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shale {
namespace {

// So many times as long, the longer array is searched instead of walked through.
constexpr usize search_ratio = 32;

// -- plain --

enum class Operation : u8 { both, either, first_only };

template <Operation operation>
u64 combined(u64 a, u64 b) {
  if constexpr (operation == Operation::both) return a & b;
  if constexpr (operation == Operation::either) return a | b;
  if constexpr (operation == Operation::first_only) return a & ~b;
}

template <Operation operation>
u32 combine_plain(Bitset a, Bitset b, u64* out) {
  u32 count = 0;
  for (usize i = 0; i < bitset_words; ++i) {
    out[i] = combined<operation>(a[i], b[i]);
    count += u32(std::popcount(out[i]));
  }
  return count;
}

u32 count_words_plain(Bitset words) {
  u32 count = 0;
  for (const u64 word : words) count += u32(std::popcount(word));
  return count;
}

// Without branches: which of two values is smaller cannot be foretold. `room` is never short where
// the values ascend.
u32 merge_values(std::span<const u16> a, std::span<const u16> b, u16* out, u32 room) {
  usize i = 0, j = 0;
  u32 found = 0;
  while (i < a.size() && j < b.size() && found < room) {
    const u16 x = a[i], y = b[j];
    out[found] = x;
    found += x == y ? 1 : 0;
    i += x <= y ? 1 : 0;
    j += y <= x ? 1 : 0;
  }
  return found;
}

// The values of a short array, each searched in what is left of a long one.
u32 search_values(std::span<const u16> few, std::span<const u16> many, u16* out) {
  u32 found = 0;
  usize begin = 0;
  for (const u16 value : few) {
    usize step = 1;
    while (begin + step < many.size() && many[begin + step] < value) step *= 2;
    const auto from = many.begin() + std::ptrdiff_t(begin + step / 2);
    const auto to = many.begin() + std::ptrdiff_t(std::min(begin + step + 1, many.size()));
    begin = usize(std::lower_bound(from, to, value) - many.begin());
    if (begin == many.size()) break;
    out[found] = value;
    found += many[begin] == value ? 1 : 0;
  }
  return found;
}

u32 select_values(std::span<const u16> values, Bitset words, u64 wanted, u16* out) {
  u32 found = 0;
  for (const u16 value : values) {
    out[found] = value;
    found += (words[value / 64] >> (value % 64) & 1) == wanted ? 1 : 0;
  }
  return found;
}

// -- vector --

#if defined(__x86_64__)

// Number of bits in each of four words: by sixteenths, Mula, Kurz and Lemire, "Faster Population
// Counts Using AVX2 Instructions" (2018).
[[gnu::target("avx2")]] inline __m256i bit_counts(__m256i words) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                          2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i halves[] = {_mm256_and_si256(words, low),
                            _mm256_and_si256(_mm256_srli_epi16(words, 4), low)};
  const __m256i sum = _mm256_add_epi8(_mm256_shuffle_epi8(counts, halves[0]),
                                      _mm256_shuffle_epi8(counts, halves[1]));
  return _mm256_sad_epu8(sum, _mm256_setzero_si256());
}

[[gnu::target("avx2")]] inline u32 sum_of(__m256i words) {
  const __m128i pair =
      _mm_add_epi64(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  return u32(_mm_cvtsi128_si64(pair)) + u32(_mm_extract_epi64(pair, 1));
}

[[gnu::target("avx2")]] inline __m256i load_words(Bitset words, usize at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(&words[at])));
}
[[gnu::target("avx2")]] inline void store_words(__m256i words, u64* out) {
  _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(out)), words);
}

template <Operation operation>
[[gnu::target("avx2")]] u32 combine_vector(Bitset a, Bitset b, u64* out) {
  __m256i sum = _mm256_setzero_si256();
  for (usize i = 0; i < bitset_words; i += 4) {
    __m256i words = load_words(a, i);
    const __m256i others = load_words(b, i);
    if constexpr (operation == Operation::both) words = _mm256_and_si256(words, others);
    if constexpr (operation == Operation::either) words = _mm256_or_si256(words, others);
    if constexpr (operation == Operation::first_only) words = _mm256_andnot_si256(others, words);
    store_words(words, out + i);
    sum = _mm256_add_epi64(sum, bit_counts(words));
  }
  return sum_of(sum);
}

[[gnu::target("avx2")]] u32 count_words_vector(Bitset words) {
  __m256i sum = _mm256_setzero_si256();
  for (usize i = 0; i < bitset_words; i += 4) {
    sum = _mm256_add_epi64(sum, bit_counts(load_words(words, i)));
  }
  return sum_of(sum);
}

// For each of the 256 sets of eight values: the bytes of those in the set, moved to the front.
using Shuffles = std::array<std::array<u8, 16>, 256>;
constexpr Shuffles make_shuffles() {
  Shuffles shuffles{};
  for (usize set = 0; set < shuffles.size(); ++set) {
    usize to = 0;
    for (usize from = 0; from < 8; ++from) {
      if ((set >> from & 1) == 0) continue;
      shuffles[set][to++] = u8(2 * from);
      shuffles[set][to++] = u8(2 * from + 1);
    }
  }
  return shuffles;
}
alignas(16) constexpr Shuffles shuffles = make_shuffles();

[[gnu::target("sse4.2")]] inline __m128i load_values(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

// Eight against eight in one instruction: Schlegel, Willhalm and Lehner, "Fast Sorted-Set
// Intersection using SIMD Instructions" (ADMS 2011). A block stays until the other one has passed
// it.
[[gnu::target("sse4.2,popcnt")]] u32 and_values_vector(std::span<const u16> a,
                                                       std::span<const u16> b, u16* out, u32 room) {
  constexpr usize lanes = 8;
  constexpr int mode = _SIDD_UWORD_OPS;  // each equal to any, as a mask of bits
  const usize a_end = a.size() / lanes * lanes, b_end = b.size() / lanes * lanes;
  usize i = 0, j = 0;
  u32 found = 0;
  while (i < a_end && j < b_end && found < room) {
    const __m128i values = load_values(&a[i]);
    const u16 a_last = a[i + lanes - 1], b_last = b[j + lanes - 1];
    const __m128i both = _mm_cmpestrm(load_values(&b[j]), lanes, values, lanes, mode);
    const u32 set = u32(_mm_cvtsi128_si32(both)) & 0xff;
    const __m128i packed = _mm_shuffle_epi8(values, load_values(shuffles[set].data()));
    _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(out + found)), packed);
    found += u32(std::popcount(set));
    i += a_last <= b_last ? lanes : 0;
    j += b_last <= a_last ? lanes : 0;
  }
  found = std::min(found, room);
  return found + merge_values(a.subspan(i), b.subspan(j), out + found, room - found);
}

#endif

template <Operation operation>
u32 combine(Bitset a, Bitset b, u64* out) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return combine_vector<operation>(a, b, out);
#endif
  return combine_plain<operation>(a, b, out);
}

}  // namespace

u32 and_words(Bitset a, Bitset b, u64* out) { return combine<Operation::both>(a, b, out); }
u32 or_words(Bitset a, Bitset b, u64* out) { return combine<Operation::either>(a, b, out); }
u32 and_not_words(Bitset a, Bitset b, u64* out) {
  return combine<Operation::first_only>(a, b, out);
}

u32 count_words(Bitset words) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return count_words_vector(words);
#endif
  return count_words_plain(words);
}

u32 and_values(std::span<const u16> a, std::span<const u16> b, u16* out) {
  const auto [few, many] = std::minmax(a, b, [](auto x, auto y) { return x.size() < y.size(); });
  if (few.size() * search_ratio < many.size()) return search_values(few, many, out);
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return and_values_vector(a, b, out, u32(few.size()));
#endif
  return merge_values(a, b, out, u32(few.size()));
}

u32 select_members(std::span<const u16> values, Bitset words, u16* out) {
  return select_values(values, words, 1, out);
}
u32 select_others(std::span<const u16> values, Bitset words, u16* out) {
  return select_values(values, words, 0, out);
}

// By bytes, since the next value is seldom in the same one: of words, each store would have to be
// awaited by the load behind it.
void add_members(std::span<const u16> values, u64* words) {
  static_assert(std::endian::native == std::endian::little);
  u8* const bytes = static_cast<u8*>(static_cast<void*>(words));
  for (const u16 value : values) bytes[value / 8] = u8(bytes[value / 8] | 1u << value % 8);
}
void remove_members(std::span<const u16> values, u64* words) {
  for (const u16 value : values) words[value / 64] &= ~(u64(1) << (value % 64));
}

}  // namespace shale

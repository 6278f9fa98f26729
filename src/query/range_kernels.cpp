#include "query/range_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/kernel.hpp"
#include "model/bm25.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shale::query {
namespace {

// -- plain --

void add_bounds_from(usize begin, std::span<float> sums, std::span<const u8> maxima, float factor) {
  for (usize i = begin; i < maxima.size(); ++i) sums[i] += factor * float(maxima[i]);
}

float largest_from(usize begin, std::span<const float> values) {
  float most = 0;
  for (usize i = begin; i < values.size(); ++i) most = std::max(most, values[i]);
  return most;
}

u32 count_from(usize begin, std::span<const float> values, float low) {
  u32 count = 0;
  for (usize i = begin; i < values.size(); ++i) count += values[i] >= low ? 1 : 0;
  return count;
}

u32 select_from(usize begin, std::span<const float> values, float low, float high, u32* out) {
  u32 found = 0;
  for (usize i = begin; i < values.size(); ++i) {
    if (values[i] >= low && values[i] < high) out[found++] = u32(i);
  }
  return found;
}

u64 bits_from(usize begin, std::span<const u32> values, u32 most) {
  u64 bits = 0;
  for (usize i = begin; i < values.size(); ++i) bits |= u64(values[i] <= most ? 1 : 0) << i;
  return bits;
}

void norms_from(usize begin, std::span<const u32> lengths, float average_length, float* norms) {
  for (usize i = begin; i < lengths.size(); ++i) norms[i] = bm25_norm(lengths[i], average_length);
}

void score_all_from(usize begin, std::span<const u32> tfs, float weight, float* scores) {
  for (usize i = begin; i < tfs.size(); ++i) scores[i] = bm25_score(weight, tfs[i], scores[i]);
}

void scores_from(usize begin, std::span<const u8> offsets, const u32* tfs, const PostingScores& how,
                 float* scores) {
  for (usize i = begin; i < offsets.size(); ++i) {
    const float norm = bm25_norm(how.lengths[offsets[i]], how.average_length);
    scores[i] = bm25_score(how.weight, tfs[i], norm);
  }
}

// -- eight at a time; each hands the rest to its plain twin --

#if defined(__x86_64__)

constexpr usize lanes = 8;

// Of numbers below 2^31: no frequency and no length is larger.
[[gnu::target("avx2")]] inline __m256 floats_of(const u32* from) {
  __m256i whole;
  std::memcpy(&whole, from, sizeof whole);
  return _mm256_cvtepi32_ps(whole);
}

[[gnu::target("avx2")]] inline __m256i integers_of(const u8* from) {
  return _mm256_cvtepu8_epi32(_mm_loadu_si64(from));
}

[[gnu::target("avx2")]] void add_bounds_vector(std::span<float> sums, std::span<const u8> maxima,
                                               float factor) {
  const __m256 factors = _mm256_set1_ps(factor);
  usize i = 0;
  for (; i + lanes <= maxima.size(); i += lanes) {
    const __m256 values = _mm256_cvtepi32_ps(integers_of(maxima.data() + i));
    const __m256 before = _mm256_loadu_ps(sums.data() + i);
    _mm256_storeu_ps(sums.data() + i, _mm256_add_ps(before, _mm256_mul_ps(factors, values)));
  }
  add_bounds_from(i, sums, maxima, factor);
}

[[gnu::target("avx2")]] float largest_vector(std::span<const float> values) {
  __m256 most = _mm256_setzero_ps();
  usize i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    most = _mm256_max_ps(most, _mm256_loadu_ps(values.data() + i));
  }
  float of_lanes[lanes];
  std::memcpy(of_lanes, &most, sizeof most);
  return std::max(largest_from(0, of_lanes), largest_from(i, values));
}

[[gnu::target("avx2,bmi,popcnt")]] u32 count_vector(std::span<const float> values, float low) {
  const __m256 lows = _mm256_set1_ps(low);
  u32 count = 0;
  usize i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    const __m256 some = _mm256_loadu_ps(values.data() + i);
    count += u32(std::popcount(u32(_mm256_movemask_ps(_mm256_cmp_ps(some, lows, _CMP_GE_OQ)))));
  }
  return count + count_from(i, values, low);
}

[[gnu::target("avx2,bmi")]] u32 select_vector(std::span<const float> values, float low, float high,
                                              u32* out) {
  const __m256 lows = _mm256_set1_ps(low);
  const __m256 highs = _mm256_set1_ps(high);
  u32 found = 0;
  usize i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    const __m256 some = _mm256_loadu_ps(values.data() + i);
    const __m256 both = _mm256_and_ps(_mm256_cmp_ps(some, lows, _CMP_GE_OQ),
                                      _mm256_cmp_ps(some, highs, _CMP_LT_OQ));
    for (u32 mask = u32(_mm256_movemask_ps(both)); mask != 0; mask &= mask - 1) {
      out[found++] = u32(i) + u32(std::countr_zero(mask));
    }
  }
  return found + select_from(i, values, low, high, out + found);
}

[[gnu::target("avx2")]] u64 bits_vector(std::span<const u32> values, u32 most) {
  const __m256i mosts = _mm256_set1_epi32(int(most));
  u64 bits = 0;
  usize i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    __m256i some;
    std::memcpy(&some, values.data() + i, sizeof some);
    const __m256 larger = _mm256_castsi256_ps(_mm256_cmpgt_epi32(some, mosts));
    bits |= u64(u8(~u32(_mm256_movemask_ps(larger)))) << i;
  }
  return bits | bits_from(i, values, most);
}

// The operations of bm25_norm in their order.
[[gnu::target("avx2")]] inline __m256 norms_of(__m256 lengths, float average_length) {
  const __m256 share =
      _mm256_div_ps(_mm256_mul_ps(_mm256_set1_ps(bm25_b), lengths), _mm256_set1_ps(average_length));
  return _mm256_mul_ps(_mm256_set1_ps(bm25_k1),
                       _mm256_add_ps(_mm256_set1_ps(1.0f - bm25_b), share));
}

[[gnu::target("avx2")]] void norms_vector(std::span<const u32> lengths, float average_length,
                                          float* norms) {
  usize i = 0;
  for (; i + lanes <= lengths.size(); i += lanes) {
    _mm256_storeu_ps(norms + i, norms_of(floats_of(lengths.data() + i), average_length));
  }
  norms_from(i, lengths, average_length, norms);
}

[[gnu::target("avx2")]] void score_all_vector(std::span<const u32> tfs, float weight,
                                              float* scores) {
  usize i = 0;
  for (; i + lanes <= tfs.size(); i += lanes) {
    const __m256 tf = floats_of(tfs.data() + i);
    const __m256 most = _mm256_mul_ps(_mm256_set1_ps(weight), tf);
    const __m256 all = _mm256_add_ps(tf, _mm256_loadu_ps(scores + i));
    _mm256_storeu_ps(scores + i, _mm256_div_ps(most, all));
  }
  score_all_from(i, tfs, weight, scores);
}

[[gnu::target("avx2")]] void scores_vector(std::span<const u8> offsets, const u32* tfs,
                                           const PostingScores& how, float* scores) {
  usize i = 0;
  const int* const lengths = static_cast<const int*>(static_cast<const void*>(how.lengths));
  for (; i + lanes <= offsets.size(); i += lanes) {
    const __m256i at = integers_of(offsets.data() + i);
    const __m256 length = _mm256_cvtepi32_ps(_mm256_i32gather_epi32(lengths, at, 4));
    const __m256 norm = norms_of(length, how.average_length);
    const __m256 tf = floats_of(tfs + i);
    const __m256 score =
        _mm256_div_ps(_mm256_mul_ps(_mm256_set1_ps(how.weight), tf), _mm256_add_ps(tf, norm));
    _mm256_storeu_ps(scores + i, score);
  }
  scores_from(i, offsets, tfs, how, scores);
}

#endif

}  // namespace

void clear(std::span<float> sums) { std::fill(sums.begin(), sums.end(), 0.0f); }

void add_bounds(std::span<float> sums, std::span<const u8> maxima, float factor) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return add_bounds_vector(sums, maxima, factor);
#endif
  add_bounds_from(0, sums, maxima, factor);
}

float largest(std::span<const float> values) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return largest_vector(values);
#endif
  return largest_from(0, values);
}

u32 count_at_least(std::span<const float> values, float low) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return count_vector(values, low);
#endif
  return count_from(0, values, low);
}

u32 select_between(std::span<const float> values, float low, float high, u32* out) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return select_vector(values, low, high, out);
#endif
  return select_from(0, values, low, high, out);
}

u64 bits_at_most(std::span<const u32> values, u32 most) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return bits_vector(values, most);
#endif
  return bits_from(0, values, most);
}

void norms_of(std::span<const u32> lengths, float average_length, float* norms) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return norms_vector(lengths, average_length, norms);
#endif
  norms_from(0, lengths, average_length, norms);
}

void score_all(std::span<const u32> tfs, float weight, std::span<float> norms_to_scores) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return score_all_vector(tfs, weight, norms_to_scores.data());
#endif
  score_all_from(0, tfs, weight, norms_to_scores.data());
}

void scores_of(std::span<const u8> offsets, const u32* tfs, const PostingScores& how,
               float* scores) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return scores_vector(offsets, tfs, how, scores);
#endif
  scores_from(0, offsets, tfs, how, scores);
}

}  // namespace shale::query

// The inner loops of pruned ranking: over all ranges of an index, and over one range's documents.
//
// Each has an AVX2 twin (base/kernel.hpp), and both twins round alike (no fused multiply-add), so
// that a score has the same bits on every machine. Arrays need no alignment; nothing allocates.
// Used by union_ranker and set_ranker.
#pragma once

#include <span>

#include "base/integers.hpp"

namespace shale::query {

// All zero; a loop, because `rep stos`, which the compiler takes for a constant size, is slow to
// start.
void clear(std::span<float> sums);

// sums[i] += factor * maxima[i].
void add_bounds(std::span<float> sums, std::span<const u8> maxima, float factor);

float largest(std::span<const float> values);  // 0 where all are negative

// How many of `values` are at least `low`.
u32 count_at_least(std::span<const float> values, float low);

// The numbers i with low <= values[i] < high, ascending, to `out`, which has room for as many as
// there are values. Returns how many.
u32 select_between(std::span<const float> values, float low, float high, u32* out);

// Bit i is set where values[i] <= most, of up to 64 values below 2^31.
u64 bits_at_most(std::span<const u32> values, u32 most);

// bm25_norm of each length.
void norms_of(std::span<const u32> lengths, float average_length, float* norms);

// norms_to_scores[i] = bm25_score(weight, tfs[i], norms_to_scores[i]).
void score_all(std::span<const u32> tfs, float weight, std::span<float> norms_to_scores);

// scores[i] = bm25_score(weight, tfs[i], bm25_norm(lengths[offsets[i]], average_length)).
struct PostingScores {
  float weight = 0;
  float average_length = 1;
  const u32* lengths = nullptr;  // of the range's documents
};
void scores_of(std::span<const u8> offsets, const u32* tfs, const PostingScores& how,
               float* scores);

}  // namespace shale::query

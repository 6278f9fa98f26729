// BM25, the score: k1 1.2, b .75, Lucene's idf.
//
//   idf(t)      = ln(1 + (N - df + 0.5) / (df + 0.5))
//   score(t, d) = idf(t) * tf / (tf + k1 * (1 - b + b * length(d) / average length))
//
// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the
// idf that Lucene uses (never negative) and without the constant factor k1 + 1, which changes no
// order. N, df and the average count the live documents of a snapshot over all its indexes. Sums
// are taken in float, in the order of the query's terms, so that every path gives identical bits.
#pragma once

#include <cmath>

#include "base/integers.hpp"

namespace shale {

struct CorpusStatistics {
  u64 documents = 0;  // live
  u64 words = 0;      // sum of their lengths
  float average_length() const {
    return documents == 0 || words == 0 ? 1.0f : float(double(words) / double(documents));
  }
};

inline constexpr float bm25_k1 = 1.2f;
inline constexpr float bm25_b = 0.75f;

inline float bm25_idf(u64 documents, u64 df) {
  const double n = double(documents);
  const double d = double(df);
  return float(std::log(1.0 + (n - d + 0.5) / (d + 0.5)));
}

// The part of the denominator that depends on the document alone.
inline float bm25_norm(u32 length, float average_length) {
  return bm25_k1 * (1.0f - bm25_b + bm25_b * float(length) / average_length);
}

inline float bm25_score(float idf, u32 tf, float norm) {
  return idf * float(tf) / (float(tf) + norm);
}

}  // namespace shale

// The factor by which Query::recency prefers what is new:
//
//   factor = .5 + .5 * 2^(-age / half-life)      age = now - created, 0 for the future
//
// In [.5, 1], and .5 where nobody knows when a document was created: a score without it is an upper
// bound of the score with it, which is what keeps pruning exact (best_scores.hpp). The double is
// rounded to float before it is multiplied: a document has the same bits on every page.
// Used by search.cpp.
#pragma once

#include <chrono>
#include <cmath>

#include "model/fields.hpp"

namespace shale::query {

class Recency {
 public:
  Recency(std::chrono::microseconds half_life, i64 now)
      : half_life_(double(half_life.count())), now_(now) {}

  float factor(i64 created) const {
    if (created == no_number) return 0.5f;
    const double age = created >= now_ ? 0.0 : double(now_) - double(created);
    return float(0.5 + 0.5 * std::exp2(-age / half_life_));
  }
  float apply(float score, i64 created) const { return score * factor(created); }

 private:
  double half_life_;
  i64 now_;
};

}  // namespace shale::query

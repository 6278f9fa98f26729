// The score of the k-th best document so far: what another one must reach to matter.
//
// Two things narrow what counts. Documents of pages before score at least the ceiling: those above
// it are not wanted, and those on it do not count, since only the Collector knows on which side of
// the page's border they stand. And a score may be worth less than it is (recency.hpp), never more:
// what counts is its value, while one below the threshold is out whatever its value.
//
// Scores alone, no documents: a binary heap for k <= 64, for larger k a buffer of 1.5 k whose worse
// third is cut off when it is full (the heap takes 1.3 times as long from there on: RANKING 1a).
// Used by the rankers; who the k best are is the Collector's business.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/integers.hpp"

namespace shale::query {

class BestScores {
 public:
  // What a document's score is worth.
  using Value = std::function<float(u32 doc, float score)>;

  explicit BestScores(usize limit) : limit_(limit), is_heap_(limit <= heap_limit_max) {
    scores_.reserve(std::min(room(), reserved_max));
  }
  void set_ceiling(float score) { ceiling_ = score; }
  void set_value(Value value) { value_ = std::move(value); }

  // 0 until `limit` scores are known; never falls.
  float threshold() const { return threshold_; }

  // False where the document is not wanted.
  bool add(float score, u32 doc) {
    if (value_) score = value_(doc, score);
    if (score > ceiling_) return false;
    if (score < ceiling_) count(score);
    return true;
  }

 private:
  static constexpr usize heap_limit_max = 64;
  static constexpr usize reserved_max = 1 << 16;

  void count(float score) {
    if (limit_ == 0 || (scores_.size() >= limit_ && score <= threshold_)) return;
    is_heap_ ? add_to_heap(score) : add_to_buffer(score);
  }

  usize room() const { return is_heap_ ? limit_ : limit_ + limit_ / 2; }

  void add_to_heap(float score) {
    if (scores_.size() == limit_) {
      std::pop_heap(scores_.begin(), scores_.end(), std::greater<>());
      scores_.back() = score;
    } else {
      scores_.push_back(score);
    }
    std::push_heap(scores_.begin(), scores_.end(), std::greater<>());
    if (scores_.size() == limit_) threshold_ = scores_.front();
  }

  void add_to_buffer(float score) {
    scores_.push_back(score);
    if (scores_.size() != limit_ && scores_.size() < room()) return;
    const auto last = scores_.begin() + std::ptrdiff_t(limit_ - 1);
    std::nth_element(scores_.begin(), last, scores_.end(), std::greater<>());
    threshold_ = *last;
    scores_.resize(limit_);
  }

  usize limit_;
  bool is_heap_;
  float threshold_ = 0;
  float ceiling_ = std::numeric_limits<float>::infinity();
  Value value_;
  std::vector<float> scores_;
};

}  // namespace shale::query

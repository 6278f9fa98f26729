#include "query/set_ranker.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "model/bm25.hpp"
#include "query/range_kernels.hpp"

namespace shale::query {
namespace {

// Lengths are read so many at a time.
constexpr u32 chunk_documents = 4096;
constexpr u32 length_end = 1u << 31;  // no length is that large
constexpr usize candidates_slack = 4096;
constexpr u8 bound_max = 255;
constexpr float rounding = 1.00001f;

class SetRanker {
 public:
  SetRanker(const Index& index, const DenseSet& set, float weight, float average_length,
            BestScores& best, std::vector<ScoredDocument>& out)
      : index_(index),
        set_(set),
        weight_(weight),
        average_length_(average_length),
        best_(best),
        out_(out) {}

  Result<void> run() {
    lower_limit();
    const std::span<const u64> words = set_.words();
    for (u32 first = 0; first < set_.limit(); first += chunk_documents) {
      const usize begin = first / 64;
      const auto chunk =
          words.subspan(begin, std::min<usize>(chunk_documents / 64, words.size() - begin));
      if (std::all_of(chunk.begin(), chunk.end(), [](u64 word) { return word == 0; })) continue;
      const u32 count = std::min(chunk_documents, set_.limit() - first);
      TRY(index_.lengths(first, std::span(lengths_).first(count)));
      for (usize i = 0; i < chunk.size(); ++i) {
        if (chunk[i] == 0) continue;
        const usize at = i * 64;
        const auto lengths =
            std::span<const u32>(lengths_).subspan(at, std::min<usize>(64, count - at));
        offer(chunk[i], first + u32(at), lengths);
      }
    }
    return {};
  }

 private:
  float score_of(u32 length) const {
    return bm25_score(weight_, 1, bm25_norm(length, average_length_));
  }

  void offer(u64 members, u32 first, std::span<const u32> lengths) {
    for (u64 bits = members & bits_at_most(lengths, limit_); bits != 0; bits &= bits - 1) {
      const u32 i = u32(std::countr_zero(bits));
      if (lengths[i] > limit_) continue;
      const float score = score_of(lengths[i]);
      const float before = best_.threshold();
      if (best_.add(score, first + i)) out_.push_back({score, first + i});
      if (best_.threshold() > before) lower_limit();
      if (out_.size() > candidates_max_) drop_beaten();
    }
  }

  // The largest length that reaches the threshold. Scores never rise with it, rounded or not.
  void lower_limit() {
    u32 low = 0, high = length_end - 1;
    while (low < high) {
      const u32 middle = low + (high - low + 1) / 2;
      if (score_of(middle) >= best_.threshold())
        low = middle;
      else
        high = middle - 1;
    }
    limit_ = low;
  }

  void drop_beaten() {
    std::erase_if(out_, [&](const ScoredDocument& one) { return one.score < best_.threshold(); });
    candidates_max_ = 2 * out_.size() + candidates_slack;
  }

  const Index& index_;
  const DenseSet& set_;
  float weight_;
  float average_length_;
  BestScores& best_;
  std::vector<ScoredDocument>& out_;
  u32 limit_ = length_end - 1;
  usize candidates_max_ = candidates_slack;
  std::array<u32, chunk_documents> lengths_{};
};

}  // namespace

Result<void> rank_set(const Index& index, const DenseSet& set, float weight, float average_length,
                      BestScores& best, std::vector<ScoredDocument>& out) {
  return SetRanker(index, set, weight, average_length, best, out).run();
}

SetPostings::SetPostings(std::shared_ptr<const DenseSet> set)
    : set_(std::move(set)), maxima_(range_count(set_->limit())) {
  const std::span<const u64> words = set_->words();
  for (usize i = 0; i < words.size(); ++i) {
    if (words[i] != 0) maxima_[i * 64 / range_documents] = bound_max;
  }
  // Of a document without a word, in a collection of any average.
  bounds_ = {rounding / (1.0f + bm25_norm(0, 1.0f)) / float(bound_max), maxima_,
             std::numeric_limits<float>::max()};
}

Result<void> SetPostings::read(u32 range, RangeBlock& out) const {
  out.count = 0;
  const usize begin = usize(range) * range_documents / 64;
  const auto words = set_->words().subspan(begin);
  for (usize i = 0; i < std::min<usize>(words.size(), range_documents / 64); ++i) {
    for (u64 word = words[i]; word != 0; word &= word - 1) {
      out.offsets[out.count] = u8(i * 64 + usize(std::countr_zero(word)));
      out.tfs[out.count++] = 1;
    }
  }
  return {};
}

RangeMask SetPostings::members(u32 range) const {
  RangeMask mask;
  const auto words = set_->words().subspan(usize(range) * mask.words.size());
  std::copy_n(words.begin(), std::min(words.size(), mask.words.size()), mask.words.begin());
  return mask;
}

Result<void> SetPostings::frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const {
  for (const u8 offset : offsets) *tfs++ = set_->contains(range * range_documents + offset) ? 1 : 0;
  return {};
}

}  // namespace shale::query

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
    const KeptLengths lengths = TRY(index_.kept_lengths());
    if (lengths.all.size() != set_.limit()) return look_at_all();
    if (!offer_shortest(lengths)) offer_words(set_.words(), 0, lengths.all);
    return {};
  }

 private:
  // The lengths of every chunk that has members.
  Result<void> look_at_all() {
    const std::span<const u64> words = set_.words();
    for (u32 first = 0; first < set_.limit(); first += chunk_documents) {
      const auto chunk = part_of(words, first / 64, chunk_documents / 64);
      if (std::all_of(chunk.begin(), chunk.end(), [](u64 word) { return word == 0; })) continue;
      const u32 count = std::min(chunk_documents, set_.limit() - first);
      TRY(index_.lengths(first, std::span(lengths_).first(count)));
      offer_words(chunk, first, std::span<const u32>(lengths_).first(count));
    }
    return {};
  }

  // Shortest first; false where longer ones may be among the best as well.
  bool offer_shortest(const KeptLengths& lengths) {
    for (const u32 doc : lengths.shortest) {
      if (!set_.contains(doc)) continue;
      if (lengths.all[doc] > limit_) return true;
      offer_one(doc, lengths.all[doc]);
    }
    offered_below_ = lengths.listed_below;
    return limit_ < offered_below_;
  }

  // Members from document `first` on; `lengths` begins there, too.
  void offer_words(std::span<const u64> members, u32 first, std::span<const u32> lengths) {
    for (u32 i = 0; i < members.size(); ++i) {
      if (members[i] != 0) offer(members[i], first + i * 64, part_of(lengths, i * 64, 64));
    }
  }

  template <class T>
  static std::span<const T> part_of(std::span<const T> all, usize begin, usize count) {
    return all.subspan(begin, std::min(count, all.size() - begin));
  }

  float score_of(u32 length) const {
    return bm25_score(weight_, 1, bm25_norm(length, average_length_));
  }

  void offer(u64 members, u32 first, std::span<const u32> lengths) {
    for (u64 bits = members & bits_at_most(lengths, limit_); bits != 0; bits &= bits - 1) {
      const u32 i = u32(std::countr_zero(bits));
      if (lengths[i] >= offered_below_) offer_one(first + i, lengths[i]);
    }
  }

  void offer_one(u32 doc, u32 length) {
    if (length > limit_) return;
    const float score = score_of(length);
    const float before = best_.threshold();
    if (best_.add(score, doc)) out_.push_back({score, doc});
    if (best_.threshold() > before) lower_limit();
    if (out_.size() > candidates_max_) drop_beaten();
  }

  // The largest length that reaches the threshold. Scores never rise with it, rounded or not; nor
  // does the limit, which mostly falls by little: searched from above in growing steps.
  void lower_limit() {
    u32 high = limit_;  // all above are too long
    u32 step = 1;
    while (high > 0 && score_of(high) < best_.threshold()) {
      high -= std::min(high, step);
      step *= 2;
    }
    u32 low = high;
    high = std::min(limit_, high + step / 2);
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
  u32 offered_below_ = 0;  // what is shorter was
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

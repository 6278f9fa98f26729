#include "query/union_ranker.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "model/bm25.hpp"
#include "query/range_kernels.hpp"

namespace shale::query {
namespace {

// How many ranges are scored before the rest is chosen by threshold (RANKING 1).
constexpr usize first_ranges = 24;
// The threshold that is compared with sums of bounds, lowered by more than they can be rounded.
constexpr float rounding = 1.0f - 1e-5f;
// Beyond so many candidates those below the threshold are dropped.
constexpr usize candidates_slack = 4096;

// A word's part of one range.
struct Slice {
  u32 word = 0;
  float bound = 0;
  usize begin = 0;  // of a whole list
  usize end = 0;
};

class UnionRanker {
 public:
  UnionRanker(const Index& index, std::span<const WeightedWord> words, float average_length,
              const Bitmap* allowed, BestScores& best, std::vector<ScoredDocument>& out)
      : index_(index),
        words_(words),
        average_length_(average_length),
        allowed_(allowed),
        best_(best),
        out_(out),
        bounds_(range_count(index.document_count())),
        chosen_(bounds_.size()),
        list_scores_(words.size()),
        slices_(words.size()) {}

  Result<void> run() {
    for (usize i = 0; i < words_.size(); ++i) {
      if (words_[i].ranges != nullptr) {
        add_range_bounds(words_[i]);
      } else {
        TRY(score_list(i));
      }
    }
    const float cut = first_cut();
    TRY(score_ranges(cut, std::numeric_limits<float>::infinity()));
    return score_ranges(std::min(cut, std::max(best_.threshold() * rounding, smallest)), cut);
  }

 private:
  static constexpr float smallest = std::numeric_limits<float>::min();

  // -- bounds --

  float bound_factor(const WeightedWord& word) const {
    const RangeBounds& own = word.ranges->bounds();
    return word.weight * own.scale * std::max(1.0f, average_length_ / own.average_length);
  }

  void add_range_bounds(const WeightedWord& word) {
    add_bounds(bounds_, word.ranges->bounds().maxima, bound_factor(word));
  }

  // Exact scores of a whole list, which are its bounds too.
  Result<void> score_list(usize number) {
    const WeightedWord& word = words_[number];
    std::vector<float>& scores = list_scores_[number];
    std::vector<i64> lengths(word.docs.size());
    TRY(index_.numbers_of(Field::words, word.docs, lengths));
    scores.resize(word.docs.size());
    for (usize i = 0; i < scores.size(); ++i) {
      const u32 length = lengths[i] == no_number ? 0 : u32(lengths[i]);
      scores[i] = bm25_score(word.weight, word.tfs[i], bm25_norm(length, average_length_));
    }
    for (usize begin = 0; begin < scores.size();) {
      const u32 range = word.docs[begin] / range_documents;
      float most = 0;
      for (; begin < scores.size() && word.docs[begin] / range_documents == range; ++begin) {
        most = std::max(most, scores[begin]);
      }
      bounds_[range] += most;
    }
    return {};
  }

  // A bound that about `first_ranges` ranges reach.
  float first_cut() {
    const float most = *std::max_element(bounds_.begin(), bounds_.end());
    constexpr float step = 0.06f;
    for (float share = 1.0f - step; share > step; share -= step) {
      if (count_at_least(bounds_, most * share) >= first_ranges) return most * share;
    }
    return smallest;
  }

  // -- ranges --

  // The ranges with low <= bound < high, best first where they are few.
  Result<void> score_ranges(float low, float high) {
    const u32 count = select_between(bounds_, low, high, chosen_.data());
    const std::span<u32> chosen(chosen_.data(), count);
    if (high > low && count <= 4 * first_ranges) {
      std::sort(chosen.begin(), chosen.end(),
                [&](u32 a, u32 b) { return bounds_[a] > bounds_[b]; });
    }
    for (const u32 range : chosen) {
      if (bounds_[range] >= best_.threshold() * rounding) TRY(score_range(range));
    }
    return {};
  }

  // Those that have postings in the range, smallest bound first.
  std::span<Slice> slices_of(u32 range) {
    usize count = 0;
    for (u32 i = 0; i < words_.size(); ++i) {
      Slice slice{i, 0, 0, 0};
      if (words_[i].ranges != nullptr) {
        const u8 most = words_[i].ranges->bounds().maxima[range];
        if (most == 0) continue;
        slice.bound = bound_factor(words_[i]) * float(most);
      } else if (!find_in_list(range, slice)) {
        continue;
      }
      slices_[count++] = slice;
    }
    const std::span<Slice> found(slices_.data(), count);
    std::sort(found.begin(), found.end(),
              [](const Slice& a, const Slice& b) { return a.bound < b.bound; });
    return found;
  }

  bool find_in_list(u32 range, Slice& slice) const {
    const std::vector<u32>& docs = words_[slice.word].docs;
    const u32 first = range * range_documents;
    const auto begin = std::lower_bound(docs.begin(), docs.end(), first);
    slice.begin = slice.end = usize(begin - docs.begin());
    const std::vector<float>& scores = list_scores_[slice.word];
    for (; slice.end < docs.size() && docs[slice.end] - first < range_documents; ++slice.end) {
      slice.bound = std::max(slice.bound, scores[slice.end]);
    }
    return slice.begin != slice.end;
  }

  Result<void> score_range(u32 range) {
    const std::span<Slice> slices = slices_of(range);
    // The words that are looked up only: together they cannot reach the threshold.
    float rest = 0;
    usize looked_up = 0;
    while (looked_up < slices.size() &&
           rest + slices[looked_up].bound < best_.threshold() * rounding) {
      rest += slices[looked_up++].bound;
    }
    if (looked_up == slices.size()) return {};
    TRY(load_norms(range));
    sums_.fill(0);
    // In query order: where nothing is looked up, the sums are the scores.
    std::sort(slices.begin() + std::ptrdiff_t(looked_up), slices.end(),
              [](const Slice& a, const Slice& b) { return a.word < b.word; });
    for (const Slice& slice : slices.subspan(looked_up)) TRY(add_slice(range, slice));
    const float cut = std::max((best_.threshold() - rest) * rounding, smallest);
    const u32 count =
        select_between(sums_, cut, std::numeric_limits<float>::infinity(), promising_.data());
    for (const u32 offset : std::span(promising_).first(count)) {
      TRY(consider(range, u8(offset), slices.first(looked_up)));
    }
    return {};
  }

  Result<void> load_norms(u32 range) {
    const u32 first = range * range_documents;
    const u32 count = std::min(range_documents, index_.document_count() - first);
    TRY(index_.lengths(first, std::span(lengths_).first(count)));
    norms_of(std::span(lengths_).first(count), average_length_, norms_.data());
    return {};
  }

  Result<void> add_slice(u32 range, const Slice& slice) {
    const WeightedWord& word = words_[slice.word];
    if (word.ranges == nullptr) {
      for (usize i = slice.begin; i < slice.end; ++i) {
        sums_[word.docs[i] % range_documents] += list_scores_[slice.word][i];
      }
      return {};
    }
    TRY(word.ranges->read(range, block_));
    add_scores(std::span(block_.offsets).first(block_.count), block_.tfs.data(), word.weight,
               norms_.data(), sums_.data());
    return {};
  }

  // -- documents --

  Result<void> consider(u32 range, u8 offset, std::span<const Slice> looked_up) {
    const u32 doc = range * range_documents + offset;
    if (allowed_ != nullptr && !allowed_->contains(doc)) return {};
    float score = sums_[offset];
    if (!looked_up.empty()) {
      float reachable = score;
      for (const Slice& slice : looked_up) reachable += slice.bound;
      if (reachable < best_.threshold() * rounding) return {};
      score = TRY(exact_score(range, offset));
    }
    if (score < best_.threshold()) return {};
    best_.add(score);
    out_.push_back({score, doc});
    if (out_.size() > candidates_max_) drop_beaten();
    return {};
  }

  Result<float> exact_score(u32 range, u8 offset) {
    float score = 0;
    for (u32 i = 0; i < words_.size(); ++i) {
      const WeightedWord& word = words_[i];
      if (word.ranges == nullptr) {
        score += list_score(i, range * range_documents + offset);
      } else if (word.ranges->bounds().maxima[range] != 0) {
        const u32 tf = TRY(word.ranges->frequency(range, offset));
        if (tf != 0) score += bm25_score(word.weight, tf, norms_[offset]);
      }
    }
    return score;
  }

  float list_score(u32 number, u32 doc) const {
    const std::vector<u32>& docs = words_[number].docs;
    const auto at = std::lower_bound(docs.begin(), docs.end(), doc);
    if (at == docs.end() || *at != doc) return 0;
    return list_scores_[number][usize(at - docs.begin())];
  }

  void drop_beaten() {
    std::erase_if(out_, [&](const ScoredDocument& one) { return one.score < best_.threshold(); });
    candidates_max_ = 2 * out_.size() + candidates_slack;
  }

  const Index& index_;
  std::span<const WeightedWord> words_;
  float average_length_;
  const Bitmap* allowed_;
  BestScores& best_;
  std::vector<ScoredDocument>& out_;
  usize candidates_max_ = candidates_slack;

  std::vector<float> bounds_;  // of each range
  std::vector<u32> chosen_;
  std::vector<std::vector<float>> list_scores_;
  // Of one range.
  std::vector<Slice> slices_;
  RangeBlock block_;
  std::array<u32, range_documents> lengths_{};
  std::array<float, range_documents> norms_{};
  std::array<float, range_documents> sums_{};
  std::array<u32, range_documents> promising_{};
};

}  // namespace

Result<void> rank_union(const Index& index, std::span<const WeightedWord> words,
                        float average_length, const Bitmap* allowed, BestScores& best,
                        std::vector<ScoredDocument>& out) {
  if (words.empty() || index.document_count() == 0) return {};
  return UnionRanker(index, words, average_length, allowed, best, out).run();
}

}  // namespace shale::query

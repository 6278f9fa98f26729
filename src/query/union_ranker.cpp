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
// Lists as short as this are merged without a look at ranges.
constexpr usize short_list_max = 256;
constexpr int cut_steps = 12;
constexpr u32 no_document = ~u32(0);
// The threshold that is compared with sums of bounds, lowered by more than they can be rounded.
constexpr float rounding = 1.0f - 1e-5f;
// Beyond so many candidates those below the threshold are dropped.
constexpr usize candidates_slack = 4096;

// A word as the loops over ranges read it.
struct RankedWord {
  float weight = 0;
  const RangePostings* ranges = nullptr;
  std::span<const u8> maxima;  // where there are ranges, and what one of 1 adds to a score
  float factor = 0;
  std::span<const u32> docs;  // else
  std::vector<float> scores;  // one each
  u32 density = 0;            // postings in a range, on average
};

// What a word has in one range.
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
        given_(words),
        average_length_(average_length),
        allowed_(allowed),
        best_(best),
        out_(out),
        words_(words.size()),
        slices_(words.size()) {}

  Result<void> run() {
    bool all_short = true;
    for (usize i = 0; i < words_.size(); ++i) {
      TRY(prepare(given_[i], words_[i]));
      all_short &= words_[i].ranges == nullptr && words_[i].docs.size() <= short_list_max;
    }
    if (words_.size() == 1 && words_[0].ranges == nullptr) {
      offer_list(words_[0]);
      return {};
    }
    if (all_short) {
      merge_lists();
      return {};
    }
    add_all_bounds();
    const float cut = first_cut();
    TRY(score_ranges(cut, std::numeric_limits<float>::infinity()));
    return score_ranges(std::min(cut, std::max(threshold(), smallest)), cut);
  }

 private:
  static constexpr float smallest = std::numeric_limits<float>::min();

  // What a sum of bounds, or of scores in another order, must reach to matter.
  float threshold() const { return best_.threshold() * rounding; }

  Result<void> prepare(const WeightedWord& given, RankedWord& word) {
    word.weight = given.weight;
    word.density = given.df / range_count(index_.document_count());
    word.ranges = given.ranges.get();
    if (word.ranges == nullptr) return score_list(given, word);
    const RangeBounds& own = word.ranges->bounds();
    word.maxima = own.maxima;
    word.factor = word.weight * own.scale * std::max(1.0f, average_length_ / own.average_length);
    return {};
  }

  // The exact scores of a whole list, which are its bounds too.
  Result<void> score_list(const WeightedWord& given, RankedWord& word) {
    word.docs = given.docs;
    word.scores.resize(word.docs.size());
    list_lengths_.resize(word.docs.size());
    TRY(index_.lengths_of(word.docs, list_lengths_));
    norms_of(list_lengths_, average_length_, word.scores.data());
    score_all(given.tfs, word.weight, word.scores);
    return {};
  }

  // -- whole lists only --

  void offer_list(const RankedWord& word) {
    for (usize begin = 0; begin < word.scores.size(); begin += range_documents) {
      const usize size = std::min<usize>(range_documents, word.scores.size() - begin);
      const u32 count = select_between(std::span(word.scores).subspan(begin, size),
                                       std::max(best_.threshold(), smallest),
                                       std::numeric_limits<float>::infinity(), promising_.data());
      for (const u32 at : std::span(promising_).first(count)) {
        offer(word.scores[begin + at], word.docs[begin + at]);
      }
    }
  }

  void merge_lists() {
    for (;;) {
      u32 doc = no_document;
      for (u32 i = 0; i < words_.size(); ++i) {
        const usize at = slices_[i].begin;
        if (at < words_[i].docs.size()) doc = std::min(doc, words_[i].docs[at]);
      }
      if (doc == no_document) return;
      float score = 0;
      for (u32 i = 0; i < words_.size(); ++i) {
        usize& at = slices_[i].begin;
        if (at < words_[i].docs.size() && words_[i].docs[at] == doc)
          score += words_[i].scores[at++];
      }
      offer(score, doc);
    }
  }

  // -- bounds --

  void add_all_bounds() {
    bounds_.resize(range_count(index_.document_count()));
    chosen_.resize(bounds_.size());
    for (const RankedWord& word : words_) {
      if (word.ranges != nullptr) {
        add_bounds(bounds_, word.maxima, word.factor);
      } else {
        add_list_bounds(word);
      }
    }
  }

  void add_list_bounds(const RankedWord& word) {
    for (usize begin = 0; begin < word.docs.size();) {
      const u32 range = word.docs[begin] / range_documents;
      float most = 0;
      for (; begin < word.docs.size() && word.docs[begin] / range_documents == range; ++begin) {
        most = std::max(most, word.scores[begin]);
      }
      bounds_[range] += most;
    }
  }

  // A bound that some dozens of ranges reach, found by halving.
  float first_cut() {
    float low = 0, high = largest(bounds_);
    for (int step = 0; step < cut_steps; ++step) {
      const float middle = (low + high) / 2;
      const u32 count = count_at_least(bounds_, middle);
      if (count >= first_ranges && count <= 2 * first_ranges) return middle;
      (count < first_ranges ? high : low) = middle;
    }
    return std::max(low, smallest);
  }

  // -- ranges --

  // The ranges with low <= bound < high, best first where they are few.
  Result<void> score_ranges(float low, float high) {
    const u32 count = select_between(bounds_, low, high, chosen_.data());
    const std::span<u32> chosen(chosen_.data(), count);
    if (count <= 4 * first_ranges) {
      std::sort(chosen.begin(), chosen.end(),
                [&](u32 a, u32 b) { return bounds_[a] > bounds_[b]; });
    }
    for (const u32 range : chosen) {
      if (bounds_[range] >= threshold()) TRY(score_range(range));
    }
    return {};
  }

  // The words that have postings in the range, smallest bound first.
  std::span<Slice> slices_of(u32 range) {
    usize count = 0;
    for (u32 i = 0; i < words_.size(); ++i) {
      const RankedWord& word = words_[i];
      Slice slice{i, 0, 0, 0};
      if (word.ranges != nullptr) {
        slice.bound = word.factor * float(word.maxima[range]);
      } else {
        find_in_list(word, range, slice);
      }
      if (slice.bound == 0) continue;
      usize at = count++;
      for (; at > 0 && slices_[at - 1].bound > slice.bound; --at) slices_[at] = slices_[at - 1];
      slices_[at] = slice;
    }
    return {slices_.data(), count};
  }

  static void find_in_list(const RankedWord& word, u32 range, Slice& slice) {
    const u32 first = range * range_documents;
    const u32* begin = word.docs.data();
    // Halving without branches: which half it is cannot be foretold.
    for (usize size = word.docs.size(); size > 1; size -= size / 2) {
      begin += begin[size / 2 - 1] < first ? size / 2 : 0;
    }
    slice.begin = usize(begin - word.docs.data());
    if (slice.begin < word.docs.size() && *begin < first) ++slice.begin;
    slice.end = slice.begin;
    for (; slice.end < word.docs.size() && word.docs[slice.end] - first < range_documents;
         ++slice.end) {
      slice.bound = std::max(slice.bound, word.scores[slice.end]);
    }
  }

  Result<void> score_range(u32 range) {
    const std::span<Slice> slices = slices_of(range);
    // Words are left out, smallest bound first, as long as all of them together cannot reach the
    // threshold: a document that holds no other is none.
    usize left_out = 0;
    for (float rest = 0; left_out < slices.size(); ++left_out) {
      rest += slices[left_out].bound;
      if (rest >= threshold()) break;
    }
    if (left_out == slices.size()) return {};
    TRY(load_norms(range));
    clear(sums_);
    for (const Slice& slice : slices.subspan(left_out)) TRY(add_slice(range, slice));
    // Where many documents are promising yet, adding one more word costs less than looking it up.
    u32 count = select_promising(slices.first(left_out));
    while (left_out > 0 && count > lookups_max(slices[left_out - 1])) {
      TRY(add_slice(range, slices[--left_out]));
      count = select_promising(slices.first(left_out));
    }
    const bool is_exact = left_out == 0 && slices.size() < 3;  // two numbers add up either way
    for (const u32 offset : std::span(promising_).first(count)) {
      const u32 doc = range * range_documents + offset;
      if (is_exact) {
        offer(sums_[offset], doc);
      } else if (TRY(can_reach(range, u8(offset), slices.first(left_out)))) {
        offer(TRY(exact_score(range, u8(offset))), doc);
      }
    }
    return {};
  }

  // Those that reach the threshold if they hold all that was left out.
  u32 select_promising(std::span<const Slice> left_out) {
    const float cut = std::max(threshold() - sum_of_bounds(left_out) * (2 - rounding), smallest);
    return select_between(sums_, cut, std::numeric_limits<float>::infinity(), promising_.data());
  }

  static float sum_of_bounds(std::span<const Slice> slices) {
    float sum = 0;
    for (const Slice& slice : slices) sum += slice.bound;
    return sum;
  }

  // A look-up takes about as long as ten postings in a row.
  u32 lookups_max(const Slice& slice) const { return 2 + words_[slice.word].density / 10; }

  Result<void> load_norms(u32 range) {
    const u32 first = range * range_documents;
    const u32 count = std::min(range_documents, index_.document_count() - first);
    TRY(index_.lengths(first, std::span(lengths_).first(count)));
    norms_of(std::span(lengths_).first(count), average_length_, norms_.data());
    return {};
  }

  Result<void> add_slice(u32 range, const Slice& slice) {
    const RankedWord& word = words_[slice.word];
    if (word.ranges == nullptr) {
      for (usize i = slice.begin; i < slice.end; ++i) {
        sums_[word.docs[i] % range_documents] += word.scores[i];
      }
      return {};
    }
    TRY(word.ranges->read(range, block_));
    add_scores(std::span(block_.offsets).first(block_.count), block_.tfs.data(), word.weight,
               norms_.data(), sums_.data());
    return {};
  }

  // -- documents --

  // Adds what the words that were left out give, largest bound first, until it is decided.
  Result<bool> can_reach(u32 range, u8 offset, std::span<const Slice> left_out) {
    float sum = sums_[offset];
    for (; !left_out.empty(); left_out = left_out.first(left_out.size() - 1)) {
      if (sum + sum_of_bounds(left_out) * (2 - rounding) < threshold()) return false;
      sum += TRY(score_in(left_out.back(), range, offset));
    }
    return sum >= threshold();
  }

  Result<float> score_in(const Slice& slice, u32 range, u8 offset) {
    const RankedWord& word = words_[slice.word];
    if (word.ranges == nullptr) {
      for (usize i = slice.begin; i < slice.end; ++i) {
        if (u8(word.docs[i]) == offset) return word.scores[i];
      }
      return 0.0f;
    }
    const u32 tf = TRY(word.ranges->frequency(range, offset));
    return tf == 0 ? 0.0f : bm25_score(word.weight, tf, norms_[offset]);
  }

  // In query order.
  Result<float> exact_score(u32 range, u8 offset) {
    float score = 0;
    for (u32 i = 0; i < words_.size(); ++i) {
      Slice slice{i, 0, 0, 0};
      if (words_[i].ranges == nullptr) {
        find_in_list(words_[i], range, slice);
      } else if (words_[i].maxima[range] == 0) {
        continue;
      }
      score += TRY(score_in(slice, range, offset));
    }
    return score;
  }

  void offer(float score, u32 doc) {
    if (score < best_.threshold()) return;
    if (allowed_ != nullptr && !allowed_->contains(doc)) return;
    if (!best_.add(score, doc)) return;
    out_.push_back({score, doc});
    if (out_.size() > candidates_max_) drop_beaten();
  }

  void drop_beaten() {
    std::erase_if(out_, [&](const ScoredDocument& one) { return one.score < best_.threshold(); });
    candidates_max_ = 2 * out_.size() + candidates_slack;
  }

  const Index& index_;
  std::span<const WeightedWord> given_;
  float average_length_;
  const Bitmap* allowed_;
  BestScores& best_;
  std::vector<ScoredDocument>& out_;
  usize candidates_max_ = candidates_slack;

  std::vector<RankedWord> words_;
  std::vector<u32> list_lengths_;
  std::vector<float> bounds_;  // of each range
  std::vector<u32> chosen_;
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

Result<void> score_documents(const Index& index, std::span<const WeightedWord> words,
                             float average_length, std::span<const u32> docs, BestScores& best,
                             std::vector<ScoredDocument>& out) {
  std::vector<u32> lengths(docs.size());
  std::vector<float> norms(docs.size());
  std::vector<float> scores(docs.size(), 0.0f);
  TRY(index.lengths_of(docs, lengths));
  norms_of(lengths, average_length, norms.data());
  for (const WeightedWord& word : words) {
    auto at = word.docs.begin();
    for (usize i = 0; i < docs.size(); ++i) {
      u32 tf = 0;
      if (word.ranges != nullptr) {
        tf = TRY(word.ranges->frequency(docs[i] / range_documents, u8(docs[i])));
      } else {
        at = std::lower_bound(at, word.docs.end(), docs[i]);
        if (at != word.docs.end() && *at == docs[i]) tf = word.tfs[usize(at - word.docs.begin())];
      }
      if (tf != 0) scores[i] += bm25_score(word.weight, tf, norms[i]);
    }
  }
  for (usize i = 0; i < docs.size(); ++i) {
    if (best.add(scores[i], docs[i])) out.push_back({scores[i], docs[i]});
  }
  return {};
}

}  // namespace shale::query

#include "query/union_ranker.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "model/bm25.hpp"
#include "query/range_kernels.hpp"
#include "query/range_masks.hpp"

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
  std::span<const u32> docs;        // else
  std::vector<float> scores;        // one each
  std::vector<float> range_scores;  // the largest of each range, 0 where it has none
  std::vector<u32> range_begins;    // where it begins in `docs`, where it has any
  u32 density = 0;                  // postings in a range, on average
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
              const DocumentSet* allowed, BestScores& best, std::vector<ScoredDocument>& out)
      : index_(index),
        given_(words),
        average_length_(average_length),
        allowed_(allowed != nullptr ? std::optional<RangeMasks>(*allowed) : std::nullopt),
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
    for (RankedWord& word : words_) {
      if (word.ranges != nullptr) {
        add_bounds(bounds_, word.maxima, word.factor);
      } else {
        add_list_bounds(word);
      }
    }
    if (allowed_.has_value()) allowed_->clear_empty(bounds_);
  }

  void add_list_bounds(RankedWord& word) {
    word.range_scores.resize(bounds_.size());
    word.range_begins.resize(bounds_.size());
    for (usize begin = 0; begin < word.docs.size();) {
      const u32 range = word.docs[begin] / range_documents;
      float most = 0;
      word.range_begins[range] = u32(begin);
      for (; begin < word.docs.size() && word.docs[begin] / range_documents == range; ++begin) {
        most = std::max(most, word.scores[begin]);
      }
      word.range_scores[range] = most;
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
    slice.bound = word.range_scores[range];
    if (slice.bound == 0) return;
    slice.begin = slice.end = word.range_begins[range];
    const u32 behind = (range + 1) * range_documents;
    while (slice.end < word.docs.size() && word.docs[slice.end] < behind) ++slice.end;
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
    TRY(load_lengths(range));
    if (allowed_.has_value()) {
      const RangeMask mask = allowed_->mask(range);
      if (is_few(mask, slices)) return score_few(range, mask, slices);
    }
    TRY(score_postings(range, slices, left_out));
    forget_sums();
    return {};
  }

  Result<void> score_postings(u32 range, std::span<const Slice> slices, usize left_out) {
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

  // A look-up takes as long as this many postings in a row, and there is one for each word.
  static constexpr u32 lookup_postings = 10;

  bool is_few(const RangeMask& mask, std::span<const Slice> slices) const {
    u32 postings = 0;
    for (const Slice& slice : slices) postings += words_[slice.word].density;
    return mask.count() * slices.size() * lookup_postings < postings;
  }

  Result<void> score_few(u32 range, const RangeMask& mask, std::span<const Slice> slices) {
    u32 count = 0;
    mask.for_each([&](u8 offset) { promising_[count++] = offset; });
    for (const u32 offset : std::span(promising_).first(count)) {
      if (!TRY(can_reach(range, u8(offset), slices))) continue;
      offer_allowed(TRY(exact_score(range, u8(offset))), range * range_documents + offset);
    }
    return {};
  }

  // Those that reach the threshold if they hold all that was left out.
  u32 select_promising(std::span<const Slice> left_out) {
    const float cut = std::max(threshold() - sum_of_bounds(left_out) * (2 - rounding), smallest);
    if (touched_count_ > touched_max) {
      return select_between(sums_, cut, std::numeric_limits<float>::infinity(), promising_.data());
    }
    u32 count = 0;
    for (const u8 offset : std::span(touched_).first(touched_count_)) {
      promising_[count] = offset;
      count += sums_[offset] >= cut ? 1 : 0;
    }
    return count;
  }

  // Before postings are added there: remembers those that have no sum yet, while they are few.
  void touch(std::span<const u8> offsets) {
    if (touched_count_ + offsets.size() > touched_max) touched_count_ = touched_max + 1;
    if (touched_count_ > touched_max) return;
    for (const u8 offset : offsets) {
      touched_[touched_count_] = offset;
      touched_count_ += sums_[offset] == 0 ? 1 : 0;
    }
  }

  void forget_sums() {
    if (touched_count_ > touched_max) {
      clear(sums_);
    } else {
      for (const u8 offset : std::span(touched_).first(touched_count_)) sums_[offset] = 0;
    }
    touched_count_ = 0;
  }

  static float sum_of_bounds(std::span<const Slice> slices) {
    float sum = 0;
    for (const Slice& slice : slices) sum += slice.bound;
    return sum;
  }

  u32 lookups_max(const Slice& slice) const {
    return 2 + words_[slice.word].density / lookup_postings;
  }

  Result<void> load_lengths(u32 range) {
    lengths_ = TRY(index_.range_lengths(range));
    if (!lengths_.empty()) return {};
    const u32 first = range * range_documents;
    const u32 count = std::min(range_documents, index_.document_count() - first);
    TRY(index_.lengths(first, std::span(own_lengths_).first(count)));
    lengths_ = std::span(own_lengths_).first(count);
    return {};
  }

  Result<void> add_slice(u32 range, const Slice& slice) {
    const RankedWord& word = words_[slice.word];
    if (word.ranges == nullptr) {
      for (usize i = slice.begin; i < slice.end; ++i) {
        const u8 offset = u8(word.docs[i]);
        touch({&offset, 1});
        sums_[offset] += word.scores[i];
      }
      return {};
    }
    TRY(word.ranges->read(range, block_));
    const std::span<const u8> offsets = std::span(block_.offsets).first(block_.count);
    touch(offsets);
    add_scores(offsets, block_.tfs.data(), {word.weight, average_length_, lengths_.data()},
               sums_.data());
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
    return sum >= std::max(threshold(), smallest);
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
    if (tf == 0) return 0.0f;
    return bm25_score(word.weight, tf, bm25_norm(lengths_[offset], average_length_));
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
    if (!allowed_.has_value() || allowed_->contains(doc)) offer_allowed(score, doc);
  }

  void offer_allowed(float score, u32 doc) {
    if (score < best_.threshold()) return;
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
  std::optional<RangeMasks> allowed_;
  BestScores& best_;
  std::vector<ScoredDocument>& out_;
  usize candidates_max_ = candidates_slack;

  std::vector<RankedWord> words_;
  std::vector<u32> list_lengths_;
  std::vector<float> bounds_;  // of each range
  std::vector<u32> chosen_;
  // Of one range.
  static constexpr u32 touched_max = 48;
  std::vector<Slice> slices_;
  RangeBlock block_;
  std::span<const u32> lengths_;  // of its documents
  std::array<u32, range_documents> own_lengths_{};
  std::array<float, range_documents> sums_{};  // all 0 between two ranges
  std::array<u8, touched_max + 1> touched_{};  // the documents that have a sum, while they are few
  u32 touched_count_ = 0;
  std::array<u32, range_documents> promising_{};
};

void pick_frequencies(const LookedUpWord& word, std::span<const u32> docs, std::span<u32> tfs) {
  auto at = word.docs.begin();
  for (usize i = 0; i < docs.size(); ++i) {
    at = std::lower_bound(at, word.docs.end(), docs[i]);
    const bool holds = at != word.docs.end() && *at == docs[i];
    tfs[i] = holds ? word.tfs[usize(at - word.docs.begin())] : 0;
  }
}

}  // namespace

Result<void> rank_union(const Index& index, std::span<const WeightedWord> words,
                        float average_length, const DocumentSet* allowed, BestScores& best,
                        std::vector<ScoredDocument>& out) {
  if (words.empty() || index.document_count() == 0) return {};
  // Candidates find their room here, not in the loops: more than the slack are ties alone.
  out.reserve(out.size() + std::min<usize>(candidates_slack + 1, index.document_count()));
  return UnionRanker(index, words, average_length, allowed, best, out).run();
}

Result<void> score_documents(const Index& index, std::span<const LookedUpWord> words,
                             float average_length, std::span<const u32> docs, BestScores& best,
                             std::vector<ScoredDocument>& out) {
  std::vector<u32> numbers(docs.size());  // lengths, then frequencies
  std::vector<float> norms(docs.size());
  std::vector<float> scores(docs.size(), 0.0f);
  TRY(index.lengths_of(docs, numbers));
  norms_of(numbers, average_length, norms.data());
  for (const LookedUpWord& word : words) {
    if (word.set != nullptr) {
      std::transform(docs.begin(), docs.end(), numbers.begin(),
                     [&](u32 doc) { return word.set->contains(doc) ? 1u : 0u; });
    } else if (word.term.has_value()) {
      TRY(index.frequencies(*word.term, docs, numbers));
    } else {
      pick_frequencies(word, docs, numbers);
    }
    for (usize i = 0; i < docs.size(); ++i) {
      if (numbers[i] != 0) scores[i] += bm25_score(word.weight, numbers[i], norms[i]);
    }
  }
  for (usize i = 0; i < docs.size(); ++i) {
    if (best.add(scores[i], docs[i])) out.push_back({scores[i], docs[i]});
  }
  return {};
}

}  // namespace shale::query

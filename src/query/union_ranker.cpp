#include "query/union_ranker.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "model/bm25.hpp"
#include "query/range_kernels.hpp"
#include "query/range_masks.hpp"
#include "query/scored_list.hpp"

namespace shale::query {
namespace {

// How many ranges are scored before the rest is chosen by threshold (RANKING 1).
constexpr usize first_ranges = 32;
constexpr int cut_steps = 12;
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
  ScoredList list;  // else
  u32 density = 0;  // postings in a range, on average
};

// What a word has in one range: a bound, and of a whole list where it stands.
struct Slice {
  u32 word = 0;
  float bound = 0;
  u32 begin = 0;
  u32 end = 0;
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
        slices_(words.size()),
        parts_(words.size() * range_documents) {}

  Result<void> run() {
    bool are_lists = true;
    for (usize i = 0; i < words_.size(); ++i) {
      TRY(prepare(given_[i], words_[i]));
      are_lists &= words_[i].ranges == nullptr;
    }
    if (are_lists) {
      for (usize i = 1; i < words_.size(); ++i) words_[0].list.merge(words_[i].list);
      offer_list(words_[0].list);
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
    if (word.ranges == nullptr) {
      word.list =
          TRY(ScoredList::make(index_, given.docs, given.tfs, word.weight, average_length_));
      return {};
    }
    const RangeBounds& own = word.ranges->bounds();
    word.maxima = own.maxima;
    word.factor = word.weight * own.scale * std::max(1.0f, average_length_ / own.average_length);
    return {};
  }

  // -- whole lists only --

  void offer_list(const ScoredList& list) {
    const std::span<const float> scores = list.scores();
    for (usize begin = 0; begin < scores.size(); begin += range_documents) {
      const usize size = std::min<usize>(range_documents, scores.size() - begin);
      const u32 count =
          select_between(scores.subspan(begin, size), std::max(best_.threshold(), smallest),
                         std::numeric_limits<float>::infinity(), selected_.data());
      for (const u32 at : std::span(selected_).first(count)) {
        offer(scores[begin + at], list.docs()[begin + at]);
      }
    }
  }

  // -- bounds --

  void add_all_bounds() {
    bounds_.resize(range_count(index_.document_count()));
    chosen_ = std::make_unique_for_overwrite<u32[]>(bounds_.size());
    for (RankedWord& word : words_) {
      if (word.ranges != nullptr) {
        add_bounds(bounds_, word.maxima, word.factor);
      } else {
        word.list.add_bounds(bounds_);
      }
    }
    if (allowed_.has_value()) allowed_->clear_empty(bounds_);
  }

  // A bound that some dozens of ranges reach, found by halving.
  float first_cut() {
    float low = 0, high = largest(bounds_);
    for (int step = 0; step < cut_steps; ++step) {
      const float middle = (low + high) / 2;
      const u32 count = count_at_least(bounds_, middle);
      if (count >= first_ranges && count <= 3 * first_ranges) return middle;
      (count < first_ranges ? high : low) = middle;
    }
    return std::max(low, smallest);
  }

  // -- ranges --

  // The ranges with low <= bound < high, best first where they are few.
  Result<void> score_ranges(float low, float high) {
    const u32 count = select_between(bounds_, low, high, chosen_.get());
    const std::span<u32> chosen(chosen_.get(), count);
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
        const ScoredList::Stretch listed = word.list.in_range(range);
        slice = {i, listed.bound, listed.begin, listed.end};
      }
      if (slice.bound == 0) continue;
      usize at = count++;
      for (; at > 0 && slices_[at - 1].bound > slice.bound; --at) slices_[at] = slices_[at - 1];
      slices_[at] = slice;
    }
    return {slices_.data(), count};
  }

  Result<void> score_range(u32 range) {
    const std::span<const Slice> slices = slices_of(range);
    // Words are left out, smallest bound first, as long as all of them together cannot reach the
    // threshold: a document that holds no other is none.
    usize left_out = 0;
    for (float rest = 0; left_out < slices.size(); ++left_out) {
      rest += slices[left_out].bound;
      if (rest >= threshold()) break;
    }
    if (left_out == slices.size()) return {};
    const std::span<const Slice> required = required_of(slices);
    if (required.size() > 1) return score_holders(range, required, slices);
    lengths_ = TRY(lengths_of(range));
    if (allowed_.has_value()) {
      const RangeMask mask = allowed_->mask(range);
      if (is_few(mask, slices)) return score_each(range, mask, slices);
    }
    if (left_out + 1 == slices.size()) return score_one_word(range, slices);
    TRY(score_postings(range, slices, left_out));
    forget_sums();
    return {};
  }

  // The words without which no document of the range reaches the threshold.
  std::span<const Slice> required_of(std::span<const Slice> slices) const {
    const float all = sum_of_bounds(slices);
    usize first = slices.size();
    while (first > 0 && all - slices[first - 1].bound < threshold()) --first;
    return slices.subspan(first);
  }

  // Of documents that hold all of `required` there are few, if any.
  Result<void> score_holders(u32 range, std::span<const Slice> required,
                             std::span<const Slice> slices) {
    RangeMask mask = members_of(range, required[0]);
    for (const Slice& slice : required.subspan(1)) mask &= members_of(range, slice);
    if (allowed_.has_value()) mask &= allowed_->mask(range);
    if (mask.empty()) return {};
    lengths_ = TRY(lengths_of(range));
    return score_each(range, mask, slices);
  }

  RangeMask members_of(u32 range, const Slice& slice) const {
    const RankedWord& word = words_[slice.word];
    if (word.ranges != nullptr) return word.ranges->members(range);
    RangeMask mask;
    for (u32 i = slice.begin; i < slice.end; ++i) mask.add(u8(word.list.docs()[i]));
    return mask;
  }

  Result<void> score_each(u32 range, const RangeMask& mask, std::span<const Slice> slices) {
    u32 count = 0;
    mask.for_each([&](u8 offset) { promising_[count++] = offset; });
    std::fill_n(partial_.begin(), count, 0.0f);
    return complete(range, count, slices, slices);
  }

  // Where all but one word are left out: no sums, the scores of that word.
  Result<void> score_one_word(u32 range, std::span<const Slice> slices) {
    const Slice& slice = slices.back();
    const RankedWord& word = words_[slice.word];
    std::span<const float> scores;
    if (word.ranges == nullptr) {
      scores = word.list.scores().subspan(slice.begin, slice.end - slice.begin);
    } else {
      TRY(word.ranges->read(range, block_));
      scores = score_block(word);
    }
    const auto left_out = slices.first(slices.size() - 1);
    const u32 count = select_between(scores, cut_for(left_out),
                                     std::numeric_limits<float>::infinity(), selected_.data());
    float* const parts = parts_of(slice);
    for (u32 i = 0; i < count; ++i) {
      const u32 at = selected_[i];
      promising_[i] =
          word.ranges == nullptr ? u8(word.list.docs()[slice.begin + at]) : block_.offsets[at];
      partial_[i] = parts[i] = scores[at];
    }
    return complete(range, count, left_out, slices);
  }

  Result<void> score_postings(u32 range, std::span<const Slice> slices, usize left_out) {
    for (const Slice& slice : slices.subspan(left_out)) TRY(add_slice(range, slice));
    // Where many documents are promising yet, adding one more word costs less than looking it up.
    u32 count = select_promising(slices.first(left_out));
    while (left_out > 0 && count > lookups_max(slices[left_out - 1])) {
      TRY(add_slice(range, slices[--left_out]));
      count = select_promising(slices.first(left_out));
    }
    for (u32 i = 0; i < count; ++i) partial_[i] = sums_[promising_[i]];
    const bool is_exact = left_out == 0 && slices.size() < 3;  // two numbers add up either way
    if (is_exact) {
      for (u32 i = 0; i < count; ++i) offer(partial_[i], range * range_documents + promising_[i]);
      return {};
    }
    // Sums in another order than the query's decide only who is looked at once more.
    count = TRY(look_up(range, count, slices.first(left_out), {}));
    std::fill_n(partial_.begin(), count, 0.0f);
    return complete(range, count, slices, slices);
  }

  // The promising documents, whose scores lack `missing`: those are looked up, and what reaches the
  // threshold is offered.
  Result<void> complete(u32 range, u32 count, std::span<const Slice> missing,
                        std::span<const Slice> slices) {
    count = TRY(look_up(range, count, missing, slices));
    if (slices.size() > 2) add_in_query_order(count, slices);
    for (u32 i = 0; i < count; ++i) offer(partial_[i], range * range_documents + promising_[i]);
    return {};
  }

  // Adds words to the promising documents, largest bound first, and drops those that cannot reach
  // the threshold any more; keeps the parts of `slices`.
  Result<u32> look_up(u32 range, u32 count, std::span<const Slice> missing,
                      std::span<const Slice> slices) {
    for (; count > 0 && !missing.empty(); missing = missing.first(missing.size() - 1)) {
      TRY(add_looked_up(range, count, missing.back()));
      const auto rest = missing.first(missing.size() - 1);
      const float cut = rest.empty() ? cut_for(rest) : needed_besides(rest);
      count = keep_promising(count, cut, slices);
    }
    return count;
  }

  Result<void> add_looked_up(u32 range, u32 count, const Slice& slice) {
    const RankedWord& word = words_[slice.word];
    const std::span<const u8> offsets = std::span(promising_).first(count);
    float* const parts = parts_of(slice);
    if (word.ranges == nullptr) {
      for (u32 i = 0; i < count; ++i) parts[i] = listed_score(word, slice, offsets[i]);
    } else {
      TRY(word.ranges->frequencies(range, offsets, tfs_.data()));
      for (u32 i = 0; i < count; ++i) {
        const float norm = bm25_norm(lengths_[offsets[i]], average_length_);
        parts[i] = tfs_[i] == 0 ? 0 : bm25_score(word.weight, tfs_[i], norm);
      }
    }
    for (u32 i = 0; i < count; ++i) partial_[i] += parts[i];
    return {};
  }

  static float listed_score(const RankedWord& word, const Slice& slice, u8 offset) {
    for (u32 i = slice.begin; i < slice.end; ++i) {
      if (u8(word.list.docs()[i]) == offset) return word.list.scores()[i];
    }
    return 0;
  }

  u32 keep_promising(u32 count, float cut, std::span<const Slice> slices) {
    u32 kept = 0;
    for (u32 i = 0; i < count; ++i) {
      if (partial_[i] < cut) continue;
      promising_[kept] = promising_[i];
      partial_[kept] = partial_[i];
      for (const Slice& slice : slices) parts_of(slice)[kept] = parts_of(slice)[i];
      ++kept;
    }
    return kept;
  }

  void add_in_query_order(u32 count, std::span<const Slice> slices) {
    std::fill_n(partial_.begin(), count, 0.0f);
    for (u32 word = 0; word < words_.size(); ++word) {
      const bool is_here = std::any_of(slices.begin(), slices.end(),
                                       [&](const Slice& slice) { return slice.word == word; });
      if (!is_here) continue;
      const float* const parts = parts_.data() + word * range_documents;
      for (u32 i = 0; i < count; ++i) partial_[i] += parts[i];
    }
  }

  float* parts_of(const Slice& slice) { return parts_.data() + slice.word * range_documents; }

  // A look-up takes as long as this many postings in a row, and there is one for each word.
  static constexpr u32 lookup_postings = 10;

  bool is_few(const RangeMask& mask, std::span<const Slice> slices) const {
    u32 postings = 0;
    for (const Slice& slice : slices) postings += words_[slice.word].density;
    return mask.count() * slices.size() * lookup_postings < postings;
  }

  // What reaches the threshold together with all that was left out, 0 or less if that may alone.
  float needed_besides(std::span<const Slice> left_out) const {
    return threshold() - sum_of_bounds(left_out) * (2 - rounding);
  }
  // The same of documents that hold one of the words that were not left out.
  float cut_for(std::span<const Slice> left_out) const {
    return std::max(needed_besides(left_out), smallest);
  }

  u32 select_promising(std::span<const Slice> left_out) {
    const float cut = cut_for(left_out);
    u32 count = 0;
    if (touched_count_ > touched_max) {
      count = select_between(sums_, cut, std::numeric_limits<float>::infinity(), selected_.data());
      std::copy_n(selected_.begin(), count, promising_.begin());
      return count;
    }
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

  Result<std::span<const u32>> lengths_of(u32 range) {
    const std::span<const u32> kept = TRY(index_.range_lengths(range));
    if (!kept.empty()) return kept;
    const u32 first = range * range_documents;
    const auto own =
        std::span(own_lengths_).first(std::min(range_documents, index_.document_count() - first));
    TRY(index_.lengths(first, own));
    return std::span<const u32>(own);
  }

  Result<void> add_slice(u32 range, const Slice& slice) {
    const RankedWord& word = words_[slice.word];
    if (word.ranges == nullptr) {
      for (usize i = slice.begin; i < slice.end; ++i) {
        const u8 offset = u8(word.list.docs()[i]);
        touch({&offset, 1});
        sums_[offset] += word.list.scores()[i];
      }
      return {};
    }
    TRY(word.ranges->read(range, block_));
    touch(std::span(block_.offsets).first(block_.count));
    const std::span<const float> scores = score_block(word);
    for (u32 i = 0; i < block_.count; ++i) sums_[block_.offsets[i]] += scores[i];
    return {};
  }

  std::span<const float> score_block(const RankedWord& word) {
    scores_of(std::span(block_.offsets).first(block_.count), block_.tfs.data(),
              {word.weight, average_length_, lengths_.data()}, scores_.data());
    return std::span<const float>(scores_).first(block_.count);
  }

  // -- documents --

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
  std::vector<float> bounds_;  // of each range
  std::unique_ptr<u32[]> chosen_;
  // Of one range.
  static constexpr u32 touched_max = 48;
  std::vector<Slice> slices_;
  RangeBlock block_;
  std::span<const u32> lengths_;  // of its documents
  std::array<u32, range_documents> own_lengths_;
  std::array<float, range_documents> scores_;
  std::array<float, range_documents> sums_{};  // all 0 between two ranges
  std::array<u8, touched_max + 1> touched_;    // the documents that have a sum, while they are few
  u32 touched_count_ = 0;
  std::array<u32, range_documents> selected_;
  // Its promising documents, in any order; what is known of their scores, and of what words.
  std::array<u8, range_documents> promising_;
  std::array<float, range_documents> partial_;
  std::vector<float> parts_;
  std::array<u32, range_documents> tfs_;
};

}  // namespace

Result<void> rank_union(const Index& index, std::span<const WeightedWord> words,
                        float average_length, const DocumentSet* allowed, BestScores& best,
                        std::vector<ScoredDocument>& out) {
  if (words.empty() || index.document_count() == 0) return {};
  // Candidates find their room here, not in the loops: more than the slack are ties alone.
  out.reserve(out.size() + std::min<usize>(candidates_slack + 1, index.document_count()));
  return UnionRanker(index, words, average_length, allowed, best, out).run();
}

}  // namespace shale::query

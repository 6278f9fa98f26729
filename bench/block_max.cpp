#include "bench/block_max.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace shale::bench {

namespace {

constexpr u32 block_size = 128;
constexpr u32 lanes = 4;
constexpr u32 no_more = ~u32(0);

// Value i lies in lane i % 4, from bit (i / 4) * bits of it on.
void pack(const std::array<u32, block_size>& values, u32 bits, u32* out) {
  std::memset(out, 0, std::size_t(bits) * lanes * sizeof(u32));
  for (u32 i = 0; i < block_size; ++i) {
    const u32 lane = i % lanes;
    const u32 bit = i / lanes * bits;
    const u32 shift = bit % 32;
    out[bit / 32 * lanes + lane] |= values[i] << shift;
    if (shift + bits > 32) out[(bit / 32 + 1) * lanes + lane] |= values[i] >> (32 - shift);
  }
}

template <u32 bits>
void unpack(const u32* from, u32* out) {
  if constexpr (bits == 0) {
    std::memset(out, 0, block_size * sizeof(u32));
  } else {
    const auto load = [&](u32 word) {
      __m128i value;
      std::memcpy(&value, from + word * lanes, sizeof value);
      return value;
    };
    const __m128i mask = _mm_set1_epi32(bits == 32 ? -1 : int((u32(1) << bits % 32) - 1));
    __m128i word = load(0);
#pragma GCC unroll 32
    for (u32 i = 0; i < block_size / lanes; ++i) {
      const u32 shift = i * bits % 32;
      __m128i value = _mm_srli_epi32(word, int(shift));
      if (shift + bits >= 32 && i + 1 < block_size / lanes) {
        word = load(i * bits / 32 + 1);
        if (shift + bits > 32) value = _mm_or_si128(value, _mm_slli_epi32(word, int(32 - shift)));
      }
      value = _mm_and_si128(value, mask);
      std::memcpy(out + i * lanes, &value, sizeof value);
    }
  }
}

using Unpack = void (*)(const u32*, u32*);
template <std::size_t... bits>
constexpr std::array<Unpack, sizeof...(bits)> unpackers(std::index_sequence<bits...>) {
  return {unpack<u32(bits)>...};
}
constexpr auto unpack_by_bits = unpackers(std::make_index_sequence<33>());

// Gaps minus one to documents.
void add_up(u32* values, u32 before) {
  __m128i sum = _mm_set1_epi32(int(before));
  const __m128i ones = _mm_set1_epi32(1);
  for (u32 i = 0; i < block_size; i += lanes) {
    __m128i four;
    std::memcpy(&four, values + i, sizeof four);
    four = _mm_add_epi32(four, ones);
    four = _mm_add_epi32(four, _mm_slli_si128(four, 4));
    four = _mm_add_epi32(four, _mm_slli_si128(four, 8));
    four = _mm_add_epi32(four, sum);
    std::memcpy(values + i, &four, sizeof four);
    sum = _mm_shuffle_epi32(four, 0xff);
  }
}

class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) { heap_.reserve(k + 1); }
  float threshold() const { return threshold_; }
  bool is_full() const { return heap_.size() == k_; }
  void add(float score, u32 doc) {
    const ScoredDoc one{score, doc};
    if (!is_full()) {
      heap_.push_back(one);
      std::push_heap(heap_.begin(), heap_.end(), before);
    } else if (before(one, heap_.front())) {
      std::pop_heap(heap_.begin(), heap_.end(), before);
      heap_.back() = one;
      std::push_heap(heap_.begin(), heap_.end(), before);
    }
    if (is_full()) threshold_ = heap_.front().score;
  }
  std::vector<ScoredDoc> finish() {
    std::sort(heap_.begin(), heap_.end(), before);
    return std::move(heap_);
  }

 private:
  static bool before(const ScoredDoc& a, const ScoredDoc& b) {
    return a.score != b.score ? a.score > b.score : a.doc < b.doc;
  }
  std::size_t k_;
  float threshold_ = -1;
  std::vector<ScoredDoc> heap_;
};

}  // namespace

BlockMaxList::BlockMaxList(std::span<const u32> docs, std::span<const u32> tfs, float weight,
                           std::span<const float> norms)
    : count_(u32(docs.size())), weight_(weight) {
  u32 before = ~u32(0);  // the first gap counts from -1
  for (u32 begin = 0; begin < count_; begin += block_size) {
    const u32 end = std::min(count_, begin + block_size);
    std::array<u32, block_size> gaps{}, frequencies{};
    u32 gap_bits = 0, frequency_bits = 0;
    float most = 0;
    for (u32 i = begin; i < end; ++i) {
      gaps[i - begin] = docs[i] - before - 1;
      frequencies[i - begin] = tfs[i] - 1;
      gap_bits |= gaps[i - begin];
      frequency_bits |= tfs[i] - 1;
      before = docs[i];
      most = std::max(most, weight * float(tfs[i]) / (float(tfs[i]) + norms[docs[i]]));
    }
    const u32 wide = u32(std::bit_width(gap_bits)), narrow = u32(std::bit_width(frequency_bits));
    at_.push_back(u32(packed_.size()));
    packed_.push_back(wide);
    packed_.push_back(narrow);
    const std::size_t data = packed_.size();
    packed_.resize(data + (wide + narrow) * lanes);
    pack(gaps, wide, packed_.data() + data);
    pack(frequencies, narrow, packed_.data() + data + wide * lanes);
    last_.push_back(before);
    maxima_.push_back(most);
    most_ = std::max(most_, most);
  }
}

std::size_t BlockMaxList::bytes() const {
  return packed_.size() * 4 + last_.size() * 4 + at_.size() * 4 + maxima_.size() * 4;
}

class BlockCursor {
 public:
  explicit BlockCursor(const BlockMaxList& list) : list_(&list) { load(0); }

  u32 doc() const { return doc_; }
  float most() const { return list_->most_; }
  u32 count() const { return list_->count_; }

  float score(float norm) {
    const float tf = float(frequency());
    return list_->weight_ * tf / (tf + norm);
  }
  void next() {
    if (++position_ < size_) {
      doc_ = docs_[position_];
    } else if (block_ + 1 < list_->last_.size()) {
      load(block_ + 1);
    } else {
      doc_ = no_more;
    }
  }
  // To the first document >= `doc`.
  void seek(u32 doc) {
    if (doc_ >= doc) return;
    if (list_->last_[block_] < doc) {
      shallow_ = block_;
      if (!seek_block(doc)) return finish();
      load(shallow_);
    }
    // A branch-free count: documents of the block ascend.
    u32 at = position_;
    while (at + 16 < size_ && docs_[at + 15] < doc) at += 16;
    while (at < size_ && docs_[at] < doc) ++at;
    if (at == size_) return finish();
    position_ = at;
    doc_ = docs_[at];
  }
  // The block that holds the first document >= `doc`, without unpacking it; false beyond the last.
  bool seek_block(u32 doc) {
    const std::vector<u32>& last = list_->last_;
    shallow_ = std::max(shallow_, block_);
    if (shallow_ >= last.size()) return false;
    if (last[shallow_] >= doc) return true;
    u32 step = 1;
    while (shallow_ + step < last.size() && last[shallow_ + step] < doc) {
      shallow_ += step;
      step *= 2;
    }
    const auto end = last.begin() + std::min<std::size_t>(shallow_ + step + 1, last.size());
    shallow_ = u32(std::lower_bound(last.begin() + shallow_ + 1, end, doc) - last.begin());
    return shallow_ < last.size();
  }
  float block_most() const { return list_->maxima_[shallow_]; }
  u32 block_last() const { return list_->last_[shallow_]; }

 private:
  void load(u32 block) {
    block_ = shallow_ = block;
    const u32* const packed = list_->packed_.data() + list_->at_[block];
    unpack_by_bits[packed[0]](packed + 2, docs_.data());
    add_up(docs_.data(), block == 0 ? ~u32(0) : list_->last_[block - 1]);
    size_ = std::min(block_size, list_->count_ - block * block_size);
    has_frequencies_ = false;
    position_ = 0;
    doc_ = docs_[0];
  }
  u32 frequency() {
    if (!has_frequencies_) {
      const u32* const packed = list_->packed_.data() + list_->at_[block_];
      unpack_by_bits[packed[1]](packed + 2 + packed[0] * lanes, tfs_.data());
      has_frequencies_ = true;
    }
    return tfs_[position_] + 1;
  }
  void finish() { doc_ = no_more; }

  const BlockMaxList* list_;
  u32 block_ = 0;
  u32 shallow_ = 0;
  u32 position_ = 0;
  u32 size_ = 0;
  u32 doc_ = 0;
  bool has_frequencies_ = false;
  std::array<u32, block_size> docs_;
  std::array<u32, block_size> tfs_;
};

namespace {

std::vector<BlockCursor> cursors_of(std::span<const BlockMaxList* const> lists) {
  std::vector<BlockCursor> cursors;
  cursors.reserve(lists.size());
  for (const BlockMaxList* list : lists) cursors.emplace_back(*list);
  return cursors;
}

void sort_by_document(std::span<BlockCursor*> cursors) {
  for (std::size_t i = 1; i < cursors.size(); ++i) {
    for (std::size_t j = i; j > 0 && cursors[j]->doc() < cursors[j - 1]->doc(); --j) {
      std::swap(cursors[j], cursors[j - 1]);
    }
  }
}

// The first cursor at which the sum of the largest scores passes the threshold.
std::size_t pivot_of(std::span<BlockCursor* const> cursors, float threshold) {
  float sum = 0;
  for (std::size_t i = 0; i < cursors.size() && cursors[i]->doc() != no_more; ++i) {
    sum += cursors[i]->most();
    if (sum > threshold) return i;
  }
  return cursors.size();
}

BlockCursor& most_promising(std::span<BlockCursor* const> cursors) {
  return **std::max_element(cursors.begin(), cursors.end(),
                            [](BlockCursor* a, BlockCursor* b) { return a->most() < b->most(); });
}

}  // namespace

std::vector<ScoredDoc> block_max_wand(std::span<const BlockMaxList* const> lists,
                                      std::span<const float> norms, std::size_t k) {
  TopK best(k);
  std::vector<BlockCursor> all = cursors_of(lists);
  std::vector<BlockCursor*> cursors;
  for (BlockCursor& cursor : all) cursors.push_back(&cursor);
  sort_by_document(cursors);
  for (;;) {
    std::size_t pivot = pivot_of(cursors, best.threshold());
    if (pivot == cursors.size()) return best.finish();
    const u32 doc = cursors[pivot]->doc();
    while (pivot + 1 < cursors.size() && cursors[pivot + 1]->doc() == doc) ++pivot;
    const std::span<BlockCursor*> front(cursors.data(), pivot + 1);
    float reachable = 0;
    u32 next = no_more;
    for (BlockCursor* cursor : front) {
      if (!cursor->seek_block(doc)) continue;
      reachable += cursor->block_most();
      next = std::min(next, cursor->block_last() + 1);
    }
    if (reachable <= best.threshold()) {
      if (pivot + 1 < cursors.size()) next = std::min(next, cursors[pivot + 1]->doc());
      most_promising(front).seek(std::max(next, doc + 1));
    } else if (front.front()->doc() == doc) {
      float score = 0;
      for (BlockCursor* cursor : front) score += cursor->score(norms[doc]);
      best.add(score, doc);
      for (BlockCursor* cursor : front) cursor->next();
    } else {
      std::size_t behind = 0;
      while (front[behind]->doc() < doc) ++behind;
      most_promising(front.first(behind)).seek(doc);
    }
    sort_by_document(cursors);
  }
}

namespace {

// MaxScore: cursors by rising largest score, of which the first `optional_` cannot reach the
// threshold by themselves and are looked up only.
class MaxScore {
 public:
  MaxScore(std::span<const BlockMaxList* const> lists, std::span<const float> norms, std::size_t k)
      : cursors_(cursors_of(lists)), norms_(norms), best_(k), sums_(lists.size() + 1) {
    std::sort(cursors_.begin(), cursors_.end(),
              [](const BlockCursor& a, const BlockCursor& b) { return a.most() < b.most(); });
    for (std::size_t i = 0; i < cursors_.size(); ++i) sums_[i + 1] = sums_[i] + cursors_[i].most();
  }

  std::vector<ScoredDoc> run() {
    u32 doc = next_document();
    while (doc != no_more) {
      float score = 0;
      u32 next = no_more;
      for (std::size_t i = optional_; i < cursors_.size(); ++i) {
        if (cursors_[i].doc() == doc) {
          score += cursors_[i].score(norms_[doc]);
          cursors_[i].next();
        }
        next = std::min(next, cursors_[i].doc());
      }
      if (look_up(doc, score)) {
        best_.add(score, doc);
        if (raise_optional()) next = next_document();
      }
      doc = next;
    }
    return best_.finish();
  }

 private:
  u32 next_document() const {
    u32 doc = no_more;
    for (std::size_t i = optional_; i < cursors_.size(); ++i) {
      doc = std::min(doc, cursors_[i].doc());
    }
    return doc;
  }

  // Adds what the optional words give; false once the threshold is out of reach.
  bool look_up(u32 doc, float& score) {
    if (score + sums_[optional_] <= best_.threshold()) return false;
    float reachable = score;
    for (std::size_t i = 0; i < optional_; ++i) {
      if (cursors_[i].doc() != no_more && cursors_[i].seek_block(doc)) {
        reachable += cursors_[i].block_most();
      }
    }
    if (reachable <= best_.threshold()) return false;
    for (std::size_t i = optional_; i-- > 0;) {
      if (score + sums_[i + 1] <= best_.threshold()) return false;
      cursors_[i].seek(doc);
      if (cursors_[i].doc() == doc) score += cursors_[i].score(norms_[doc]);
    }
    return score > best_.threshold() || !best_.is_full();
  }

  bool raise_optional() {
    const std::size_t before = optional_;
    while (optional_ < cursors_.size() && sums_[optional_ + 1] <= best_.threshold()) ++optional_;
    return optional_ != before;
  }

  std::vector<BlockCursor> cursors_;
  std::span<const float> norms_;
  TopK best_;
  std::vector<float> sums_;
  std::size_t optional_ = 0;
};

std::vector<BlockCursor> rarest_first(std::span<const BlockMaxList* const> lists) {
  std::vector<BlockCursor> cursors = cursors_of(lists);
  std::sort(cursors.begin(), cursors.end(),
            [](const BlockCursor& a, const BlockCursor& b) { return a.count() < b.count(); });
  return cursors;
}

// Moves all to the first document >= `doc` that every list has.
u32 align(std::span<BlockCursor> cursors, u32 doc) {
  for (std::size_t i = 0; i < cursors.size() && doc != no_more;) {
    cursors[i].seek(doc);
    if (cursors[i].doc() == doc) {
      ++i;
    } else {
      doc = cursors[i].doc();
      i = 0;
    }
  }
  return doc;
}

// The first document >= `doc` whose blocks together may pass the threshold, and the one up to which
// that holds.
u32 skip_blocks(std::span<BlockCursor> cursors, u32 doc, float threshold, u32& until) {
  for (;;) {
    float reachable = 0;
    u32 last = no_more;
    for (BlockCursor& cursor : cursors) {
      if (!cursor.seek_block(doc)) return no_more;
      reachable += cursor.block_most();
      last = std::min(last, cursor.block_last());
    }
    until = last;
    if (reachable > threshold) return doc;
    if (last == no_more) return no_more;
    doc = last + 1;
  }
}

}  // namespace

std::vector<ScoredDoc> block_max_maxscore(std::span<const BlockMaxList* const> lists,
                                          std::span<const float> norms, std::size_t k) {
  return MaxScore(lists, norms, k).run();
}

std::vector<ScoredDoc> block_max_and(std::span<const BlockMaxList* const> lists,
                                     std::span<const float> norms, std::size_t k) {
  TopK best(k);
  std::vector<BlockCursor> cursors = rarest_first(lists);
  u32 until = 0;
  bool is_first = true;
  for (u32 doc = cursors.front().doc(); doc != no_more;) {
    if (is_first || doc > until) {
      doc = skip_blocks(cursors, doc, best.threshold(), until);
      is_first = false;
      if (doc == no_more) break;
    }
    const u32 found = align(cursors, doc);
    if (found == no_more) break;
    if (found > until) {
      doc = found;
      continue;
    }
    float score = 0;
    for (BlockCursor& cursor : cursors) score += cursor.score(norms[found]);
    if (score > best.threshold() || !best.is_full()) best.add(score, found);
    doc = found + 1;
  }
  return best.finish();
}

std::vector<ScoredDoc> block_max_and_counted(std::span<const BlockMaxList* const> lists,
                                             std::span<const float> norms, std::size_t k,
                                             std::size_t& count) {
  TopK best(k);
  std::vector<BlockCursor> cursors = rarest_first(lists);
  count = 0;
  for (u32 doc = align(cursors, 0); doc != no_more; doc = align(cursors, doc + 1)) {
    ++count;
    float reachable = 0;  // of the blocks that hold the document
    for (const BlockCursor& cursor : cursors) reachable += cursor.block_most();
    if (best.is_full() && reachable <= best.threshold()) continue;
    float score = 0;
    for (BlockCursor& cursor : cursors) score += cursor.score(norms[doc]);
    if (score > best.threshold() || !best.is_full()) best.add(score, doc);
  }
  return best.finish();
}

std::size_t count_and(std::span<const BlockMaxList* const> lists) {
  std::vector<BlockCursor> cursors = rarest_first(lists);
  std::size_t count = 0;
  for (u32 doc = align(cursors, 0); doc != no_more; doc = align(cursors, doc + 1)) ++count;
  return count;
}

}  // namespace shale::bench

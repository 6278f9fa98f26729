// The postings of a frequent word by ranges of 256 documents, with a bound on what each range can
// add to a score: what pruned ranking reads instead of whole lists.
//
// Ranges are the same for all words of an index: range r holds the documents [256 r, 256 (r + 1)).
// An index that keeps no bounds (a delta) has no RangePostings; nor has a rare word, whose whole
// list is cheaper. One thread at a time; valid as long as the index is. Made by shard/
// ranged_terms, read by query/union_ranker.
#pragma once

#include <array>
#include <bit>
#include <span>

#include <shale/result.hpp>

#include "base/integers.hpp"

namespace shale {

inline constexpr u32 range_documents = 256;
inline u32 range_count(u32 documents) {
  return (documents + range_documents - 1) / range_documents;
}

// scale * maxima[r] is at least tf / (tf + norm) of every posting in range r, and 0 exactly where
// there is none; `norm` being bm25_norm at `average_length`. Where the average is a larger one, the
// bound times larger / average_length is one (RANKING 1g): each denominator shrinks by no more.
struct RangeBounds {
  float scale = 0;
  std::span<const u8> maxima;
  float average_length = 1;
};

// What one word has in one range. What stands behind the `count` postings says nothing; there is
// room for a reader that writes several at once.
struct RangeBlock {
  static constexpr usize slack = 16;
  u32 count = 0;
  std::array<u8, range_documents + slack> offsets;  // document - 256 * range, ascending
  std::array<u32, range_documents + slack> tfs;
};

// Some of the documents of a range.
struct RangeMask {
  std::array<u64, range_documents / 64> words{};

  void add(u8 offset) { words[offset / 64] |= u64(1) << offset % 64; }
  RangeMask& operator&=(const RangeMask& other) {
    for (usize i = 0; i < words.size(); ++i) words[i] &= other.words[i];
    return *this;
  }
  bool empty() const { return (words[0] | words[1] | words[2] | words[3]) == 0; }
  u32 count() const {
    u32 count = 0;
    for (const u64 word : words) count += u32(std::popcount(word));
    return count;
  }
  // f(offset) of each document, ascending.
  template <class F>
  void for_each(F&& f) const {
    for (u32 i = 0; i < words.size(); ++i) {
      for (u64 bits = words[i]; bits != 0; bits &= bits - 1) {
        f(u8(i * 64 + u32(std::countr_zero(bits))));
      }
    }
  }
};

class RangePostings {
 public:
  virtual ~RangePostings() = default;
  virtual const RangeBounds& bounds() const = 0;
  virtual Result<void> read(u32 range, RangeBlock& out) const = 0;
  virtual RangeMask members(u32 range) const = 0;
  // tfs[i] = the frequency in document offsets[i] of the range, in any order; 0 where that does not
  // hold the word.
  virtual Result<void> frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const = 0;
};

}  // namespace shale

// The postings of a frequent word by ranges of 256 documents, with a bound on what each range can
// add to a score: what pruned ranking reads instead of whole lists.
//
// Ranges are the same for all words of an index: range r holds the documents [256 r, 256 (r + 1)).
// An index that keeps no bounds (a delta) has no RangePostings; nor has a rare word, whose whole
// list is cheaper. One thread at a time; valid as long as the index is. Made by shard/
// ranged_terms, read by query/union_ranker.
#pragma once

#include <array>
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

// What one word has in one range.
struct RangeBlock {
  u32 count = 0;
  std::array<u8, range_documents> offsets;  // document - 256 * range, ascending
  std::array<u32, range_documents> tfs;
};

class RangePostings {
 public:
  virtual ~RangePostings() = default;
  virtual const RangeBounds& bounds() const = 0;
  virtual Result<void> read(u32 range, RangeBlock& out) const = 0;
  // The frequency in one document of the range; 0 where it does not hold the word.
  virtual Result<u32> frequency(u32 range, u8 offset) const = 0;
};

}  // namespace shale

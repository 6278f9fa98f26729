// Frequencies of chosen documents: from a document to its rank in the posting list, from there to
// its nibble.
//
// A rank is found by container arithmetic, never by asking CRoaring (0.2.66 sums containers anew on
// every call: RANKING 1a): galloping in arrays, running population counts in bitsets, with the
// ranks of ranges.hpp to jump over gaps. Reads what postings.hpp lays out. Used by terms_reader.
#pragma once

#include <span>

#include "shard/postings.hpp"

namespace shale::shard {

inline constexpr u32 no_rank = ~u32(0);

// Ranks of ascending documents inside one container.
// `jumps`, if not empty: rank in the container at every 1,024th document, 64 of them or fewer; what
// jumps_of says of RangeMaxima::ranks.
std::span<const u16> jumps_of(std::span<const u16> ranks, u16 key);
class ContainerRanker {
 public:
  explicit ContainerRanker(const FrozenContainer& container, std::span<const u16> jumps = {})
      : container_(&container), jumps_(jumps) {}
  // ranks[i] = members of the container below docs[i], or no_rank where docs[i] is not one.
  // Documents ascend over all calls and have the container's key.
  void next(std::span<const u32> docs, u32* ranks);

 private:
  const FrozenContainer* container_;
  std::span<const u16> jumps_;
  u32 at_ = 0;    // arrays: first value not below the last document; bitsets: word
  u32 rank_ = 0;  // bitsets: members in the words before at_
};

// tf of each of `docs` (ascending); 0 for a document that does not hold the term. `jumps`, where
// not empty, is the term's RangeMaxima::ranks.
Result<void> frequencies_of(const PostingsReader& postings, u32 number, const BigTerm& term,
                            std::span<const u16> jumps, std::span<const u32> docs,
                            std::span<u32> tfs);

// The posting of `doc` in a big term's list, or no_rank.
Result<u32> rank_of(const PostingsReader& postings, u32 number, const BigTerm& term, u32 doc);

}  // namespace shale::shard

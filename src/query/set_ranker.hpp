// The best documents of a set, each of which scores as if a word stood in it once: how the words of
// a prefix, a likeness or a pattern score where nothing else does.
//
// Such a score falls with the document's length alone, so that a threshold is a length: the
// shortest documents of the index are asked whether they are members (KeptLengths), until no longer
// one can be among the best. Where the index keeps no such list, or it ends too soon, the lengths
// of all members are looked at. Scores have the bits that union_ranker gives. SetPostings is the
// same set as a word among others, for union_ranker. Used by view_search.
#pragma once

#include <memory>
#include <vector>

#include "base/dense_set.hpp"
#include "query/union_ranker.hpp"

namespace shale::query {

// Appends to `out` the members that reach the threshold of `best` at the end, and some that do not;
// adds their scores to `best`. `average_length` is that of the collection.
Result<void> rank_set(const Index& index, const DenseSet& set, float weight, float average_length,
                      BestScores& best, std::vector<ScoredDocument>& out);

// A set as postings of frequency 1, with the one bound that holds for documents of any length.
class SetPostings final : public RangePostings {
 public:
  explicit SetPostings(std::shared_ptr<const DenseSet> set);
  const RangeBounds& bounds() const override { return bounds_; }
  Result<void> read(u32 range, RangeBlock& out) const override;
  RangeMask members(u32 range) const override;
  Result<void> frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const override;

 private:
  std::shared_ptr<const DenseSet> set_;
  std::vector<u8> maxima_;
  RangeBounds bounds_;
};

}  // namespace shale::query

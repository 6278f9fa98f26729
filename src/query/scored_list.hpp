// The whole list of a word that an index has not by ranges, with the exact score of each of its
// documents: what is rare is scored at once, and its scores are its bounds.
//
// A value; views the documents it is given until it is merged. Used by union_ranker.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/index.hpp"

namespace shale::query {

class ScoredList {
 public:
  ScoredList() = default;
  // `docs` ascending, none twice, one of `tfs` for each; `average_length` is the collection's.
  static Result<ScoredList> make(const Index& index, std::span<const u32> docs,
                                 std::span<const u32> tfs, float weight, float average_length);

  std::span<const u32> docs() const { return docs_; }
  std::span<const float> scores() const { return scores_; }
  // Makes it the list of the documents of either; what `other` scores is added to what is there.
  void merge(const ScoredList& other);

  // A directory by ranges of 256 documents; adds the largest score of each range to its bound.
  void add_bounds(std::span<float> bounds);
  // Behind add_bounds: where a range's documents stand, [begin, end), and its largest score.
  struct Stretch {
    float bound = 0;
    u32 begin = 0;
    u32 end = 0;
  };
  Stretch in_range(u32 range) const;

 private:
  std::span<const u32> docs_;
  std::vector<u32> merged_;  // what `docs_` views once lists were put together
  std::vector<float> scores_;
  std::vector<float> largest_;     // of each range, 0 where it has no document
  std::unique_ptr<u32[]> begins_;  // of each range that has one
};

}  // namespace shale::query

// Which documents of a range of 256 are in a set: how ranking sees a filter, or the documents that
// hold every word.
//
// Views the set, which must outlive it. Used by union_ranker.
#pragma once

#include <array>
#include <bit>
#include <span>

#include "base/document_set.hpp"
#include "model/range_postings.hpp"

namespace shale::query {

class RangeMasks {
 public:
  explicit RangeMasks(const DocumentSet& set);
  RangeMask mask(u32 range) const;
  bool contains(u32 doc) const;
  // Zero for every range without a document of the set.
  void clear_empty(std::span<float> bounds) const;

 private:
  const FrozenContainer* container_of(u32 range) const;

  std::span<const FrozenContainer> containers_;
  std::vector<u16> number_of_key_;  // where in them
};

}  // namespace shale::query

// Where one word stands in documents asked for in ascending order: what phrases are matched with.
//
// A cursor goes on from the document before, so that neighbours cost little; asking for every
// document of a list reads its positions once. One thread at a time; valid as long as the index is.
// Made by the indexes (Index::position_cursor), read by query/phrases.
#pragma once

#include <vector>

#include <shale/result.hpp>

#include "base/integers.hpp"

namespace shale {

class PositionCursor {
 public:
  virtual ~PositionCursor() = default;
  // The word numbers in `doc` alone, ascending. `doc` is larger than the last and holds the word.
  virtual Result<void> read(u32 doc, std::vector<u32>& positions) = 0;
};

}  // namespace shale

// Where one word stands in documents asked for in ascending order: what phrases are matched with.
//
// A cursor goes on from the document before, so that neighbours cost little; asking for every
// document of a list reads its positions once. One thread at a time; valid as long as the index is.
// Made by the indexes (Index::position_cursor), read by query/phrases.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <shale/result.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

// Positions in several documents, one list behind the other.
struct PositionLists {
  std::vector<u32> positions;  // as many as the last end says; what is behind is room
  std::vector<u32> ends;       // of each document's list, which begins where the one before ends

  std::span<const u32> of(usize document) const {
    const u32 begin = document == 0 ? 0 : ends[document - 1];
    return std::span(positions).subspan(begin, ends[document] - begin);
  }
  // Room for `count` behind the last list.
  u32* room(usize count) {
    const usize end = ends.empty() ? 0 : ends.back();
    if (positions.size() - end < count) positions.resize(2 * (end + count));
    return positions.data() + end;
  }
};

class PositionCursor {
 public:
  virtual ~PositionCursor() = default;
  // The word numbers in `doc` alone, ascending. `doc` is larger than the last and holds the word.
  virtual Result<void> read(u32 doc, std::vector<u32>& positions) = 0;
  // The same of several documents, ascending and larger than the last; `lists` is overwritten.
  virtual Result<void> read_all(std::span<const u32> docs, PositionLists& lists) {
    std::vector<u32> positions;
    lists.ends.clear();
    for (const u32 doc : docs) {
      TRY(read(doc, positions));
      std::copy(positions.begin(), positions.end(), lists.room(positions.size()));
      lists.ends.push_back(u32((lists.ends.empty() ? 0 : lists.ends.back()) + positions.size()));
    }
    return {};
  }
};

}  // namespace shale

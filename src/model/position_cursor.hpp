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
class PositionLists {
 public:
  usize size() const { return ends_.size() - 1; }
  std::span<const u32> of(usize document) const {
    return std::span(positions_).subspan(ends_[document], ends_[document + 1] - ends_[document]);
  }
  void clear() { ends_.resize(1); }
  // Room for `count` behind the last list; `add` says how much of it the next one took.
  u32* room(usize count) {
    const usize end = ends_.back();
    if (positions_.size() - end < count) positions_.resize(2 * (end + count));
    return positions_.data() + end;
  }
  void add(u32 count) { ends_.push_back(ends_.back() + count); }

 private:
  std::vector<u32> positions_;   // as many as the last end says; what is behind is room
  std::vector<u32> ends_ = {0};  // of each list, behind where the first begins
};

class PositionCursor {
 public:
  virtual ~PositionCursor() = default;
  // The word numbers in `doc` alone, ascending. `doc` is larger than the last and holds the word.
  virtual Result<void> read(u32 doc, std::vector<u32>& positions) = 0;
  // The same of several documents, ascending and larger than the last; `lists` is overwritten.
  virtual Result<void> read_all(std::span<const u32> docs, PositionLists& lists) {
    std::vector<u32> positions;
    lists.clear();
    for (const u32 doc : docs) {
      TRY(read(doc, positions));
      std::copy(positions.begin(), positions.end(), lists.room(positions.size()));
      lists.add(u32(positions.size()));
    }
    return {};
  }
};

}  // namespace shale

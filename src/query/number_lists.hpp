// Lists of numbers, found by number: all of them in one piece of memory, put in place by counting.
//
// A million short lists take 4 bytes each and 4 for each entry, and are made in two passes; vectors
// of vectors took an allocation for each. Made once; entries of a list keep the order they came in.
// Used by gc_graph.cpp.
#pragma once

#include <span>
#include <vector>

#include "base/integers.hpp"

namespace shale::query {

class NumberLists {
 public:
  struct Entry {
    u32 list = 0;  // below the number of lists
    u32 number = 0;
  };

  NumberLists() = default;
  // At most 2^32 - 1 entries.
  NumberLists(u32 lists, std::span<const Entry> entries)
      : begins_(usize(lists) + 1), numbers_(entries.size()) {
    for (const Entry& entry : entries) ++begins_[usize(entry.list) + 1];
    for (usize i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    std::vector<u32> places = begins_;
    for (const Entry& entry : entries) numbers_[places[entry.list]++] = entry.number;
  }

  // Empty for a list that there is not.
  std::span<const u32> of(u32 list) const {
    if (usize(list) + 1 >= begins_.size()) return {};
    return std::span(numbers_).subspan(begins_[list], begins_[list + 1] - begins_[list]);
  }

 private:
  std::vector<u32> begins_;  // of each list, and the end of the last
  std::vector<u32> numbers_;
};

}  // namespace shale::query

// One view's share of a sum or of a facet: documents counted, and a number of theirs added up, by
// the values of some fields.
//
// Columns and posting lists for unpatched documents, metadata for those that a patch moved to
// another group or another number. Which documents: the caller's business. Used by aggregate.cpp
// (sums) and facets.cpp (counts alone).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/overlay.hpp"

namespace shale::query {

struct GroupSum {
  u64 count = 0;
  u64 sum = 0;
  void add(i64 number) {
    ++count;
    if (number != no_number) sum += u64(number);
  }
  void add(const GroupSum& other) {
    count += other.count;
    sum += other.sum;
  }
};

// By one value for each field; "" for absent.
using GroupSums = std::map<std::vector<std::string>, GroupSum>;

// The field that is grouped by under a name; the day of creation is called `day`.
Result<Field> group_field(std::string_view name);

// Adds live documents of the view; without a field they are counted alone. A segment with several
// tags counts in the group of each.
Result<void> add_groups(const IndexView& view, std::optional<Field> field,
                        std::span<const Field> by, Bitmap docs, GroupSums& sums);

}  // namespace shale::query

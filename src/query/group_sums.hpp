// One view's share of sums and facets: documents counted, a number of theirs added up and their
// times compared, by the values of some fields.
//
// Block by block, straight from the columns, in arrays; several groupings share what is read. No
// set of documents is made where all are asked for. Documents that a patch moved to another group
// or another number are looked at one by one. Which documents: the caller's business. Used by
// aggregate.cpp, usage.cpp and facets.cpp.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/overlay.hpp"

namespace shale::query {

// The first and the last of some times, in microseconds since 1970; of none last < first.
struct Extent {
  i64 first = INT64_MAX;
  i64 last = INT64_MIN;
  void add(const Extent& other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
  bool operator==(const Extent&) const = default;
};

struct GroupSum {
  u64 count = 0;
  u64 sum = 0;
  u64 absent = 0;  // documents without the number
  Extent created;
  Extent touched;
  void add(const GroupSum& other);
};

// By one value for each field; "" for absent.
using GroupSums = std::map<std::vector<std::string>, GroupSum>;

// What is found out about a group beside its count. A segment with several tags counts in the group
// of each.
struct Grouping {
  std::vector<Field> by;
  bool created = false;
  bool touched = false;
  GroupSums sums = {};
};

// The field that is grouped by under a name; the day of creation is called `day`.
Result<Field> group_field(std::string_view name);

// Adds live documents of the view to groupings; without `number` they are counted, and none is
// absent. `wanted`: those of its documents that count; nothing: all of them. After an error the
// sums hold anything.
Result<void> add_groups(const IndexView& view, std::optional<Field> number,
                        std::optional<DenseSet> wanted, std::span<Grouping> groupings);

}  // namespace shale::query

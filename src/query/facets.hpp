// The facets of a search: its matches counted by the values of some fields.
//
// Exact over all views: which documents match is search.cpp's business, how they are grouped that
// of group_sums.hpp; here the groups of each field are added up, ordered and cut. Used by
// search.cpp.
#pragma once

#include <vector>

#include <shale/query.hpp>

#include "query/group_sums.hpp"

namespace shale::query {

class Facets {
 public:
  // invalid_argument for a field that nothing is grouped by.
  static Result<Facets> make(const Query& query);
  bool empty() const { return groupings_.empty(); }

  // Live documents of a view, none of them twice.
  Result<void> add(const IndexView& view, const DocumentSet& docs);
  // In the order of the query; largest count first, then by value.
  std::vector<Facet> take();

 private:
  std::vector<std::string> names_;
  std::vector<Grouping> groupings_;  // of each
  usize rows_max_ = 0;
};

}  // namespace shale::query

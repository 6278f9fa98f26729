#include "query/facets.hpp"

#include <algorithm>

namespace shale::query {

namespace {

bool is_before(const FacetRow& a, const FacetRow& b) {
  return a.count != b.count ? a.count > b.count : a.value < b.value;
}

}  // namespace

Result<Facets> Facets::make(const Query& query) {
  Facets facets;
  for (const std::string& name : query.facets) {
    const Field field = TRY(group_field(name));
    facets.groupings_.push_back({.by = {field}});
    facets.names_.push_back(name);
  }
  facets.rows_max_ = query.facet_rows;
  return facets;
}

Result<void> Facets::add(const IndexView& view, const DocumentSet& docs) {
  DenseSet wanted(view.index->document_count());
  docs.add_to(wanted);
  return add_groups(view, std::nullopt, std::move(wanted), groupings_);
}

std::vector<Facet> Facets::take() {
  std::vector<Facet> facets;
  facets.reserve(groupings_.size());
  for (usize i = 0; i < groupings_.size(); ++i) {
    GroupSums& sums = groupings_[i].sums;
    Facet facet{names_[i], {}, sums.size()};
    facet.rows.reserve(sums.size());
    for (const auto& [key, group] : sums) facet.rows.push_back({key.front(), group.count});
    const usize told = std::min(rows_max_, facet.rows.size());
    std::partial_sort(facet.rows.begin(), facet.rows.begin() + std::ptrdiff_t(told),
                      facet.rows.end(), is_before);
    facet.rows.resize(told);
    facets.push_back(std::move(facet));
    sums.clear();
  }
  return facets;
}

}  // namespace shale::query

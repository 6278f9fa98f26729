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
    facets.fields_.push_back(TRY(group_field(name)));
    facets.names_.push_back(name);
  }
  facets.sums_.resize(facets.fields_.size());
  facets.rows_max_ = query.facet_rows;
  return facets;
}

Result<void> Facets::add(const IndexView& view, const Bitmap& docs) {
  for (usize i = 0; i < fields_.size(); ++i) {
    TRY(add_groups(view, std::nullopt, std::span(&fields_[i], 1), docs, sums_[i]));
  }
  return {};
}

std::vector<Facet> Facets::take() {
  std::vector<Facet> facets;
  facets.reserve(fields_.size());
  for (usize i = 0; i < fields_.size(); ++i) {
    Facet facet{names_[i], {}, sums_[i].size()};
    facet.rows.reserve(sums_[i].size());
    for (const auto& [key, group] : sums_[i]) facet.rows.push_back({key.front(), group.count});
    const usize told = std::min(rows_max_, facet.rows.size());
    std::partial_sort(facet.rows.begin(), facet.rows.begin() + std::ptrdiff_t(told),
                      facet.rows.end(), is_before);
    facet.rows.resize(told);
    facets.push_back(std::move(facet));
    sums_[i].clear();
  }
  return facets;
}

}  // namespace shale::query

// Sums and usage over all views of a snapshot: what the query engine (engine.hpp) answers from
// columns, by groups.
//
// A view that fails becomes a fault and the others still answer. The project is no group here: a
// snapshot is of one, and adds it. Used by store.
#pragma once

#include <shale/aggregate.hpp>

#include "query/filter.hpp"
#include "query/group_sums.hpp"
#include "query/scope.hpp"
#include "text/analysis.hpp"

namespace shale::query {

// `analysis` is that of the views' texts, for a question with a query text.
Result<Sum> aggregate(std::span<const IndexView> views, const Aggregation& asked,
                      Analysis analysis);
Result<Usage> usage(std::span<const IndexView> views, const UsageOptions& options);

// Makes `all` hold `more`, too.
void widen(std::optional<TimeRange>& all, const std::optional<TimeRange>& more);

// Adds what passes the filter to groupings, in all views that are left.
Result<void> add_passing(Scope& scope, const Filter& filter, std::optional<Field> number,
                         std::span<Grouping> groupings);

}  // namespace shale::query

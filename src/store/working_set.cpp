#include <shale/working_set.hpp>

#include <shale/store.hpp>

#include <limits>

#include "query/filter.hpp"

namespace shale {

Result<WorkingSet> Snapshot::working_set(std::optional<std::string_view> task) const {
  Listing listing{.where = "tier:working", .sort = "touched"};
  if (task.has_value()) listing.where += " task:" + query::quoted_value(*task);
  listing.limit = std::numeric_limits<std::size_t>::max();
  Page page = TRY(list(listing));
  WorkingSet set;
  set.segments = std::move(page.segments);
  set.faults = std::move(page.faults);
  for (const Metadata& segment : set.segments) {
    set.tokens += segment.tokens.value_or(0);
    set.uncounted += segment.tokens.has_value() ? 0 : 1;
  }
  return set;
}

}  // namespace shale

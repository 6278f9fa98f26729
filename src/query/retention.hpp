// What the rules of shale/retention.hpp let go, chosen over all views of a snapshot from columns
// and posting lists: no text is read, and ids only where segments of one moment have to be told
// apart.
//
//   expires    terms of `.expires`: as many as there are moments, not documents
//   max_age    the column `created`; not where the store knows when all of a view was created
//   keep_last  codes of tasks, `created`
//   max_bytes  `bytes`; where there are too many, `created` too
//
// Changes nothing. A view that fails becomes a fault, and what is in it stays: each rule removes
// less for what it does not see, never more. Used by store.
#pragma once

#include "query/leaving.hpp"

namespace shale::query {

// When all documents of a view were created, microseconds since 1970 UTC.
struct CreatedRange {
  i64 first = 0;
  i64 end = 0;  // excluded
};

struct RetentionChoice {
  std::vector<Leaving> leaving;  // of each view
  u64 pinned = 0;                // kept for that alone
  std::vector<Fault> faults;
};

bool has_rules(const RetentionRules& rules);
// `created` is as long as `views`.
Result<RetentionChoice> choose_leaving(std::span<const IndexView> views,
                                       std::span<const std::optional<CreatedRange>> created,
                                       const RetentionRules& rules, i64 now);

}  // namespace shale::query

// The pages of a search: which state of the project a page shows, and the cursor for the next one.
//
// A cursor goes on in the view it was given for, as long as this process keeps it (kept_views.hpp).
// Otherwise in the view that is asked: the order is the same, so a segment that stands on both
// sides of a change is told once; but scores count all live segments, so what came or went moves
// others across the border of the page. The answer says so. Used by snapshot.cpp.
#pragma once

#include <memory>
#include <optional>

#include "query/engine.hpp"
#include "store/project_state.hpp"

namespace shale::store {

struct PageStart {
  std::shared_ptr<const View> view;   // what the page shows
  std::optional<query::Cursor> from;  // absent: the first page
  bool moved = false;
};

// Of a page that is asked of `view`; invalid_argument where the cursor is none, or another query's.
Result<PageStart> page_start(Project::State& project, const std::shared_ptr<const View>& view,
                             const Query& query);

// Fills in the cursors, and keeps the view for them where a page follows.
void finish_page(Project::State& project, const PageStart& start, const Query& query,
                 const query::RankedAnswer& ranked, Answer& answer);

}  // namespace shale::store

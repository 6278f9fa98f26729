// What could go to free tokens: roots, what they reach, and the score of the rest, in the order of
// shale/gc.hpp.
//
//   considered   where, over each view                          -> nodes of the graph
//   (gc_graph.hpp) roots        three filters among them                       -> reached
//   candidates   neither reached nor pinned; numbers, types     -> score (gc_score.hpp)
//   the cut      score, tokens, and where both are equal the id -> as many as target_tokens takes
//
// Linear in the documents of the views but for the sort of what is to go; ids are read of these
// alone. A view that fails becomes a fault, and the plan is that of the others. Used by store.
#pragma once

#include <span>

#include <shale/gc.hpp>

#include "model/overlay.hpp"

namespace shale::query {

// Without the LSN, which is the caller's to know. invalid_argument for a `where` that cannot be
// read.
Result<GcPlan> plan_gc(std::span<const IndexView> views, const GcOptions& options);

}  // namespace shale::query

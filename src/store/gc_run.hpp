// Does what a plan of the garbage collector says (shale/gc.hpp), batch by batch, and never to a
// segment that was changed since the plan.
//
//   news    what was committed since, by whomever: candidates among it are left alone
//   batch   the next 10,000 of those that are left: erased, or put into tier `stashed`
//   commit  on the condition that nobody has changed any of them since the news; on a conflict
//           nothing has happened, and the news are read again
//
// Each batch is all or nothing and durable when it is done; a crash or an error leaves those before
// it done, which a new plan goes on from. A conflict means that at least one candidate was changed,
// which is none from then on: whoever changes segments all the time ends this, he cannot stall it.
// Holds no lock between batches. Used by project.cpp.
#pragma once

#include <shale/gc.hpp>

#include "store/project_state.hpp"

namespace shale::store {

// Committed::erased and `updated` (stashed ones) are sums; `missing` are the ids that were left
// alone; `lsn` is that of the last batch, or the plan's where there was none. conflict where what
// happened since the plan is not kept any more, corrupt where it cannot be read or the plan has
// faults. The message of an error tells what was done before it.
Result<Committed> run_gc(Project::State& project, const GcPlan& plan);

}  // namespace shale::store

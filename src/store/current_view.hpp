// The newest view of a project: a few atomic loads when nothing changed, else what CONTROL speaks
// of is loaded on top of the view before it. For snapshots and for whoever holds the lease.
// Never repairs, and waits .2 s at most for another's recovery: snapshot_view (project.hpp) and
// recovery do more.
#pragma once

#include <memory>

#include "store/project_state.hpp"

namespace shale::store {

// Safe from many threads. Where a change by another process is going on, the view before it.
Result<std::shared_ptr<const View>> current_view(Project::State& project);

// For whoever does not wait for a recovery that is going on: the newest view without it; null where
// this process has none yet. Not where the project is private.
std::shared_ptr<const View> view_of_before(Project::State& project);

// What `newest` shows and no power cut can take back: the same edition, cut at the durable LSN.
// An edition is durable up to its as_of, because it is published only then.
// Safe from many threads.
Result<std::shared_ptr<const View>> durable_view(Project::State& project,
                                                 const std::shared_ptr<const View>& newest);

}  // namespace shale::store

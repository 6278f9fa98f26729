// Figures and health of a project: what `stats` and `verify` show, for Project::stats and
// Project::verify. Both read one view; a fault that they meet is told, not repaired.
// What was done with the project comes from activity.hpp.
#pragma once

#include <shale/stats.hpp>

#include <stop_token>

#include "store/project_state.hpp"

namespace shale::store {

Result<ProjectStats> project_stats(Project::State& project);

// Reads every file of the project anew and checks everything that can be checked.
Result<Verified> verify_project(Project::State& project, const ProgressCallback& progress,
                                const std::stop_token& stop);

}  // namespace shale::store

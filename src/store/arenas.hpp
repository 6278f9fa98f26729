// Where the in-map index of a log is had from: volatile/, which all processes share, or the memory
// of a process that has the project to itself (surroundings.hpp).
//
// The indexes of a private reader are not here: he makes them with each edition (private_view.cpp).
// Used by whoever makes a log (publish, leave_log, recovery) and by current_view.
#pragma once

#include "store/project_state.hpp"

namespace shale::store {

// LEASE. A new, empty one for a new log.
Result<void> make_log_arena(Project::State& project, FileId log);

// LEASE. One that was built for a log: kept where the process is alone; else it lies in its file.
void keep_arena(Project::State& project, FileId log, std::shared_ptr<delta::Arena> arena);

// view_mutex held. That of a log of the newest edition.
Result<std::shared_ptr<delta::Arena>> arena_of(const Project::State& project, FileId log);

// view_mutex held. Lets go of those whose logs are retired; whoever still reads one holds it.
void forget_arenas(Project::State& project, const catalog::Manifest& manifest);

}  // namespace shale::store

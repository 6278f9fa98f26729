// The newest view of a project: a few atomic loads when nothing changed.
#pragma once

#include <memory>

#include "store/project_state.hpp"

namespace shale::store {

// Safe from many threads. Where a change by another process is going on, the view before it.
Result<std::shared_ptr<const View>> current_view(Project::State& project);

}  // namespace shale::store

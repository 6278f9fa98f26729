// Who depends on what has changed, by dependencies that are given: what a tool has to analyse
// again.
//
// Dependents are those of dependents, too; cycles are fine. Pure; time and memory are linear in the
// edges. Those that are kept in a project are followed there (kept_dependencies.hpp). Used by the
// program's `sync --deps`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <shale/sync.hpp>

namespace shale::sync {

// Paths that reach one of `changed`, without those themselves; sorted.
std::vector<std::string> dependents_of(std::span<const Dependencies> all,
                                       std::span<const std::string> changed);

}  // namespace shale::sync

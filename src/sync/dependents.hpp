// Who depends on what has changed: what a tool has to analyse again.
//
// An edge says that `from` depends on `to` (includes, imports, calls it). Dependents are those of
// dependents, too; cycles are fine. Pure; time and memory are linear in the edges. Used by the
// program's `sync --plan --deps`.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace shale::sync {

struct Edge {
  std::string from;
  std::string to;
};

// Paths that reach one of `changed` over edges, without those themselves; sorted.
std::vector<std::string> dependents_of(std::span<const Edge> edges,
                                       std::span<const std::string> changed);

}  // namespace shale::sync

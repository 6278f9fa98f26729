// What could go out of a project to free tokens, and why: the garbage collector of context engines.
//
// A plan is made from columns alone and changes nothing (Snapshot::plan_gc); Project::run_gc does
// what it says, and leaves alone whatever was changed since the plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shale/query.hpp>

namespace shale {

struct GcOptions {
  std::string task;                    // whose messages are roots; empty: none
  std::string file;                    // whose segments are roots; empty: none
  std::uint64_t target_tokens = 0;     // free so many; 0: all that may go
  std::string where = "tier:working";  // of which segments; others are neither roots nor candidates
  std::optional<std::int64_t> now_us = std::nullopt;  // microseconds since 1970 UTC
};

enum class GcAction : std::uint8_t { keep, stash, erase };

struct GcCandidate {
  std::string id;
  std::string type;
  double score = 0;
  GcAction action = GcAction::keep;
  std::uint32_t tokens = 0;
};

struct GcPlan {
  std::uint64_t lsn = 0;
  std::vector<GcCandidate> candidates;  // best to go first
  std::uint64_t tokens_freed = 0;       // by those whose action is not `keep`
  std::uint64_t considered = 0;
  std::uint64_t roots = 0;
  std::uint64_t reachable = 0;  // roots included
  std::uint64_t pinned = 0;     // not reachable, and kept for that
  std::vector<Fault> faults;
};

}  // namespace shale

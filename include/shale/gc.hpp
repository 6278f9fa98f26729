// What could go out of a project to free tokens, and why: the garbage collector of context engines.
//
//   auto plan = now.plan_gc({.task = "perf", .file = "src/merge.cpp", .target_tokens = 50'000});
//   auto done = notes.run_gc(plan.value()).value();
//
// A plan is made from columns alone and changes nothing (Snapshot::plan_gc); Project::run_gc does
// what it says, and leaves alone whatever was changed since the plan.
//
//   roots       messages of the task, segments of the file, decisions created less than an hour ago
//   edges       from a segment with a tag `ref:ID` to the segment ID; between those with the same
//               topic (the empty topic is none)
//   reachable   the roots, and what edges lead to from there; it stays
//   candidates  what is neither reachable nor pinned. A pin keeps a segment, not what it refers to
//   score       .4 * days since it was touched (0 for the future)
//               + .3 * type: log 1, note .8, code .5, message .3, summary .2, decision .1, else .5
//               + .2 / (refcount + 1)
//               + .1 * (generation old: 1, young: .3)
//   plan        best score first, then the most tokens, then the smaller id: above .7 it is erased,
//               above .4 its tier becomes `stashed`, until target_tokens are freed
//
// All of it among the segments that GcOptions::where finds: others are no roots, no candidates, and
// no edge leads to or through them. One that is not of tier `working` frees nothing by being
// stashed, and is kept where that is all that its score asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shale/query.hpp>

namespace shale {

struct GcOptions {
  std::string task = {};                              // empty: no message is a root
  std::string file = {};                              // whose segments are roots; empty: none
  std::uint64_t target_tokens = 0;                    // free so many; 0: all that may go
  std::string where = "tier:working";                 // of which segments
  std::optional<std::int64_t> now_us = std::nullopt;  // what ages count from, since 1970 UTC
};

enum class GcAction : std::uint8_t {
  stash,  // its tier becomes `stashed`
  erase,
};

struct GcCandidate {
  std::string id;
  std::string type;
  double score = 0;
  GcAction action = GcAction::stash;
  std::optional<std::uint32_t> tokens;  // absent: not counted, and frees 0
  bool operator==(const GcCandidate&) const = default;
};

// considered == reachable + pinned + kept + candidates.size()
struct GcPlan {
  std::uint64_t lsn = 0;                // of the snapshot
  std::vector<GcCandidate> candidates;  // all that are to go, in the order of the plan
  std::uint64_t tokens_freed = 0;       // by them
  std::uint64_t uncounted = 0;          // of them: without a count of tokens
  std::uint64_t considered = 0;         // segments that `where` finds
  std::uint64_t roots = 0;
  std::uint64_t reachable = 0;  // roots included
  std::uint64_t pinned = 0;     // not reachable, and kept for that
  std::uint64_t kept = 0;       // for their score, or since enough is freed without them
  // What is damaged may have held roots and edges. Such a plan is not run.
  std::vector<Fault> faults;
};

}  // namespace shale

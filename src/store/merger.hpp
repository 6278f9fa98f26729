// Folds sealed logs and merges shards: the inputs' live documents become new shards, and one new
// edition replaces the inputs (PROTOCOL A9, A10, A11).
//
//   merge lock; view at LSN a
//   new shards: everything the inputs hold at a, with updates applied, verified; of folded logs a
//     changes file too (changes_draft.hpp)
//   view at LSN b: what died or changed in the inputs in (a, b] goes into .dead and .patch files of
//     the new shards; what the folded logs said of shards outside the merge goes into theirs
//   access lock; what was counted of the inputs' documents becomes the new shards' (access_carry)
//   lease; view at LSN c
//     the same for (b, c], where there is anything
//     new edition, as of c
//   inputs unlinked
//
// Writers wait for the last step only: for one MANIFEST replacement, where nothing happened since
// b. Carry-over is by version, found through the inputs that are still open: the view says which of
// their documents died, and the plan where each one went.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "store/merge_policy.hpp"
#include "store/project_state.hpp"

namespace shale::store {

enum class MergeEnd : u8 {
  published,
  overtaken,  // a log was left meanwhile (leave_log.hpp): nothing was changed, a new plan is needed
};

// One step of `plan`. The merge lock must be held.
Result<MergeEnd> run_merge(Project::State& project, const MergePlan& plan, std::stop_token stop);

// What to merge next; nothing if nothing is due.
using MergePlanner = std::function<Result<std::optional<MergePlan>>(const View&)>;

struct MergeStep {
  u64 text_bytes = 0;  // of the shards that were read
  u64 counted = 0;     // texts whose tokens were counted
};

// One step, planned anew where it was overtaken; nothing where nothing was due. The merge lock must
// be held.
Result<std::optional<MergeStep>> merge_as_planned(Project::State& project,
                                                  const MergePlanner& plan_for,
                                                  const std::stop_token& stop);

// Seals the active log where it holds anything, so that a fold can take it; `only_if_due`: where
// it is large or old enough to be sealed anyway.
Result<void> seal_to_merge(Project::State& project, bool only_if_due);

// Seals the active log and does every merge that is due; `full`: down to one shard per partition.
// Then shards with documents that have to be counted are written anew (recount.hpp).
Result<void> merge_project(Project::State& project, bool full, const ProgressCallback& progress,
                           std::stop_token stop);

// Folds the sealed logs where at least `waiting` of them wait. While somebody else merges it waits
// up to `patience`; then false, as where there was nothing to do.
Result<bool> fold_sealed(Project::State& project, usize waiting,
                         std::chrono::milliseconds patience);

// One bounded merge if one is due and nobody else is merging. True: something was done.
Result<bool> merge_step(Project::State& project);

}  // namespace shale::store

// Retention: what the rules let go goes (shale/retention.hpp; PROTOCOL C10).
//
//   view at LSN a; the rules choose (query/retention.hpp)
//   shards all of whose live documents go:
//     merge lock; logs that may hold older versions of what is in them are folded; choose again
//     lease; view at LSN c: left out is what is not as it was at a
//     an `advance` frame takes the next LSN; new edition without the shards, which tells of the
//     drop; their files are unlinked
//   the rest, in logs and in shards that keep something: erased by batches (guarded_erase.hpp)
//
// A drop costs what its shards are, not what is in them: no document is looked at but for the sums
// that are told. It may not bring anything back: a version that another one superseded, before that
// one went with its shard, is dead in the .dead file of its shard for good; in a log that is to be
// read again after a restart it is not, where the newer came by a bulk ingest. So a shard is
// dropped only where every log begins behind all that is in it.
//
// A crash before MANIFEST is replaced leaves an empty frame, one behind it orphans; between two
// batches, what is left for the next time. Readers of older snapshots keep the files they have.
#pragma once

#include <shale/retention.hpp>

#include <stop_token>

#include "store/project_state.hpp"

namespace shale::store {

Result<RetentionPlan> plan_retention(Project::State& project, const RetentionRules& rules);

// What went, durable. Waits for the merge lock up to busy_timeout where shards can be dropped.
Result<RetentionPlan> apply_retention(Project::State& project, const RetentionRules& rules,
                                      const ProgressCallback& progress, std::stop_token stop);

// For whoever comes by again and again: nothing is done where somebody else merges.
Result<void> apply_retention_if_free(Project::State& project, const RetentionRules& rules,
                                     std::stop_token stop);

}  // namespace shale::store

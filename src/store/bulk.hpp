// Bulk ingest: a batch larger than the delta takes, analysed in private memory and written straight
// to shards. One change at its commit point (PROTOCOL A12).
//
//   pieces of 64 MiB: index in anonymous memory (the code of the delta); in the view of the
//          beginning, find what the ids supersede; -> shard, counted, verified
//   without the lease, in the newest view: the same for what is new in it, write the .dead files
//          for it, sync the log
//   lease: the condition of the batch; the same for what changed since; an `advance` frame takes
//          the next LSN for the whole batch; tombstones at that LSN for versions in live logs; new
//          edition with the LSN as the shards' base; all become visible with the edition
//
// It supersedes everything committed before that point and loses to everything later. A crash
// before MANIFEST leaves orphans and an empty frame.
#pragma once

#include <stop_token>

#include "store/batch.hpp"
#include "store/project_state.hpp"

namespace shale::store {

// The batch holds stashes only (anything else is ErrorCode::invalid_argument). Returns durable.
Result<Committed> ingest_batch(Project::State& project, const Batch::State& batch,
                               const ProgressCallback& progress, std::stop_token stop);

}  // namespace shale::store

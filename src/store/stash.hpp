// Applies a batch to a project: the way of every single stash, update and erase.
//
//   check, analyse, encode        no lock
//   condition                     what was changed since, where the batch asks
//   (commit_condition.hpp) fold                          where too many sealed logs wait; without
//   the lease lease                         milliseconds
//     condition again
//     seal if the log is full
//     find what each change supersedes
//     append the frame            written: survives kill -9
//     add to the in-map index
//     publish `committed`         visible in every process
//   release
//   sync                          durable: survives a power cut (concurrent callers share one)
//   acknowledge
//
// A failure before the frame is written leaves nothing. An error behind it (index or CONTROL lost,
// a sync that failed) leaves open whether the batch is kept, never half of it. After a kill between
// frame and `committed` the next writer overwrites the frame, and document numbers are burnt; or a
// recovery takes the batch in, whole.
#pragma once

#include <functional>
#include <memory>

#include "store/batch.hpp"
#include "store/project_state.hpp"

namespace shale::store {

Result<Committed> commit_batch(Project::State& project, const Batch::State& batch,
                               Durability durability);

// A batch that is made from what there is under the lease, which everybody waits for meanwhile: the
// last resort of one who was overtaken each time he made it without (ErrorCode::conflict).
using MakeBatch = std::function<Result<Batch>(const std::shared_ptr<const View>& now)>;
Result<Committed> commit_made(Project::State& project, const MakeBatch& make,
                              Durability durability);

}  // namespace shale::store

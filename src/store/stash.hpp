// Applies a batch to a project: the way of every single stash, update and erase.
//
//   check, analyse, encode        no lock
//   lease                         milliseconds
//     seal if the log is full
//     find what each change supersedes
//     append the frame            written: survives kill -9
//     add to the in-map index
//     publish `committed`         visible in every process
//   release
//   sync                          durable: survives a power cut (concurrent callers share one)
//   acknowledge
//
// A failure before the frame is written leaves nothing. A kill between frame and `committed` leaves
// a frame that the next one overwrites and document numbers that are burnt: the batch never was.
#pragma once

#include "store/batch.hpp"
#include "store/project_state.hpp"

namespace shale::store {

Result<Committed> commit_batch(Project::State& project, const Batch::State& batch,
                               Durability durability);

}  // namespace shale::store

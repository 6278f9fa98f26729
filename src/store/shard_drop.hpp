// The step of retention that takes whole shards out of a project (retention.hpp says when, and why
// it is safe).
//
// Order: everything committed is durable -> an `advance` frame, synced -> MANIFEST without the
// shards, with a `drop` line at the frame's LSN -> files unlinked. Knows no rule. Used by retention
// alone.
#pragma once

#include "store/lease.hpp"

namespace shale::store {

// A shard of a view that all live documents of are to go.
struct DropCandidate {
  usize at = 0;  // in the view's indexes
  u64 segments = 0;
  i64 created_first = 0;  // all of them were created in [first, last]
  i64 created_last = 0;
  std::vector<u32>
      died;  // of those dropped: documents that somebody had superseded or erased since
};

// Whether no log holds what could come back without the shard.
bool may_be_dropped(const catalog::Manifest& manifest, const catalog::ShardEntry& entry);

// Drops those candidates of `chosen_in` that are as they were there: no update, no log that could
// bring something back. Answers which were dropped; a version that died meanwhile does not hinder.
// The merge lock must be held.
Result<std::vector<DropCandidate>> drop_shards(Project::State& project, const View& chosen_in,
                                               u64 incarnation,
                                               const std::vector<DropCandidate>& candidates);

}  // namespace shale::store

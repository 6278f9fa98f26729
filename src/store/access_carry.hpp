// A merge carries what was counted: the .access files of the new shards.
//
//   access lock, from here until the edition is published (access_lock.hpp)
//   counts at versions that are dead go to the live ones, wherever these are: each move is complete
//     in itself, whether or not the edition comes to be
//   what is left at the inputs' documents is summed by the plan, written and synced
//   lease; new edition; lease given back
//   counts of documents that died in between, dead from the first in the new shard: handed on
//
// A kill before the edition leaves the inputs with what they had, and orphans; behind it the new
// files are whole. What a process has counted meanwhile for an input goes by id when it is flushed.
// The counts are a hint: a file of them that is damaged stops no merge.
#pragma once

#include <span>

#include "store/access_lock.hpp"
#include "store/document_plan.hpp"
#include "store/draft_files.hpp"

namespace shale::store {

// One new shard.
struct CarriedShard {
  FileId id;
  const DocumentPlan* plan = nullptr;
};

// ACCESS. `drafts` has the files until a manifest names their shards.
Result<void> carry_accesses(const AccessLock& lock, std::span<const MergeSource> sources,
                            std::span<const CarriedShard> shards, DraftFiles& drafts);
// ACCESS, and the edition is published.
Result<void> hand_on_accesses(Project::State& project, std::span<const CarriedShard> shards);

// LEASE. A log is left (leave_log.hpp): the documents of `before`'s log behind `kept` go on in
// `next`, under other numbers. Without the access lock, which comes before the lease: what somebody
// writes to the old file at this very moment is lost. To be called before `next` is published.
Result<void> carry_left_log(const Project::State& project, const View& before, FileId left,
                            Lsn kept, const Index& next);

}  // namespace shale::store

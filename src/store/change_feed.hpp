// What `changes` answers: the batches a view sees above an LSN.
//
//   changes files of the manifest   folded logs (changes_draft.hpp)
//   logs, sealed and active         from where the LSN stands in them, up to what is committed
//   of bulk ingests                 the documents of shards that have their LSN
//   of drops                        what MANIFEST says: how many, and of which time
//
// A changes file may have been retired by a later fold: then the MANIFEST of now names one that
// holds the same. Reads no text and takes no lock. Safe from many threads.
#pragma once

#include "store/project_state.hpp"

namespace shale::store {

// Without the faults of the edition. invalid_argument where `since` lies above what the view sees.
Result<Changes> changes_in(const Project::State& project, const View& view,
                           const ChangesQuery& query);

}  // namespace shale::store

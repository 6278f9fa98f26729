// Counts made after the fact: of shards whose documents have none, or all of them anew.
//
// Shards are written anew one at a time (merger), so that what was done before a stop or an error
// is kept and memory stays that of one merge. One that is damaged is left as it is; the others are
// done, and its error comes at the end.
#pragma once

#include <stop_token>

#include "store/project_state.hpp"

namespace shale::store {

// All live documents, whatever count they have; how many texts were counted. invalid_argument where
// the store counts nothing.
Result<u64> recount_project(Project::State& project, const ProgressCallback& progress,
                            std::stop_token stop);

// The documents of shards that have to be counted (count_rules): of stores that counted nothing, or
// by another tokenizer, when they were folded. The merge lock must be held.
Result<void> count_missing(Project::State& project, const std::stop_token& stop);

}  // namespace shale::store

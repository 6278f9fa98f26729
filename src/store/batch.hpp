// A batch on its way into a project: the caller's changes, checked, analysed and encoded.
//
// Everything that can be done without a lock is done here: validation, metadata defaults, analysis
// and the frame's payload. Used by stash.cpp (commit) and bulk.cpp (ingest).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <shale/store.hpp>

#include "delta/index_writer.hpp"
#include "delta/log_format.hpp"

namespace shale {

struct Batch::State {
  struct Erase {
    std::string id;
  };
  struct Change {
    std::string id;
    Update update;
  };
  using Entry = std::variant<NewSegment, Change, Erase>;
  std::vector<Entry> entries;
  u64 text_bytes = 0;
  std::optional<u64> unchanged_since;  // an LSN
};

namespace store {

// Checks every change; the message names the place of the bad one in the batch.
Result<void> check_batch(const Batch::State& batch);

// Whether the batch may go the bulk way: new segments and nothing else.
bool only_stashes(const Batch::State& batch);

// The entries that count, in order: nothing stands in front of a later stash or erase of the same
// id, which wins and makes updates before it void.
std::vector<const Batch::State::Entry*> entries_that_count(const Batch::State& batch);
// Those as changes. Texts view the batch.
std::vector<delta::Change> changes_of(const Batch::State& batch, Time now);
delta::StashChange stash_of(const NewSegment& segment, Time now);

}  // namespace store
}  // namespace shale

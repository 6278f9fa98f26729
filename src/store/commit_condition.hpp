// Whether a batch that was made from a snapshot still fits what there is: nobody has changed any of
// its ids since (Batch::require_unchanged_since).
//
//   without the lease   everything since the snapshot, up to what is committed now
//   under the lease     what came in since then: a few frames
//
// Asks the feed of changes, which has every change of every id, folded or not. What it cannot tell
// any more, or cannot read, may have been a change.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "store/batch.hpp"
#include "store/project_state.hpp"

namespace shale::store {

class CommitCondition {
 public:
  explicit CommitCondition(const Batch::State& batch);

  // conflict, with the id. To be asked of a newer view each time.
  Result<void> check(const Project::State& project, const View& now);

 private:
  std::optional<u64> since_;  // nothing: always fits
  std::unordered_set<std::string> ids_;
};

}  // namespace shale::store

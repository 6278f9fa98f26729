// Erases many segments in bounded batches, and none that anybody has touched since they were
// chosen.
//
//   each batch    what was changed since the choice (change_feed.hpp), up to now: those ids stay
//                 commit, under the condition that nothing of it was changed since then
//                 conflict: from the top, with what changed left out
//
// A batch blocks other writers as any erase of its size does. A crash leaves whole batches. Used by
// retention; for whoever does what a plan of before says.
#pragma once

#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/project_state.hpp"

namespace shale::store {

class GuardedErase {
 public:
  // `since`: the LSN of the view that the ids were chosen in.
  GuardedErase(Project::State& project, Lsn since) : project_(project), known_up_to_(since) {}

  static constexpr usize batch_ids = 10'000;

  // The places in `ids` of those that were left alone; nothing where it is not kept any more what
  // was changed since, so that none was erased. At most batch_ids. Acknowledged `relaxed`.
  Result<std::optional<std::vector<usize>>> erase(const std::vector<std::string>& ids);

 private:
  Result<bool> learn_changes();

  Project::State& project_;
  Lsn known_up_to_;
  Lsn own_;  // the last batch of this object
  std::unordered_set<std::string> changed_;
};

}  // namespace shale::store

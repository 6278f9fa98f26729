#include "store/guarded_erase.hpp"

#include <algorithm>

#include "store/change_feed.hpp"
#include "store/current_view.hpp"
#include "store/project.hpp"
#include "store/stash.hpp"

namespace shale::store {

namespace {

// Each conflict but that with a drop of another process takes an id out of the batch.
constexpr int attempts_max = 1000;

}  // namespace

Result<std::optional<std::vector<usize>>> GuardedErase::erase(const std::vector<std::string>& ids) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    if (!TRY(learn_changes())) return std::optional<std::vector<usize>>();
    std::vector<usize> left;
    Batch batch;
    for (usize i = 0; i < ids.size(); ++i) {
      if (changed_.contains(ids[i])) {
        left.push_back(i);
      } else {
        batch.erase(ids[i]);
      }
    }
    if (batch.size() == 0) return std::optional(std::move(left));
    batch.require_unchanged_since(known_up_to_.value);
    Result<Committed> done = commit_batch(project_, batch.state(), Durability::relaxed);
    if (!done && done.error().code == ErrorCode::conflict) continue;
    if (!done) return Unexpected{std::move(done).error()};
    own_.value = done->lsn;
    // Of a shard that another process dropped meanwhile.
    for (usize i = 0; i < ids.size(); ++i) {
      const auto& missing = done->missing;
      if (std::find(missing.begin(), missing.end(), ids[i]) != missing.end()) left.push_back(i);
    }
    return std::optional(std::move(left));
  }
  return fail_at(ErrorCode::busy, "Whatever was to be erased was changed each time",
                 project_.paths.folder.string());
}

// False: not all of them are kept.
Result<bool> GuardedErase::learn_changes() {
  const std::shared_ptr<const View> now = TRY(settled_view(project_));
  if (now->committed == known_up_to_) return true;
  const Changes changes = TRY(changes_in(project_, *now, {.since = known_up_to_.value}));
  if (!changes.faults.empty()) {
    const Fault& fault = changes.faults.front();
    return fail_at(ErrorCode::corrupt,
                   "What was changed meanwhile cannot be told: " + fault.message, fault.file,
                   fault.offset);
  }
  if (changes.kept_after > known_up_to_.value) return false;
  for (const ChangedBatch& batch : changes.batches) {
    if (batch.lsn == own_.value) continue;
    for (const Change& change : batch.changes) changed_.insert(change.id);
  }
  known_up_to_ = now->committed;
  return true;
}

}  // namespace shale::store

#include "store/commit_condition.hpp"

#include "store/change_feed.hpp"

namespace shale::store {

CommitCondition::CommitCondition(const Batch::State& batch) : since_(batch.unchanged_since) {
  if (!since_.has_value()) return;
  for (const Batch::State::Entry& entry : batch.entries) {
    ids_.insert(std::visit([](const auto& one) { return one.id; }, entry));
  }
}

Result<void> CommitCondition::check(const Project::State& project, const View& now) {
  if (!since_.has_value() || now.committed.value == *since_) return {};
  const Changes changes = TRY(changes_in(project, now, {.since = *since_}));
  if (!changes.faults.empty()) {
    const Fault& fault = changes.faults.front();
    return fail_at(ErrorCode::corrupt,
                   "Whether a batch still fits cannot be told: " + fault.message, fault.file,
                   fault.offset);
  }
  if (changes.kept_after > *since_) {
    return fail(ErrorCode::conflict,
                "The batch was made from a snapshot that is too old: what "
                "happened since is not kept any more");
  }
  for (const ChangedBatch& batch : changes.batches) {
    if (batch.is_drop) {
      return fail(ErrorCode::conflict,
                  "Retention let whole shards go meanwhile, with any of the ids perhaps");
    }
    for (const Change& change : batch.changes) {
      if (!ids_.contains(change.id)) continue;
      return fail(ErrorCode::conflict, "'" + change.id + "' was changed meanwhile, by process " +
                                           std::to_string(batch.pid));
    }
  }
  since_ = now.committed.value;
  return {};
}

}  // namespace shale::store

// What a fold keeps of its logs: their batches, in a changes file that the next manifest names.
//
//   batches of the newest changes file there is, where that is small: many folds leave few files
//   - those that are older than the store keeps
//   + batches of the logs, oldest first, from their frames; sealed logs never change
//   -> changes/<seq>-<id>.changes, synced, read back
//
// Written while the shards are built, without the lease. Crash: an orphan. Only folds write and
// drop changes files, and they hold the merge lock. A changes file that is damaged is left where it
// is: it hinders no fold.
#pragma once

#include "catalog/changes_file.hpp"
#include "store/draft_files.hpp"
#include "store/project_state.hpp"

namespace shale::store {

class ChangesDraft {
 public:
  explicit ChangesDraft(const Project::State& project);

  // The batches of `logs`, the oldest of the edition, all sealed.
  Result<void> write(const Edition& edition, const std::vector<FileId>& logs);
  // Makes the manifest that no longer has the logs name the file instead.
  void apply(catalog::Manifest& next) const;

 private:
  void forget_old_files();
  Result<void> take_over_last_file(catalog::ChangesBuilder& builder);
  Result<void> add_logs(const Edition& edition, const std::vector<FileId>& logs,
                        catalog::ChangesBuilder& builder);

  const Project::State& project_;
  i64 oldest_kept_;  // time: microseconds since 1970 UTC
  DraftFiles drafts_;
  Lsn last_;           // of the logs
  Lsn changes_after_;  // as the next manifest says it
  std::vector<catalog::ChangesEntry> changes_;
};

}  // namespace shale::store

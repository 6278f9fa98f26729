#include "store/changes_draft.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/shortage.hpp"
#include "base/system.hpp"
#include "store/logged_batches.hpp"
#include "store/merge_policy.hpp"

namespace shale::store {

namespace {

constexpr i64 day_microseconds = i64(86'400) * 1'000'000;
// A file is written again by the next fold while it is below this, whatever the fold,
constexpr u64 small_file_bytes = u64(64) << 10;
// or below this, where the logs are that many times as long.
constexpr u64 file_bytes_max = u64(1) << 20;
constexpr u64 log_bytes_per_file_byte = 8;

u64 bytes_of(const catalog::Manifest& manifest, const std::vector<FileId>& logs) {
  u64 sum = 0;
  for (const catalog::LogEntry& log : manifest.logs) {
    if (is_one_of(logs, log.id)) sum += log.sealed_end;
  }
  return sum;
}

bool is_worth_writing_again(const catalog::ChangesEntry& entry, u64 log_bytes) {
  return entry.file_bytes < small_file_bytes ||
         (entry.file_bytes < file_bytes_max &&
          entry.file_bytes <= log_bytes / log_bytes_per_file_byte);
}

}  // namespace

ChangesDraft::ChangesDraft(const Project::State& project)
    : project_(project),
      oldest_kept_(now_microseconds() - i64(project.config.keep_changes_days) * day_microseconds),
      drafts_(project.paths) {}

void ChangesDraft::forget_old_files() {
  const bool keeps_none = project_.config.keep_changes_days == 0;
  while (!changes_.empty() && (keeps_none || changes_.front().newest_at < oldest_kept_)) {
    changes_after_ = changes_.front().last;
    changes_.erase(changes_.begin());
  }
}

// What cannot be read to its end, or is missing, stays named as it is, for `verify` to tell of.
Result<void> ChangesDraft::take_over_last_file(catalog::ChangesBuilder& builder) {
  const catalog::ChangesEntry last = changes_.back();
  std::vector<ChangedBatch> batches;
  const auto read = catalog::read_changes(project_.paths.changes(last.id), project_.project_id,
                                          last, {}, [&](ChangedBatch&& batch) -> Result<bool> {
                                            batches.push_back(std::move(batch));
                                            return true;
                                          });
  if (!read) return is_shortage(read.error()) ? read : Result<void>();
  changes_.pop_back();
  bool may_go = changes_.empty();  // nothing older is kept
  for (const ChangedBatch& batch : batches) {
    may_go = may_go && batch.committed_at < oldest_kept_;
    if (may_go) {
      changes_after_.value = batch.lsn;
    } else {
      TRY(builder.add(batch));
    }
  }
  return {};
}

Result<void> ChangesDraft::add_logs(const Edition& edition, const std::vector<FileId>& logs,
                                    catalog::ChangesBuilder& builder) {
  const catalog::Manifest& manifest = edition.manifest;
  const auto add = [&](ChangedBatch&& batch) -> Result<bool> {
    TRY(builder.add(batch));
    return true;
  };
  for (usize i = 0; i < manifest.logs.size(); ++i) {
    const catalog::LogEntry& entry = manifest.logs[i];
    if (!is_one_of(logs, entry.id)) continue;
    TRY(read_batches(*edition.logs[i].reader, {}, entry.sealed_end, manifest, add));
  }
  return {};
}

Result<void> ChangesDraft::write(const Edition& edition, const std::vector<FileId>& logs) {
  const catalog::Manifest& manifest = edition.manifest;
  changes_ = manifest.changes;
  changes_after_ = manifest.changes_after;
  for (const catalog::LogEntry& log : manifest.logs) {
    if (is_one_of(logs, log.id)) last_ = std::max(last_, log.last_lsn);
  }
  forget_old_files();
  if (project_.config.keep_changes_days == 0) {
    changes_after_ = last_;
    return {};
  }
  const FileId id{manifest.next_sequence, random_u64()};
  catalog::ChangesBuilder builder = TRY(catalog::ChangesBuilder::make(project_.project_id, id));
  if (!changes_.empty() && is_worth_writing_again(changes_.back(), bytes_of(manifest, logs))) {
    TRY(take_over_last_file(builder));
  }
  TRY(add_logs(edition, logs, builder));
  if (!TRY(path_exists(project_.paths.changes_folder()))) {  // a project of before there was one
    TRY(make_folder(project_.paths.changes_folder()));
    TRY(sync_folder(project_.paths.folder));
  }
  const std::filesystem::path path = project_.paths.changes(id);
  const Lsn after = changes_.empty() ? changes_after_ : changes_.back().last;
  changes_.push_back(TRY(builder.write(path, after, last_)));
  return drafts_.guard(path);
}

void ChangesDraft::apply(catalog::Manifest& next) const {
  next.changes = changes_;
  next.changes_after = changes_after_;
  if (!changes_.empty()) {
    next.next_sequence = std::max(next.next_sequence, changes_.back().id.sequence + 1);
  }
  std::erase_if(next.ingests, [&](const auto& ingest) { return ingest.lsn <= last_; });
  std::erase_if(next.drops, [&](const auto& drop) { return drop.lsn <= last_; });
}

}  // namespace shale::store

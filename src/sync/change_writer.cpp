#include "sync/change_writer.hpp"

namespace shale::sync {

Result<void> ChangeWriter::add(FileChanges changes) {
  const bool is_fresh = is_large_ && changes.updated.empty() && changes.erased.empty();
  Batch& batch = is_fresh ? fresh_ : batch_;
  for (NewSegment& segment : changes.stashed) batch.stash(std::move(segment));
  for (auto& [id, update] : changes.updated) batch.update(std::move(id), std::move(update));
  for (std::string& id : changes.erased) batch.erase(std::move(id));
  if (fresh_.text_bytes() >= bulk_bytes) TRY(ingest());
  if (batch_.text_bytes() >= batch_bytes || batch_.size() >= batch_changes) TRY(commit());
  return {};
}

Result<void> ChangeWriter::flush() {
  TRY(ingest());
  return commit();
}

Result<void> ChangeWriter::commit() {
  if (batch_.size() == 0) return {};
  TRY(project_.commit(batch_));
  batch_.clear();
  return {};
}

Result<void> ChangeWriter::ingest() {
  if (fresh_.size() == 0) return {};
  TRY(project_.ingest(fresh_));
  fresh_.clear();
  return {};
}

}  // namespace shale::sync

#include "sync/file_writer.hpp"

#include <algorithm>

#include "store/project_state.hpp"
#include "store/stash.hpp"
#include "sync/kept_dependencies.hpp"
#include "sync/piece_ids.hpp"

namespace shale::sync {

namespace {

KnownFile known_now(const FileContent& content) {
  return {content.path, content.stamp, content.hash, content.is_settled};
}

template <class T>
void append(std::vector<T>& to, std::vector<T>&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

void add(Synced& sum, Synced&& more) {
  sum.unchanged += more.unchanged;
  sum.changed += more.changed;
  sum.added += more.added;
  sum.removed += more.removed;
  sum.renamed += more.renamed;
  sum.stashed += more.stashed;
  sum.updated += more.updated;
  sum.erased += more.erased;
  append(sum.files, std::move(more.files));
  append(sum.problems, std::move(more.problems));
}

void add(Written& sum, Written&& more) {
  add(sum.report, std::move(more.report));
  append(sum.now, std::move(more.now));
  append(sum.gone, std::move(more.gone));
}

// What the report tells of a file that is taken.
void tell(const Reading& reading, const KnownFile* before, const FileChanges& changes,
          Synced& report) {
  const std::string& path = reading.content.path;
  const bool is_known = reading.from.known != nullptr;
  const bool is_same = changes.stashed.empty() && changes.erased.empty();
  if (before != nullptr) {
    ++report.renamed;
    report.files.push_back({path, FileChange::renamed, before->path});
  } else if (is_known && is_same && reading.from.known->hash == reading.content.hash) {
    ++report.unchanged;
  } else if (is_known) {
    ++report.changed;
    report.files.push_back({path, FileChange::changed});
  } else {
    ++report.added;
    report.files.push_back({path, FileChange::added});
  }
}

}  // namespace

FileWriter::FileWriter(const Project& project, const SyncOptions& options, u64 expected_bytes,
                       std::span<const KnownFile* const> gone, Written& written)
    : project_(project),
      options_(options),
      is_large_(expected_bytes > bulk_bytes),
      written_(written) {
  for (const KnownFile* file : gone) gone_.emplace(file->hash, file);
}

Result<void> FileWriter::add(Reading reading) {
  waiting_bytes_ += reading.source.bytes.size();
  waiting_pieces_ += reading.content.chunks.size();
  waiting_.push_back({std::move(reading)});
  const bool is_enough = is_large_ ? waiting_bytes_ >= bulk_bytes
                                   : waiting_bytes_ >= batch_bytes ||
                                         waiting_pieces_ + waiting_.size() >= batch_changes;
  return is_enough ? flush() : Result<void>();
}

Result<void> FileWriter::finish(std::span<const KnownFile* const> lost) {
  TRY(flush());  // one of them may be a file that has gone
  for (const auto& [hash, file] : gone_) waiting_.push_back({{}, file});
  for (const KnownFile* file : lost) waiting_.push_back({{}, file});
  return flush();
}

Result<void> FileWriter::flush() {
  while (!waiting_.empty()) TRY(commit_some());
  waiting_bytes_ = 0;
  waiting_pieces_ = 0;
  return {};
}

Result<void> FileWriter::commit_some() {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    if (TRY(try_to_commit())) return {};
  }
  return commit_one_alone();
}

// False: somebody was faster.
Result<bool> FileWriter::try_to_commit() {
  const Snapshot snapshot = TRY(project_.snapshot());
  pieces_.emplace(snapshot.state().view);
  Slice slice = TRY(plan_some(waiting_.size()));
  slice.batch.require_unchanged_since(snapshot.lsn());
  const Result<void> done = commit(slice);
  if (!done && done.error().code == ErrorCode::conflict) return false;
  TRY(done);
  settle(std::move(slice));
  return true;
}

Result<void> FileWriter::commit_one_alone() {
  const Snapshot snapshot = TRY(project_.snapshot());
  Slice slice;
  const auto make = [&](const std::shared_ptr<const store::View>& now) -> Result<Batch> {
    pieces_.emplace(now);
    slice = TRY(plan_some(1));
    return std::move(slice.batch);
  };
  TRY(store::commit_made(*snapshot.state().project, make, Durability::full));
  settle(std::move(slice));
  return {};
}

void FileWriter::settle(Slice slice) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + std::ptrdiff_t(slice.files));
  sync::add(written_, std::move(slice.done));
}

bool FileWriter::is_full(const Slice& slice) const {
  const u64 bytes = slice.batch.text_bytes();
  if (is_large_ && slice.brings_only) return bytes >= bulk_bytes;
  return bytes >= batch_bytes || slice.batch.size() >= batch_changes;
}

// As many of the files that wait as a batch takes.
Result<FileWriter::Slice> FileWriter::plan_some(usize files_max) {
  Slice slice;
  for (; slice.files < files_max && !is_full(slice); ++slice.files) {
    Planned planned = TRY(plan(waiting_[slice.files]));
    FileChanges& changes = planned.changes;
    const bool brings_only = changes.updated.empty() && changes.erased.empty();
    const bool would_end_bulk = is_large_ && slice.brings_only && !brings_only;
    if (would_end_bulk && slice.batch.size() >= batch_changes) break;
    slice.brings_only = slice.brings_only && brings_only;
    planned.done.report.stashed += changes.stashed.size();
    planned.done.report.updated += changes.updated.size();
    planned.done.report.erased += changes.erased.size();
    for (NewSegment& segment : changes.stashed) slice.batch.stash(std::move(segment));
    for (auto& [id, update] : changes.updated) {
      slice.batch.update(std::move(id), std::move(update));
    }
    for (std::string& id : changes.erased) slice.batch.erase(std::move(id));
    sync::add(slice.done, std::move(planned.done));
  }
  return slice;
}

Result<void> FileWriter::commit(Slice& slice) {
  if (options_.dry_run || slice.batch.size() == 0) return {};
  if (is_large_ && slice.brings_only) {
    TRY(project_.ingest(slice.batch));
  } else {
    TRY(project_.commit(slice.batch));
  }
  return {};
}

Result<FileWriter::Planned> FileWriter::plan(WaitingFile& file) {
  Planned planned;
  if (file.gone != nullptr) {
    TRY(plan_removal(*file.gone, planned));
  } else if (file.reading.state == Reading::State::same) {
    TRY(plan_stamp(file, planned));
  } else {
    TRY(plan_content(file, planned));
  }
  return planned;
}

Result<void> FileWriter::plan_stamp(const WaitingFile& file, Planned& planned) const {
  const FileContent& content = file.reading.content;
  ++planned.done.report.unchanged;
  const std::vector<KnownPiece> pieces = TRY(pieces_->of(content.path));
  if (pieces.empty()) return {};
  planned.done.now.push_back(known_now(content));
  auto change = restamp(pieces.front().metadata, content);
  if (change.has_value()) planned.changes.updated.push_back(*std::move(change));
  return {};
}

Result<void> FileWriter::plan_content(WaitingFile& file, Planned& planned) {
  const FileContent& content = file.reading.content;
  Synced& report = planned.done.report;
  std::vector<KnownPiece> pieces = TRY(pieces_->of(content.path));
  if (!pieces.empty() && is_of_another(pieces.front())) {
    report.problems.push_back({content.path, "its segments belong to another prefix"});
    return {};
  }
  if (file.reading.from.known == nullptr && pieces.empty()) {
    if (file.before == nullptr) file.before = take_gone(content);
    if (file.before != nullptr) pieces = TRY(pieces_->of(file.before->path));
  }
  const std::vector<std::string> ids = TRY(ids_of(content, pieces, *pieces_));
  auto changes =
      changes_of(content, as_text(file.reading.source.bytes), ids, pieces, options_.describe);
  if (!changes && changes.error().code == ErrorCode::invalid_argument) {
    report.problems.push_back({content.path, changes.error().message});
    return {};
  }
  planned.changes = TRY(std::move(changes));
  if (file.before != nullptr) planned.done.gone.push_back(file.before->path);
  tell(file.reading, file.before, planned.changes, report);
  if (file.reading.from.known == nullptr) TRY(mark(content.path, false, planned.changes));
  if (file.before != nullptr) TRY(mark(file.before->path, true, planned.changes));
  planned.done.now.push_back(known_now(content));
  return {};
}

Result<void> FileWriter::plan_removal(const KnownFile& gone, Planned& planned) const {
  for (const KnownPiece& piece : TRY(pieces_->of(gone.path))) {
    if (!is_of_another(piece)) planned.changes.erased.push_back(piece.metadata.id);
  }
  TRY(mark(gone.path, true, planned.changes));
  planned.done.gone.push_back(gone.path);
  ++planned.done.report.removed;
  planned.done.report.files.push_back({gone.path, FileChange::removed});
  return {};
}

// Dependencies that are kept of a file, as those of one that has gone or is there.
Result<void> FileWriter::mark(std::string_view path, bool is_gone, FileChanges& changes) const {
  auto change = TRY(mark_dependencies(pieces_->view(), path, is_gone));
  if (change.has_value()) changes.updated.push_back(*std::move(change));
  return {};
}

bool FileWriter::is_of_another(const KnownPiece& piece) const {
  return text_attribute(piece.metadata, attribute::mirror) != options_.prefix;
}

// A file that has gone, with this content: it was renamed.
const KnownFile* FileWriter::take_gone(const FileContent& content) {
  const auto [begin, end] = gone_.equal_range(content.hash);
  const auto found = std::find_if(
      begin, end, [&](const auto& one) { return one.second->stamp.bytes == content.stamp.bytes; });
  if (found == end) return nullptr;
  const KnownFile* const file = found->second;
  gone_.erase(found);
  return file;
}

}  // namespace shale::sync

#include "exchange/batch_writer.hpp"

#include "model/record.hpp"

namespace shale::exchange {

Result<BatchWriter::Pending*> BatchWriter::pending_of(const std::string& project) {
  const auto found = projects_.find(project);
  if (found != projects_.end()) return &found->second;
  Project opened = TRY(store_.project(project));
  return &projects_.emplace(project, Pending{std::move(opened), Batch()}).first->second;
}

Result<void> BatchWriter::add(const std::string& project, NewSegment segment) {
  TRY(check_segment(segment));
  Pending* pending = TRY(pending_of(project));
  const u64 bytes = segment.text.size();
  pending->batch.stash(std::move(segment));
  ++waiting_segments_;
  waiting_bytes_ += bytes;
  input_bytes_ += bytes;
  if (!is_due()) return {};
  auto flushed = flush();
  // A whole batch refused is no matter of one segment.
  if (!flushed && flushed.error().code == ErrorCode::invalid_argument) {
    flushed.error().code = ErrorCode::io;
  }
  return flushed;
}

bool BatchWriter::is_due() const {
  return mode_ == Mode::automatic && is_whole_batch(waiting_segments_, waiting_bytes_, is_large());
}

Result<void> BatchWriter::flush() {
  for (auto& [name, pending] : projects_) TRY(commit(pending));
  waiting_segments_ = 0;
  waiting_bytes_ = 0;
  return {};
}

Result<void> BatchWriter::commit(Pending& pending) {
  Batch& batch = pending.batch;
  if (batch.size() == 0) return {};
  const u64 bytes = batch.text_bytes();
  const bool far_in = mode_ == Mode::automatic && is_large();
  const bool is_long = bytes > batch_bytes || batch.size() > batch_segments;
  const bool bulk = bytes > bulk_bytes || (far_in && is_long);
  const auto keep_going = [this](const Progress&) { return !goes_on_ || goes_on_(); };
  const Committed done =
      TRY(bulk ? pending.project.ingest(batch, keep_going) : pending.project.commit(batch));
  stashed_ += done.stashed;
  replaced_ += done.replaced;
  counted_ += done.counted;
  text_bytes_ += bytes;
  batch.clear();
  return {};
}

void BatchWriter::for_each_project(const std::function<void(Project&)>& visit) {
  for (auto& [name, pending] : projects_) visit(pending.project);
}

}  // namespace shale::exchange

#include "exchange/rehearsal.hpp"

#include <algorithm>

#include "exchange/batch_writer.hpp"
#include "model/record.hpp"

namespace shale::exchange {

Result<void> Rehearsal::add(const std::string& project, const NewSegment& segment) {
  TRY(check_segment(segment));
  const std::optional<Snapshot>* snapshot = TRY(snapshot_of(project));
  text_bytes_ += segment.text.size();
  const std::string key = project + '\0' + segment.id;
  if (in_batch_.insert(key).second) {
    ++stashed_;
    bool is_there = !seen_.insert(key).second;
    if (!is_there && *snapshot) {
      const auto found = (*snapshot)->get(segment.id);
      is_there = found && found->has_value();
    }
    replaced_ += is_there ? 1 : 0;
  }
  end_batch_if_due(segment.text.size());
  return {};
}

void Rehearsal::end_batch_if_due(u64 bytes) {
  ++waiting_segments_;
  waiting_bytes_ += bytes;
  const bool is_large = std::max(text_bytes_, expected_bytes_) > BatchWriter::bulk_bytes;
  if (!BatchWriter::is_whole_batch(waiting_segments_, waiting_bytes_, is_large)) return;
  in_batch_.clear();
  waiting_segments_ = 0;
  waiting_bytes_ = 0;
}

Result<const std::optional<Snapshot>*> Rehearsal::snapshot_of(const std::string& project) {
  const auto known = snapshots_.find(project);
  if (known != snapshots_.end()) return &known->second;
  if (project.empty() || project.size() > id_bytes_max) {
    return fail(ErrorCode::invalid_argument, "A project's name has 1 to 255 bytes of UTF-8");
  }
  std::optional<Snapshot> snapshot;
  if (store_ != nullptr) {
    const std::vector<std::string> names = TRY(store_->projects());
    if (std::find(names.begin(), names.end(), project) != names.end()) {
      const Project opened = TRY(store_->project(project));
      snapshot = TRY(opened.snapshot());
    }
  }
  return &snapshots_.emplace(project, std::move(snapshot)).first->second;
}

}  // namespace shale::exchange

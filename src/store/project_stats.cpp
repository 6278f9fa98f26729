#include "store/project_stats.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/file.hpp"
#include "base/shortage.hpp"
#include "base/system.hpp"
#include "catalog/changes_file.hpp"
#include "delta/log_format.hpp"
#include "store/activity.hpp"
#include "store/lost_files.hpp"
#include "store/merge_policy.hpp"
#include "store/project.hpp"

namespace shale::store {

namespace {

constexpr u32 block_documents = 4096;

// Tokens that an update has set take the place of those in the columns.
Result<void> add_recounted(const IndexView& one, ProjectStats& stats) {
  std::vector<i64> before(1);
  for (const auto& [doc, update] : one.overlay->patches) {
    if (!update.tokens.has_value() || one.overlay->dead.contains(doc)) continue;
    TRY(one.index->numbers(Field::tokens, doc, before));
    if (before[0] != no_number) stats.tokens -= u64(before[0]);
    stats.tokens += *update.tokens;
  }
  return {};
}

// Live text bytes and tokens of one index.
Result<void> add_live(const IndexView& one, ProjectStats& stats) {
  std::vector<i64> bytes, tokens;
  const u32 count = one.index->document_count();
  for (u32 first = 0; first < count; first += block_documents) {
    bytes.resize(std::min(block_documents, count - first));
    tokens.resize(bytes.size());
    TRY(one.index->numbers(Field::bytes, first, bytes));
    TRY(one.index->numbers(Field::tokens, first, tokens));
    for (u32 i = 0; i < bytes.size(); ++i) {
      if (one.overlay->dead.contains(first + i)) continue;
      ++stats.segments;
      stats.text_bytes += u64(bytes[i]);
      if (tokens[i] != no_number) stats.tokens += u64(tokens[i]);
    }
  }
  return add_recounted(one, stats);
}

void add_sections(const Edition& edition, ProjectStats& stats) {
  std::map<std::string, u64> sections;
  for (const auto& shard : edition.shards) {
    if (shard == nullptr) continue;
    for (const SectionBytes& section : shard->sections()) sections[section.name] += section.bytes;
  }
  for (const auto& [name, bytes] : sections) stats.sections.push_back({name, bytes});
}

// What cannot be read, or went away meanwhile, costs nothing; out of descriptors nobody knows.
Result<u64> folder_bytes(const std::filesystem::path& folder) {
  u64 sum = 0;
  const auto names = list_folder(folder);
  if (!names && is_shortage(names.error())) return Unexpected{names.error()};
  if (!names) return 0;
  for (const std::string& name : *names) {
    const auto file = File::open(folder / name, File::Mode::read);
    if (!file && is_shortage(file.error())) return Unexpected{file.error()};
    if (!file) continue;
    const auto size = file->size();
    if (size) sum += *size;
  }
  return sum;
}

class Verifier {
 public:
  Verifier(Project::State& project, const ProgressCallback& progress, const std::stop_token& stop)
      : project_(project), progress_(progress), stop_(stop) {}

  Result<Verified> run() {
    view_ = TRY(snapshot_view(project_));
    result_.faults = view_->edition->faults;
    for (const catalog::ShardEntry& entry : view_->edition->manifest.shards) {
      total_ += entry.file_bytes;
    }
    for (const auto& shard : view_->edition->shards) {
      if (shard != nullptr) TRY(verify_shard(*shard));
    }
    for (usize i = 0; i < view_->edition->logs.size(); ++i) TRY(verify_log(i));
    TRY(verify_changes());
    for (Fault& fault : result_.faults) fault.project = project_.name;
    return std::move(result_);
  }

 private:
  Result<void> verify_shard(const shard::Shard& shard) {
    const u64 before = result_.checked_bytes;
    bool go_on = true;
    const auto checked = shard.verify(result_.faults, shard::Texts::all, [&](u64 bytes) {
      go_on = !stop_.stop_requested() && (!progress_ || progress_({before + bytes, total_, 0}));
      return go_on;
    });
    if (!go_on) return fail(ErrorCode::cancelled, "The verification was cancelled");
    if (checked) result_.checked_bytes += *checked;
    if (const std::optional<Error> loss = shard.loss()) {
      result_.faults.push_back(fault_of(*loss, project_.name, "shard"));
    } else if (!checked) {
      return add_shard_fault(checked.error());
    }
    return {};
  }

  // A file that cannot be read at all says nothing about the others.
  Result<void> add_shard_fault(const Error& error) {
    if (!is_damage(error)) return Unexpected{error};
    result_.faults.push_back(fault_of(error, project_.name, "shard"));
    return {};
  }

  Result<void> verify_log(usize i) {
    const catalog::LogEntry& entry = view_->edition->manifest.logs[i];
    const auto& reader = view_->edition->logs[i].reader;
    if (reader == nullptr) return {};
    const delta::LogScan scan = TRY(reader->scan(
        entry.sealed_end, [&](const delta::FrameHeader& header, Bytes payload) -> Result<void> {
          result_.checked_bytes += payload.size();
          if (header.kind != u8(delta::FrameKind::batch)) return {};
          const auto changes = delta::decode_payload(payload);
          if (!changes) add_log_fault(i, Lsn{header.lsn}.offset(), changes.error().message);
          return {};
        }));
    const bool is_active = entry.sealed_end == 0;
    const Lsn committed = view_->committed;
    if (scan.damaged) {
      add_log_fault(i, scan.damaged_at, "The log is damaged here");
    } else if (is_active && committed.log_sequence() == entry.id.sequence &&
               scan.end.offset < committed.offset()) {
      add_log_fault(i, scan.end.offset, "The log ends before what was committed");
    }
    return {};
  }

  // A file that a fold retired meanwhile is of no edition any more, and no fault.
  Result<void> verify_changes() {
    for (const catalog::ChangesEntry& entry : view_->edition->manifest.changes) {
      auto read = catalog::read_changes(
          project_.paths.changes(entry.id), project_.project_id, entry, {},
          [&](ChangedBatch&&) -> Result<bool> { return !stop_.stop_requested(); });
      if (stop_.stop_requested())
        return fail(ErrorCode::cancelled, "The verification was cancelled");
      if (read) result_.checked_bytes += entry.file_bytes;
      if (read || TRY(is_retired(entry.id))) continue;
      if (is_shortage(read.error())) return read;
      result_.faults.push_back(fault_of(read.error(), project_.name, "changes"));
    }
    return {};
  }

  Result<bool> is_retired(FileId changes) const {
    const catalog::Manifest now = TRY(catalog::read_manifest(project_.paths.manifest()));
    return std::none_of(now.changes.begin(), now.changes.end(),
                        [&](const auto& entry) { return entry.id == changes; });
  }

  void add_log_fault(usize i, u64 offset, std::string message) {
    Fault fault;
    fault.file = project_.paths.log(view_->edition->logs[i].id).string();
    fault.section = "log";
    fault.offset = offset;
    fault.message = std::move(message);
    result_.faults.push_back(std::move(fault));
  }

  Project::State& project_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  std::shared_ptr<const View> view_;
  u64 total_ = 0;
  Verified result_;
};

// Shards come before logs in a view.
Result<void> add_segments(const View& view, ProjectStats& stats) {
  for (usize i = 0; i < view.indexes.size(); ++i) {
    const u64 before = stats.text_bytes;
    TRY(add_live(view.indexes[i], stats));
    stats.superseded += view.indexes[i].overlay->dead.count();
    if (i >= view.shard_count()) stats.delta_bytes += stats.text_bytes - before;
  }
  for (const auto& log : view.logs) stats.delta_segments += log->document_count();
  return {};
}

void add_manifest(const catalog::Manifest& manifest, ProjectStats& stats) {
  stats.shards = manifest.shards.size();
  stats.logs = manifest.logs.size();
  stats.sealed_logs = sealed_logs(manifest).size();
  stats.edition = manifest.edition;
  stats.ingested_bytes = manifest.ingested_bytes;
  stats.written_bytes = manifest.written_bytes;
  std::map<std::pair<u32, u32>, ShardGroup> groups;
  for (const catalog::ShardEntry& entry : manifest.shards) {
    ShardGroup& group = groups[{entry.level, entry.month}];
    group.level = entry.level;
    group.month = entry.month;
    ++group.shards;
    group.segments += entry.documents;
    group.text_bytes += entry.text_bytes;
    group.file_bytes += entry.file_bytes;
  }
  for (const auto& [key, group] : groups) stats.shard_groups.push_back(group);
}

// When the batch behind the durable LSN was written, from its frame; nothing where it went on to
// another log meanwhile, with which it is durable.
Result<std::optional<i64>> written_behind(const Project::State& project, FileId log, Lsn durable) {
  const bool is_in_log = durable.log_sequence() == log.sequence;
  const u64 offset = is_in_log ? durable.offset() : delta::log_header_bytes;
  const Result<File> file = File::open(project.paths.log(log), File::Mode::read);
  if (!file && is_shortage(file.error())) return Unexpected{file.error()};
  std::array<std::byte, sizeof(delta::FrameHeader)> bytes;
  if (!file || TRY(file->read_at(offset, bytes)) < bytes.size()) return std::optional<i64>();
  const auto header = load<delta::FrameHeader>(bytes.data());
  if (header.magic != delta::frame_magic) return std::optional<i64>();
  return std::optional<i64>(header.written_at);
}

// Only the active log can hold anything that is not durable: the others were synced when they were
// sealed.
Result<void> add_durability(const Project::State& project, const View& view, ProjectStats& stats) {
  const auto control = project.shared_control();
  const Lsn committed = view.committed;
  const Lsn durable = control != nullptr ? control->durable() : committed;
  stats.committed_lsn = committed.value;
  stats.durable_lsn = durable.value;
  const FileId active = view.edition->manifest.logs.back().id;
  if (durable >= committed || committed.log_sequence() != active.sequence) return {};
  const bool is_in_log = durable.log_sequence() == active.sequence;
  stats.durable_lag_bytes =
      committed.offset() - (is_in_log ? durable.offset() : delta::log_header_bytes);
  const std::optional<i64> written_at = TRY(written_behind(project, active, durable));
  if (written_at) stats.durable_lag_us = u64(std::max<i64>(0, now_microseconds() - *written_at));
  return {};
}

Result<ProjectStats> stats_of(Project::State& project, const View* view) {
  ProjectStats stats;
  TRY(add_segments(*view, stats));
  add_manifest(view->edition->manifest, stats);
  TRY(add_durability(project, *view, stats));
  for (const auto& folder : {project.paths.shard_folder(), project.paths.changes_folder(),
                             project.paths.volatile_folder()}) {
    stats.disk_bytes += TRY(folder_bytes(folder));
  }
  stats.log_bytes = TRY(folder_bytes(project.paths.log_folder()));
  stats.disk_bytes += stats.log_bytes;
  add_sections(*view->edition, stats);
  stats.activity = TRY(activity_of_all(project));
  const LruCounters counters = project.caches->segments.counters();
  stats.cache_hits = counters.hits;
  stats.cache_misses = counters.misses;
  return stats;
}

}  // namespace

Result<ProjectStats> project_stats(Project::State& project) {
  std::shared_ptr<const View> view = TRY(snapshot_view(project));
  Result<ProjectStats> stats = stats_of(project, view.get());
  if (!has_lost(*view)) return stats;
  view = TRY(snapshot_view(project));  // which no longer has what was lost
  stats = stats_of(project, view.get());
  TRY(check_still_there(*view));
  return stats;
}

Result<Verified> verify_project(Project::State& project, const ProgressCallback& progress,
                                const std::stop_token& stop) {
  return Verifier(project, progress, stop).run();
}

}  // namespace shale::store

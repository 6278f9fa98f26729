// The view of a process that may not write: logs indexed in its own memory (recovery.hpp).
#include <algorithm>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "store/lost_files.hpp"
#include "store/recovery.hpp"
#include "store/replay.hpp"

namespace shale::store {

namespace {

constexpr int attempts_max = 10;  // a merge may replace files while they are opened

// Whether a frame stands behind `end` that was not there before.
Result<bool> log_has_grown(const Project::State& project, FileId id, const delta::LogEnd& end) {
  const File file = TRY(File::open(project.paths.log(id), File::Mode::read));
  Buffer bytes(sizeof(delta::FrameHeader));
  const usize count = TRY(file.read_at(end.offset, bytes));
  if (count < bytes.size()) return false;
  const auto header = load<delta::FrameHeader>(bytes.data());
  return header.magic == delta::frame_magic && header.previous == end.checksum;
}

Result<bool> is_current(const Project::State& project) {
  if (project.view == nullptr || project.view->edition->try_again) return false;
  if (has_lost_shard(*project.view->edition)) return false;
  const PrivateState& state = project.private_state;
  if (TRY(path_identity(project.paths.manifest())) != state.manifest) return false;
  // A MANIFEST replaced twice may have its old inode again: the edition decides.
  const catalog::Manifest manifest = TRY(catalog::read_manifest(project.paths.manifest()));
  if (manifest.edition != project.view->edition->manifest.edition) return false;
  if (state.active_log == FileId{}) return true;
  const Result<bool> grown = log_has_grown(project, state.active_log, state.end);
  if (!grown && grown.error().code == ErrorCode::not_found) return false;  // retired meanwhile
  return !TRY(grown);
}

class PrivateLoader {
 public:
  // `missing_is_error`: a merge may have retired the file since MANIFEST was read.
  PrivateLoader(Project::State& project, bool missing_is_error)
      : project_(project), missing_is_error_(missing_is_error) {}

  Result<void> run() {
    state_.manifest = TRY(path_identity(project_.paths.manifest()));
    manifest_ = TRY(catalog::read_manifest(project_.paths.manifest()));
    auto previous = project_.view != nullptr ? project_.view->edition : nullptr;
    const auto shards = TRY(open_shards_only(project_, manifest_, missing_is_error_, previous));
    ReplayRequest replay;
    replay.paths = project_.paths;
    replay.shards = shards;
    replay.manifest = &manifest_;
    replay.skip_unreadable = true;
    logs_ = TRY(replay_logs(replay));
    auto edition = std::make_shared<Edition>(*TRY(open_all(shards)));
    Lsn committed = std::max(manifest_.as_of, manifest_.next_lsn);
    // A log is synced before a MANIFEST seals it, and next_lsn is not below its end.
    state_.durable = committed;
    for (const ReplayedLog& log : logs_) {
      committed = std::max(committed, log.scan.last);
      state_.durable = std::max(state_.durable, log.scan.durable);
      if (log.scan.damaged) edition->faults.push_back(damage_fault(log));
    }
    add_known_damage(*edition);
    if (!logs_.empty()) {
      state_.active_log = logs_.back().log.id;
      state_.end = logs_.back().scan.end;
    }
    project_.view = TRY(make_view(edition, manifest_.edition * 2, committed, nullptr));
    project_.durable_view = nullptr;
    project_.private_state = state_;
    return {};
  }

 private:
  Result<std::shared_ptr<const Edition>> open_all(std::shared_ptr<const Edition> shards) const {
    EditionRequest request;
    request.paths = project_.paths;
    request.manifest = manifest_;
    request.previous = std::move(shards);
    request.budget = project_.caches->pages;
    request.missing_is_error = missing_is_error_;
    request.tokenizer = project_.config.tokenizer;
    request.arenas = [this](const catalog::LogEntry& entry,
                            const delta::LogReader&) -> Result<std::shared_ptr<delta::Arena>> {
      for (const ReplayedLog& log : logs_) {
        if (log.log.id == entry.id) return log.log.arena;
      }
      return fail(ErrorCode::corrupt, "A log of the manifest was not read");
    };
    return open_edition(std::move(request));
  }

  // What recovery found, where the files alone do not tell.
  void add_known_damage(Edition& edition) const {
    if (!project_.damaged.has_value()) return;
    const bool told =
        std::any_of(edition.faults.begin(), edition.faults.end(),
                    [&](const Fault& fault) { return fault.file == project_.damaged->path; });
    if (!told) edition.faults.push_back(fault_of(*project_.damaged, project_.name, "log"));
  }

  Fault damage_fault(const ReplayedLog& log) const {
    Fault fault;
    fault.project = project_.name;
    fault.file = project_.paths.log(log.log.id).string();
    fault.section = "log";
    fault.offset = log.scan.damaged_at;
    fault.message = "The log is damaged here: what stands behind is not shown";
    return fault;
  }

  Project::State& project_;
  bool missing_is_error_;
  PrivateState state_;
  catalog::Manifest manifest_;
  std::vector<ReplayedLog> logs_;
};

}  // namespace

Result<void> refresh_private(Project::State& project) {
  if (TRY(is_current(project))) return {};
  for (int attempt = 1;; ++attempt) {
    Result<void> loaded = PrivateLoader(project, attempt < attempts_max).run();
    const bool again = !loaded && loaded.error().code == ErrorCode::not_found;
    if (!again || attempt == attempts_max) return loaded;
  }
}

}  // namespace shale::store

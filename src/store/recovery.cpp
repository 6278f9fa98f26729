#include "store/recovery.hpp"

#include <algorithm>
#include <thread>

#include "base/file.hpp"
#include "base/system.hpp"
#include "store/arenas.hpp"
#include "store/edition.hpp"
#include "store/lease.hpp"
#include "store/orphans.hpp"
#include "store/project_analysis.hpp"
#include "store/replay.hpp"
#include "store/slots.hpp"

namespace shale::store {

namespace {

using catalog::Control;

// How long what another process is about to put right is waited for, .2 s in all: a recovery takes
// a few syncs, and each look costs an open and a read.
constexpr int attempts_max = 200;
constexpr std::chrono::milliseconds pause{1};

// A log that MANIFEST names. That it is not there is damage, not a wrong path.
template <class Log>
Result<Log> open_log(const Project::State& project, u64 project_id, FileId id) {
  Result<Log> log = Log::open(project.paths.log(id), project_id, id);
  if (!log && log.error().code == ErrorCode::not_found) {
    return fail_at(ErrorCode::corrupt, "A log that MANIFEST names is missing",
                   project.paths.log(id).string());
  }
  return log;
}

// What stands at CONTROL's path, against MANIFEST and the logs.
struct Standing {
  enum class Fit : u8 {
    fits,
    goes_on,   // fits, and something stands in the log behind it
    changing,  // by somebody who lives, or by one who died: time tells
    foreign    // there is none, or it is of another boot, file, project or moment
  };
  Fit fit = Fit::foreign;
  std::shared_ptr<Control> control;  // where it is not foreign
  u64 recoveries = 0;                // counted by LOCK before CONTROL was opened
};

// `opened` is usable.
Result<Standing> standing_of(const Project::State& project, Control::Opened opened) {
  auto control = std::make_shared<Control>(*std::move(opened.control));
  const bool in_flight = control->change_pending() || control->manifest_in_flight() != 0;
  const std::optional<catalog::ControlMoment> now = control->read();
  const catalog::Manifest manifest = TRY(catalog::read_manifest(project.paths.manifest()));
  if (in_flight || !now.has_value() || now->edition != manifest.edition) {
    return Standing{Standing::Fit::changing, std::move(control)};
  }
  const Result<LogTail> tail = log_tail(project, manifest, *control);
  if (tail && *tail == LogTail::ends) return Standing{Standing::Fit::fits, std::move(control)};
  if (tail && *tail == LogTail::goes_on) {
    return Standing{Standing::Fit::goes_on, std::move(control)};
  }
  // Without the lease, a log may be committed to, sealed or folded between two looks.
  const bool moved = control->replaced() || control->read() != now;
  if (!moved && !tail) return Unexpected{tail.error()};
  return moved ? Standing{Standing::Fit::changing, std::move(control)} : Standing{};
}

// Who is alone shares none.
Result<Standing> standing_control(const Project::State& project, const LockFile& lock_file) {
  if (project.is_alone) return Standing{};
  const u64 recoveries = TRY(lock_file.count());
  Control::Opened opened =
      TRY(Control::open(project.paths.control(), {project.project_id, project.boot}));
  if (opened.state != Control::Opened::State::usable) return Standing{};
  Standing standing = TRY(standing_of(project, std::move(opened)));
  standing.recoveries = recoveries;
  return standing;
}

bool can_be_used(const Standing& standing) {
  return standing.fit == Standing::Fit::fits || standing.fit == Standing::Fit::goes_on;
}

// LEASE. What a publisher who was killed between MANIFEST and the end of his change has left (B5).
// Where the new MANIFEST stands it is written once more before it is believed: whether its folder
// was synced died with him, or that this failed. False: only a recovery can tell what is so.
Result<bool> finish_publication(const Project::State& project, Control& control) {
  const catalog::Manifest manifest = TRY(catalog::read_manifest(project.paths.manifest()));
  const u64 edition = control.manifest_in_flight();
  const std::optional<catalog::LastFrame> last = control.last_frame();
  const bool is_new = manifest.edition == edition;
  const bool is_old = manifest.edition + 1 == edition && !control.change_pending();
  if (edition == 0 || !last.has_value() || !(is_new || is_old)) return false;
  if (TRY(log_tail(project, manifest, control)) != LogTail::ends) return false;
  if (is_new) {
    TRY(catalog::write_manifest(project.paths.manifest(), manifest));
    control.begin_change();
    control.end_change({edition, manifest.logs.back().id, *last});
  }
  control.clear_manifest_in_flight();
  remove_orphans(project.paths, manifest, Orphans::all);
  return true;
}

// In a new file, with the bytes the cache has: what follows behind them are zeros.
Result<void> write_anew(const std::filesystem::path& path) {
  const Buffer bytes = TRY(read_file(path, ~u64(0)));
  return replace_file(path, bytes);
}

using Logs = std::vector<delta::LogWriter>;  // those of a manifest, the active one last

Result<Logs> open_logs(const Project::State& project, const catalog::Manifest& manifest) {
  Logs logs;
  for (const catalog::LogEntry& entry : manifest.logs) {
    logs.push_back(TRY(open_log<delta::LogWriter>(project, manifest.project_id, entry.id)));
  }
  return logs;
}

// Every log as the disk has it, not as the page cache remembers it. Where a sync of it failed, or
// nobody learned how it ended, the cache may show what the disk has lost, and another sync would
// find nothing to write (A3). All but the last are sealed, and were synced before.
Result<void> sync_logs(const Logs& logs, const catalog::SyncDoubts& doubts) {
  for (const delta::LogWriter& log : logs) {
    const bool in_doubt = &log == &logs.back() && doubts.concern(log.id().sequence);
    if (in_doubt || !log.sync()) TRY(write_anew(log.file().path()));
  }
  return {};
}

// The names that lead to the project: who made it may have been killed before he synced them, and
// what is acknowledged from here on must be found after a power cut.
Result<void> sync_way_to(const Project::State& project) {
  const std::filesystem::path folder = std::filesystem::absolute(project.paths.folder);
  const std::filesystem::path store = folder.parent_path().parent_path();
  for (const auto& holder : {folder, folder.parent_path(), store, store.parent_path()}) {
    TRY(sync_folder(holder));
  }
  return {};
}

Error damage_error(const ReplayedLog& log, const catalog::ProjectPaths& paths) {
  Error error(ErrorCode::corrupt,
              "The log is damaged in front of batches that were durable: it can be read up to "
              "there, and nothing is written to this project: put a backup of the file back, or "
              "ingest what can be read into a new store");
  error.path = paths.log(log.log.id).string();
  error.offset = log.scan.damaged_at;
  return error;
}

// What this boot's CONTROL says of syncs; nothing where there is none, or it is a copy of another.
struct KnownSyncs {
  Lsn durable;
  catalog::SyncDoubts doubts;
};
Result<KnownSyncs> known_syncs(const Project::State& project) {
  if (project.is_alone) {
    if (project.control == nullptr) return KnownSyncs{};
    return KnownSyncs{project.control->durable(), project.control->doubts()};
  }
  const Control::Opened opened =
      TRY(Control::open(project.paths.control(), {project.project_id, project.boot}));
  return KnownSyncs{opened.durable, opened.doubts};
}

// A log that ends before what was durable, though something stands behind: its last frames are
// damaged, and no later one could tell (PROTOCOL A4). Zeros there mean that the log was restored
// from an earlier moment than CONTROL.
Result<bool> lost_durable_frames(const ReplayedLog& log, Lsn durable) {
  const u64 end = log.scan.end.offset;
  if (durable.log_sequence() != log.log.id.sequence || durable.offset() <= end) return false;
  const File file = TRY(File::open(log.log.reader->path(), File::Mode::read));
  Buffer behind(usize(durable.offset() - end));
  const usize count = TRY(file.read_at(end, behind));
  return std::any_of(behind.begin(), behind.begin() + std::ptrdiff_t(count),
                     [](std::byte b) { return b != std::byte(0); });
}

// The edition after recovery: logs sealed where they end, empty ones gone, a new one to write to.
catalog::Manifest sealed_manifest(const catalog::Manifest& before,
                                  const std::vector<ReplayedLog>& logs, Lsn& last) {
  catalog::Manifest next = before;
  next.logs.clear();
  last = std::max(before.as_of, before.next_lsn);
  for (const ReplayedLog& log : logs) {
    if (log.scan.frames == 0) continue;
    last = std::max(last, log.scan.last);
    next.logs.push_back({log.log.id, log.scan.end.offset, log.scan.end.checksum, log.scan.last});
  }
  ++next.edition;
  next.logs.push_back({FileId{next.next_sequence++, random_u64()}, 0, 0, {}});
  next.next_lsn = last;
  return next;
}

// The page the project goes on with. Who is alone has it in his own memory; one at the path is a
// leftover, and whoever maps it must not go on with it when he gets the lease at last.
Result<Control> make_control(const Project::State& project, const catalog::ControlChange& now,
                             Lsn durable) {
  const catalog::ControlIdentity identity = {project.project_id, project.boot};
  const std::filesystem::path path = project.paths.control();
  if (!project.is_alone) return Control::create(path, identity, now, durable);
  // That fails where no file can be mapped: then nobody has mapped this one.
  static_cast<void>(Control::retire(path));
  TRY(remove_file(path));
  return Control::create_unshared(identity, now, durable);
}

std::shared_ptr<const Edition> last_edition(const Project::State& project) {
  const std::lock_guard lock(project.view_mutex);
  return project.view != nullptr ? project.view->edition : nullptr;
}

// Before a file is replaced that others have open: from here on nobody goes on with a page that
// knows nothing of it, not those who map the one at the path, nor those whose page has lost its
// name. Who is killed behind this leaves the log in doubt, and the next recovery does it all again.
// Returns how many recoveries LOCK counts now.
Result<u64> retire_control(const Project::State& project, u64 log_sequence) {
  if (!project.is_alone) TRY(Control::retire(project.paths.control(), log_sequence));
  const std::shared_ptr<LockFile> lock_file = project.shared_lock_file();
  TRY(lock_file->raise_count());
  return lock_file->count();
}

// LEASE. See recovery.hpp; the steps in the order that a crash between them allows.
Result<void> recover(Project::State& project) {
  const catalog::Manifest before = TRY(catalog::read_manifest(project.paths.manifest()));
  // Opened before the doubts are read: whatever these files are not told of, those tell.
  const Logs files = TRY(open_logs(project, before));
  const KnownSyncs known = TRY(known_syncs(project));
  const u64 recoveries = TRY(retire_control(project, before.logs.back().id.sequence));
  TRY(sync_way_to(project));
  TRY(sync_logs(files, known.doubts));
  ReplayRequest request;
  request.paths = project.paths;
  request.shards = TRY(open_shards_only(project, before, false, last_edition(project)));
  request.manifest = &before;
  request.boot = project.boot;
  request.in_files = !project.is_alone;
  std::vector<ReplayedLog> logs = TRY(replay_logs(request));
  for (ReplayedLog& log : logs) {
    if (!log.scan.damaged && TRY(lost_durable_frames(log, known.durable))) {
      log.scan.damaged_at = log.scan.end.offset;
      log.scan.damaged = true;
    }
    if (log.scan.damaged) return Unexpected{damage_error(log, project.paths)};
    keep_arena(project, log.log.id, log.log.arena);
  }
  Lsn last;
  const catalog::Manifest next = sealed_manifest(before, logs, last);
  const FileId active = next.logs.back().id;
  (void)TRY(delta::LogWriter::create(project.paths.log(active), next.project_id, active));
  TRY(make_log_arena(project, active));
  TRY(catalog::write_manifest(project.paths.manifest(), next));
  const catalog::ControlChange now = {next.edition, active, {last, 0, 0}};
  auto control = std::make_shared<Control>(TRY(make_control(project, now, last)));
  remove_orphans(project.paths, next, Orphans::all);
  const std::lock_guard lock(project.view_mutex);
  use_control(project, std::move(control), recoveries);
  project.check_tail = false;
  project.view = nullptr;
  project.active.reset();
  return {};
}

Result<void> read_identity(Project::State& project) {
  const catalog::Manifest manifest = TRY(catalog::read_manifest(project.paths.manifest()));
  if (manifest.project != project.name) {
    return fail_at(ErrorCode::corrupt, "MANIFEST is of project '" + manifest.project + "'",
                   project.paths.manifest().string());
  }
  project.project_id = manifest.project_id;
  project.analysis = TRY(project_analysis(manifest));
  project.positions = manifest.keeps_positions();
  return {};
}

// The private way, for stores that cannot be written: nothing is touched, nobody is told.
Result<void> open_private(Project::State& project) {
  project.is_private = true;
  const std::lock_guard lock(project.view_mutex);
  project.lock_file.reset();
  project.slot.reset();
  return refresh_private(project);
}

bool must_be_private(const Error& error) {
  return error.code == ErrorCode::read_only || error.code == ErrorCode::corrupt;
}

Result<void> open_lock_file(Project::State& project) {
  auto file = std::make_shared<LockFile>(TRY(LockFile::open(project.paths.lock(), false)));
  const std::lock_guard lock(project.view_mutex);
  project.lock_file = file;
  take_slot(project, *file);
  return {};
}

// The lease itself cannot be used before there is a CONTROL: its lock alone was taken, and is given
// back. Who is alone keeps it.
Result<void> reopen_locked(Project::State& project) {
  Result<void> done = reopen_control(project);
  if (!project.is_alone) project.shared_lock_file()->unlock(catalog::lock_byte::lease);
  return done;
}

Result<void> open_shared(Project::State& project) {
  TRY(open_lock_file(project));
  TRY(make_folder(project.paths.volatile_folder()));
  const std::shared_ptr<LockFile> lock_file = project.shared_lock_file();
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    Standing standing = TRY(standing_control(project, *lock_file));
    if (standing.fit == Standing::Fit::foreign) break;
    // What a writer who lives is about is not waited for: readers come by here. What nobody is
    // about was left, by one who died or by whoever restored a file.
    const bool fits = standing.fit == Standing::Fit::fits;
    if (!fits && TRY(lock_file->try_lock(catalog::lock_byte::lease))) return reopen_locked(project);
    if (can_be_used(standing)) {
      const std::lock_guard lock(project.view_mutex);
      project.check_tail = !fits;
      use_control(project, std::move(standing.control), standing.recoveries);
      return {};
    }
    std::this_thread::sleep_for(pause);
  }
  const auto deadline = std::chrono::steady_clock::now() + project.options.busy_timeout;
  if (TRY(lock_file->lock(catalog::lock_byte::lease, deadline))) return reopen_locked(project);
  return busy_error(project, catalog::lock_byte::lease);
}

}  // namespace

Result<void> open_project_state(Project::State& project) {
  TRY(read_identity(project));
  if (project.options.read_only) return open_private(project);
  Result<void> opened = open_shared(project);
  if (opened || !must_be_private(opened.error())) return opened;
  if (opened.error().code == ErrorCode::corrupt) project.damaged = opened.error();
  return open_private(project);
}

Result<std::shared_ptr<const Edition>> open_shards_only(const Project::State& project,
                                                        const catalog::Manifest& manifest,
                                                        bool missing_is_error,
                                                        std::shared_ptr<const Edition> previous) {
  EditionRequest request;
  request.paths = project.paths;
  request.manifest = manifest;
  request.manifest.logs.clear();
  request.previous = std::move(previous);
  request.budget = project.caches->pages;
  request.missing_is_error = missing_is_error;
  return open_edition(std::move(request));
}

Result<void> open_replaced(Project::State& project) {
  TRY(read_identity(project));
  TRY(open_lock_file(project));
  project.incarnation.fetch_add(1);
  project.kept_views.clear();
  project.active.reset();
  {
    // Of the same id, and another file.
    const std::lock_guard lock(project.synced_log_mutex);
    project.synced_log.reset();
  }
  const std::shared_ptr<Control> control = project.shared_control();
  // Nobody else has reason to believe the old page; whoever still maps it opens by path as well.
  if (control != nullptr) control->mark_replaced();
  return {};
}

Result<LogTail> log_tail(const Project::State& project, const catalog::Manifest& manifest,
                         const Control& control) {
  const std::optional<catalog::LastFrame> last = control.last_frame();
  if (!last.has_value() || manifest.logs.empty()) return LogTail::other;
  const FileId active = manifest.logs.back().id;
  const auto log = TRY(open_log<delta::LogReader>(project, manifest.project_id, active));
  delta::LogEnd end{delta::log_header_bytes, active.random};
  // A frame of a sealed or folded log: MANIFEST's edition, checked by the caller, vouches for it.
  if (active.sequence == last->lsn.log_sequence()) {
    if (!TRY(log.holds_frame(last->offset, last->checksum))) return LogTail::other;
    end = {last->lsn.offset(), last->checksum};
  }
  return TRY(log.goes_on(end)) ? LogTail::goes_on : LogTail::ends;
}

Result<void> reopen_control(Project::State& project) {
  Standing standing = TRY(standing_control(project, *project.shared_lock_file()));
  const bool is_whole =
      standing.fit == Standing::Fit::fits || (standing.fit == Standing::Fit::changing &&
                                              TRY(finish_publication(project, *standing.control)));
  if (!is_whole) return recover(project);
  const std::lock_guard lock(project.view_mutex);
  use_control(project, std::move(standing.control), standing.recoveries);
  project.check_tail = false;
  project.view = nullptr;
  project.active.reset();
  return {};
}

Result<void> adopt_control(Project::State& project) {
  Standing standing;
  // Who has a view to show goes on with that instead of waiting.
  const int attempts = project.view != nullptr ? 1 : attempts_max;
  for (int attempt = 0; attempt < attempts && !can_be_used(standing); ++attempt) {
    // Where it is foreign, somebody may be recovering the project, and puts another in its place.
    if (attempt > 0) std::this_thread::sleep_for(pause);
    standing = TRY(standing_control(project, *project.lock_file));
  }
  if (!can_be_used(standing)) {
    return fail_at(ErrorCode::busy, "The project is being recovered by another process",
                   project.paths.control().string());
  }
  project.check_tail = standing.fit == Standing::Fit::goes_on;
  use_control(project, std::move(standing.control), standing.recoveries);
  project.view = nullptr;
  return {};
}

}  // namespace shale::store

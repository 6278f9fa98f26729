#include "store/lease.hpp"

#include "delta/log_reader.hpp"
#include "store/current_view.hpp"
#include "store/leave_log.hpp"
#include "store/lost_files.hpp"
#include "store/recovery.hpp"
#include "store/slots.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

// When the active log's first frame was written: its age decides when it is sealed.
Result<i64> first_frame_time(const delta::LogWriter& log) {
  delta::FrameHeader header;
  Buffer bytes(sizeof header);
  const usize count = TRY(log.file().read_at(delta::log_header_bytes, bytes));
  if (count < sizeof header) return 0;
  header = load<delta::FrameHeader>(bytes.data());
  return header.magic == delta::frame_magic ? header.written_at : 0;
}

// Batches in the index that no `committed` came to cover: their frames are about to be overwritten.
void discard_unpublished(ActiveLog& active, Lsn committed) {
  if (active.index.last() > committed) active.index.discard_after(committed);
}

}  // namespace

Result<Lease> Lease::acquire(Project::State& project, std::string_view verb) {
  std::optional<Lease> lease = TRY(try_acquire(project, verb, project.options.busy_timeout));
  if (!lease.has_value()) return busy_error(project, catalog::lock_byte::lease);
  return *std::move(lease);
}

Result<std::optional<Lease>> Lease::try_acquire(Project::State& project, std::string_view verb,
                                                std::chrono::milliseconds patience) {
  if (project.is_private) {
    if (project.damaged.has_value()) return Unexpected{*project.damaged};
    return fail_at(ErrorCode::read_only, "The store is open for reading only",
                   project.paths.folder.string());
  }
  const Clock::time_point deadline = Clock::now() + patience;
  Lease lease(project);
  {
    const LockWait wait(project.figures, Lock::lease);
    lease.mutex_ = lock_until(project.lease_mutex, deadline);
    if (!lease.mutex_.owns_lock() || !TRY(lease.lock(deadline))) return std::optional<Lease>();
  }
  for (;;) {
    const std::optional<u64> recoveries = TRY(lease.lock_file_->count_at_path());
    if (recoveries.has_value()) {
      lease.is_recovered_ = *recoveries != project.recoveries.load(std::memory_order_relaxed);
      break;
    }
    lease.lock_file_->unlock(catalog::lock_byte::lease);
    lease.locked_ = false;
    TRY(open_replaced(project));
    if (!TRY(lease.lock(deadline))) return std::optional<Lease>();
  }
  TRY(lease.settle());
  lease.control_->set_holder(catalog::LeaseHolder::current(verb));
  note_lock(project, catalog::lock_byte::lease, true);
  return std::optional<Lease>(std::move(lease));
}

Result<bool> Lease::lock(Clock::time_point deadline) {
  lock_file_ = project_->shared_lock_file();
  locked_ = TRY(lock_file_->lock(catalog::lock_byte::lease, deadline));
  return locked_;
}

// What must hold before anything is written: CONTROL is the one everybody uses and fits the files,
// nobody died between MANIFEST and CONTROL, and no log failed to sync.
Result<void> Lease::settle() {
  Project::State& project = *project_;
  control_ = project.shared_control();
  const std::shared_ptr<catalog::Control> before = control_;
  bool fits = !is_recovered_ && !control_->replaced() && !control_->change_pending() &&
              control_->manifest_in_flight() == 0 && !control_->lost() && control_->is_whole();
  if (fits) {
    const Result<void> refreshed = refresh();
    const bool gone =
        refreshed ? index_is_gone(*view_->edition) : refreshed.error().code == ErrorCode::busy;
    // The volatile files are given up, first of all for those who map them.
    if (gone) control_->mark_replaced();
    fits = refreshed && !gone && TRY(log_ends_as_told());
  }
  if (!fits) {
    TRY(reopen_control(project));
    control_ = project.shared_control();
    // A recovery that found no page at the path has not told those who map this one.
    if (!control_->is_page_of(*before)) before->mark_replaced();
    TRY(refresh());
  }
  if (view_->edition->try_again) {
    // A change must find the versions it supersedes: nothing is written beside a file that the disk
    // does not give just now. One that is damaged for good is left out, and told by every answer.
    const Fault& fault = view_->edition->faults.front();
    return fail_at(ErrorCode::io,
                   "Nothing is written while a file cannot be read: " + fault.message, fault.file,
                   fault.offset);
  }
  const bool poisoned = control_->poisoned() >= view_->edition->logs.back().id.sequence;
  return poisoned ? leave_log(*this) : Result<void>();
}

// Whether the frame that CONTROL speaks of is in the log, as far as its header tells: one read of
// 56 bytes. Where CONTROL was attached to while a writer was appending, all of the tail, once.
Result<bool> Lease::log_ends_as_told() const {
  if (project_->check_tail) {
    const LogTail tail = TRY(log_tail(*project_, view_->edition->manifest, *control_));
    project_->check_tail = tail != LogTail::ends;
    return tail == LogTail::ends;
  }
  const std::optional<ActiveLog>& active = project_->active;
  const std::optional<catalog::LastFrame> last = control_->last_frame();
  if (!last.has_value()) return false;
  const FileId id = view_->edition->logs.back().id;
  if (last->lsn.log_sequence() != id.sequence) return true;
  const bool is_open = active.has_value() && active->log.id() == id;
  std::optional<File> opened;
  if (!is_open) {
    Result<File> file = File::open(project_->paths.log(id), File::Mode::read);
    if (!file && file.error().code == ErrorCode::not_found) return false;
    opened = TRY(std::move(file));
  }
  std::byte bytes[sizeof(delta::FrameHeader)];
  const File& file = is_open ? active->log.file() : *opened;
  if (TRY(file.read_at(last->offset, bytes)) < sizeof bytes) return false;
  const auto header = load<delta::FrameHeader>(bytes);
  return header.lsn == last->lsn.value && header.checksum == last->checksum;
}

Result<void> Lease::refresh() {
  view_ = TRY(current_view(*project_));
  return {};
}

Result<ActiveLog*> Lease::active_log() {
  Project::State& project = *project_;
  const OpenLog& log = view_->edition->logs.back();
  if (project.active.has_value() && project.active->log.id() == log.id) {
    discard_unpublished(*project.active, view_->committed);
    return &*project.active;
  }
  if (log.arena == nullptr) {
    return fail_at(ErrorCode::corrupt, "The active log cannot be read",
                   project.paths.log(log.id).string());
  }
  const catalog::Manifest& manifest = view_->edition->manifest;
  auto writer = TRY(delta::LogWriter::open(project.paths.log(log.id), manifest.project_id, log.id));
  const i64 written_at = TRY(first_frame_time(writer));
  project.active.emplace(ActiveLog{
      std::move(writer), delta::IndexWriter(log.arena, manifest.keeps_positions()), written_at});
  discard_unpublished(*project.active, view_->committed);
  return &*project.active;
}

Result<delta::LogEnd> Lease::log_end() const {
  const FileId id = view_->edition->logs.back().id;
  const std::optional<catalog::LastFrame> last = control_->last_frame();
  if (!last.has_value()) {
    return fail_at(ErrorCode::corrupt, "CONTROL contradicts itself",
                   project_->paths.control().string());
  }
  if (last->lsn.log_sequence() != id.sequence)
    return delta::LogEnd{delta::log_header_bytes, id.random};
  return delta::LogEnd{last->lsn.offset(), last->checksum};
}

Lease::~Lease() {
  if (!locked_) return;
  if (control_ != nullptr) control_->clear_holder();
  note_lock(*project_, catalog::lock_byte::lease, false);
  // Who has the project to himself keeps it from the others until he closes it.
  if (!project_->is_alone) lock_file_->unlock(catalog::lock_byte::lease);
}

Lease::Lease(Lease&& other) noexcept
    : project_(other.project_),
      mutex_(std::move(other.mutex_)),
      lock_file_(std::move(other.lock_file_)),
      locked_(std::exchange(other.locked_, false)),
      control_(std::move(other.control_)),
      view_(std::move(other.view_)) {}

Result<MergeLock> MergeLock::acquire(Project::State& project) {
  std::optional<MergeLock> lock = TRY(try_acquire(project, project.options.busy_timeout));
  if (!lock.has_value()) return busy_error(project, catalog::lock_byte::merge);
  return *std::move(lock);
}

Result<std::optional<MergeLock>> MergeLock::try_acquire(Project::State& project,
                                                        std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  MergeLock lock(project);
  const LockWait wait(project.figures, Lock::merge);
  lock.mutex_ = lock_until(project.merge_mutex, deadline);
  if (!lock.mutex_.owns_lock()) return std::optional<MergeLock>();
  lock.locked_ = TRY(lock.lock_file_->lock(catalog::lock_byte::merge, deadline));
  if (!lock.locked_) return std::optional<MergeLock>();
  note_lock(project, catalog::lock_byte::merge, true);
  return std::optional<MergeLock>(std::move(lock));
}

MergeLock::~MergeLock() {
  if (!locked_) return;
  note_lock(*project_, catalog::lock_byte::merge, false);
  lock_file_->unlock(catalog::lock_byte::merge);
}

MergeLock::MergeLock(MergeLock&& other) noexcept
    : project_(other.project_),
      mutex_(std::move(other.mutex_)),
      lock_file_(std::move(other.lock_file_)),
      locked_(std::exchange(other.locked_, false)) {}

}  // namespace shale::store

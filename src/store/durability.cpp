#include "store/durability.hpp"

#include <algorithm>
#include <thread>

#include "store/leave_log.hpp"
#include "store/project.hpp"

namespace shale::store {

namespace {

using catalog::Control;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds turn_patience{20};
constexpr std::chrono::milliseconds turn_slice{2};  // the turn of one who is killed ends silently
constexpr std::chrono::microseconds sleep_min{20};  // a shorter one lasts longer than it says
constexpr std::chrono::milliseconds late_pause{1};
constexpr int attempts_max = 3;  // logs to fail one after the other before the caller is told

// The sync lock, if nobody else has it.
class SyncTurn {
 public:
  SyncTurn(Project::State& project, Control& control)
      : control_(control), mutex_(project.sync_mutex, std::try_to_lock) {
    if (!mutex_) return;
    lock_file_ = project.shared_lock_file();
    const auto locked = lock_file_->try_lock(catalog::lock_byte::sync);
    held_ = locked && *locked;
  }
  ~SyncTurn() {
    if (!held_) return;
    lock_file_->unlock(catalog::lock_byte::sync);
    mutex_.unlock();
    control_.end_sync_turn();
  }
  SyncTurn(const SyncTurn&) = delete;
  bool held() const { return held_; }

 private:
  Control& control_;
  std::unique_lock<std::mutex> mutex_;
  std::shared_ptr<LockFile> lock_file_;
  bool held_ = false;
};

enum class Group : u8 {
  waited_for,
  ignored,  // nobody else can commit now, or nobody waits for this sync
};

class LogSync {
 public:
  LogSync(Project::State& project, Control& control, FileId log, Lsn lsn, Group group)
      : project_(project), control_(control), log_(log), lsn_(lsn), group_(group) {}

  // Returns once `lsn` is durable or the log is poisoned; an error where the file cannot be opened.
  Result<void> run() {
    if (is_over()) return {};
    control_.request_sync();
    const auto started = Clock::now();
    while (!is_over()) {
      const u64 turns = control_.sync_turns();
      if (Clock::now() - started < turn_patience && wait_for_group(turns)) continue;
      if (const SyncTurn turn(project_, control_); turn.held()) {
        return is_over() ? Result<void>() : in_turn();
      }
      const auto waited = Clock::now() - started;
      if (waited < turn_patience) {
        control_.wait_for_sync_turn(turns,
                                    std::min<Clock::duration>(turn_slice, turn_patience - waited));
        continue;
      }
      if (control_.claim_late_sync(log_.sequence)) return late();
      if (waited > project_.options.busy_timeout) {
        control_.poison(control_.late_sync_in_flight());
        control_.clear_late_sync();
      }
      std::this_thread::sleep_for(late_pause);
    }
    return {};
  }

 private:
  // Sleeps while those who shared the last syncs may come back; false once it is time to sync. Who
  // comes last finds the group complete and syncs for all, so that nobody is woken for it.
  bool wait_for_group(u64 turns) {
    if (group_ == Group::ignored || control_.sync_group_is_complete()) return false;
    const auto now = Clock::now();
    if (turns != turns_) {
      turns_ = turns;
      turn_seen_ = now;
    }
    const std::chrono::microseconds patience(control_.sync_group().patience_us);
    const auto left = patience - (now - turn_seen_);
    if (left < sleep_min) return false;
    control_.wait_for_sync_turn(turns, left);
    return true;
  }

  bool is_over() const {
    return control_.durable() >= lsn_ || control_.poisoned() >= log_.sequence;
  }

  Result<void> in_turn() {
    if (const u64 abandoned = control_.sync_in_flight(); abandoned != 0) {
      control_.poison(abandoned);
      control_.clear_sync_in_flight();
      if (is_over()) return {};
    }
    if (!project_.synced_log.has_value() || project_.synced_log->id() != log_) {
      project_.synced_log.emplace(TRY(open_log()));
    }
    const catalog::SyncGroup before = control_.begin_sync();
    const auto began = Clock::now();
    control_.set_sync_in_flight(log_.sequence);
    sync(*project_.synced_log);
    control_.clear_sync_in_flight();
    control_.end_sync(before, Clock::now() - began);
    return {};
  }

  // Without the lock: with a descriptor of its own, for the mutex may not be held either.
  Result<void> late() {
    const auto log = open_log();
    if (log) sync(*log);
    control_.clear_late_sync();
    if (!log) return Unexpected{log.error()};
    return {};
  }

  Result<delta::LogWriter> open_log() const {
    return delta::LogWriter::open(project_.paths.log(log_), project_.project_id, log_);
  }

  void sync(const delta::LogWriter& log) {
    // Loaded before the sync, which therefore covers it (PROTOCOL A8); where the log was sealed
    // meanwhile `committed` is of a later one, and only the caller's own frame is vouched for.
    const Lsn committed = control_.committed();
    if (!log.sync()) return control_.poison(log_.sequence);
    control_.raise_durable(committed.log_sequence() == log_.sequence ? committed : lsn_);
  }

  Project::State& project_;
  Control& control_;
  FileId log_;
  Lsn lsn_;
  Group group_;
  u64 turns_ = ~u64(0);  // of the turn that is waited for, and when it was seen first
  Clock::time_point turn_seen_;
};

Unexpected not_durable(const Project::State& project, FileId log) {
  return fail_at(ErrorCode::io, "The log could not be synced: the batch may not be durable",
                 project.paths.log(log).string());
}

Result<void> make_durable_for(Project::State& project, FileId log, Lsn lsn, Group group) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const std::shared_ptr<Control> control = project.shared_control();
    TRY(LogSync(project, *control, log, lsn, group).run());
    if (control->durable() >= lsn) return {};
    // Poisoned. Taking the lease leaves the log.
    const Lease lease = TRY(Lease::acquire(project, "sync"));
    if (lease.control().durable() >= lsn) return {};
  }
  return not_durable(project, log);
}

}  // namespace

Result<void> make_durable(Project::State& project, FileId log, Lsn lsn) {
  return make_durable_for(project, log, lsn, Group::waited_for);
}

Result<void> sync_project(Project::State& project) {
  if (project.is_private) return {};
  const std::shared_ptr<const View> view = TRY(settled_view(project));
  const FileId log = view->edition->logs.back().id;
  // A log is synced before it is sealed, so only the active one can hold anything not durable.
  if (view->committed.log_sequence() != log.sequence) return {};
  return make_durable_for(project, log, view->committed, Group::ignored);
}

Result<void> make_committed_durable(Lease& lease) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const Lsn committed = lease.view()->committed;
    const FileId log = lease.view()->edition->logs.back().id;
    if (committed.log_sequence() != log.sequence) return {};
    TRY(LogSync(lease.project(), lease.control(), log, committed, Group::ignored).run());
    if (lease.control().durable() >= committed) return {};
    TRY(leave_log(lease));
  }
  return not_durable(lease.project(), lease.view()->edition->logs.back().id);
}

}  // namespace shale::store

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
constexpr std::chrono::milliseconds retry_pause{1};
// How long nothing becomes durable before the log is left: a slow disk's sync is no failure.
constexpr std::chrono::milliseconds standstill_min{1000};
constexpr int attempts_max = 3;  // logs to fail one after the other before the caller is told

enum class Way : u8 { in_turn, late };
constexpr Way other(Way way) { return way == Way::late ? Way::in_turn : Way::late; }

// One of the two sync locks, if nobody else has it. Whose word it finds set died in his sync.
class SyncTurn {
 public:
  SyncTurn(Project::State& project, Control& control, Way way)
      : control_(control),
        byte_(way == Way::late ? catalog::lock_byte::late_sync : catalog::lock_byte::sync),
        mutex_(way == Way::late ? project.late_sync_mutex : project.sync_mutex, std::try_to_lock) {
    if (!mutex_) return;
    lock_file_ = project.shared_lock_file();
    const auto locked = lock_file_->try_lock(byte_);
    held_ = locked && *locked;
    if (!held_) return;
    const u64 abandoned =
        way == Way::late ? control.late_sync_in_flight() : control.sync_in_flight();
    if (abandoned == 0) return;
    control.poison(abandoned);
    way == Way::late ? control.clear_late_sync_in_flight() : control.clear_sync_in_flight();
  }
  ~SyncTurn() {
    if (!held_) return;
    lock_file_->unlock(byte_);
    mutex_.unlock();
    if (!is_void_) control_.end_sync_turn();
  }
  SyncTurn(const SyncTurn&) = delete;
  bool held() const { return held_; }
  // Nothing came of it: nobody needs to hear of its end.
  void make_void() { is_void_ = true; }

 private:
  Control& control_;
  u64 byte_;
  std::unique_lock<std::mutex> mutex_;
  std::shared_ptr<LockFile> lock_file_;
  bool held_ = false;
  bool is_void_ = false;
};

Result<std::shared_ptr<SyncedLog>> synced_log(Project::State& project, FileId id) {
  const std::lock_guard lock(project.synced_log_mutex);
  if (project.synced_log != nullptr && project.synced_log->in_turn.id() == id) {
    return project.synced_log;
  }
  const auto open = [&] {
    return delta::LogWriter::open(project.paths.log(id), project.project_id, id);
  };
  delta::LogWriter in_turn = TRY(open());
  delta::LogWriter late = TRY(open());
  project.synced_log = std::make_shared<SyncedLog>(std::move(in_turn), std::move(late));
  return project.synced_log;
}

enum class Group : u8 {
  waited_for,
  ignored,  // nobody else can commit now, or nobody waits for this sync
};

class LogSync {
 public:
  LogSync(Project::State& project, Control& control, FileId log, Lsn lsn, Group group)
      : project_(project), control_(control), id_(log), lsn_(lsn), group_(group) {}

  // Returns once `lsn` is durable or the log is poisoned; an error where the file cannot be opened.
  Result<void> run() {
    Result<void> done = sync_or_wait();
    project_.figures.add_wait(Lock::sync, waited_ns_);
    return done;
  }

 private:
  Result<void> sync_or_wait() {
    if (is_over()) return {};
    log_ = TRY(synced_log(project_, id_));
    control_.request_sync();
    const auto started = Clock::now();
    while (!is_over()) {
      const u64 turns = control_.sync_turns();
      see_progress(turns);
      trust_if_settled();
      const auto waited = Clock::now() - started;
      if (waited < turn_patience && wait_for_group(turns)) continue;
      if (sync(Way::in_turn)) continue;
      if (waited < turn_patience) {
        wait_for_turn(turns, std::min<Clock::duration>(turn_slice, turn_patience - waited));
        continue;
      }
      // Also where its word is set, and may be that of one who died.
      if ((log_->is_trusted || control_.late_sync_in_flight() != 0) && sync(Way::late)) continue;
      if (Clock::now() - durable_seen_ > standstill()) control_.poison(id_.sequence);
      std::this_thread::sleep_for(retry_pause);
      waited_ns_ += u64(std::chrono::nanoseconds(retry_pause).count());
    }
    return {};
  }

  void wait_for_turn(u64 turns, Clock::duration patience) {
    const u64 began = clock_nanoseconds();
    control_.wait_for_sync_turn(turns, patience);
    waited_ns_ += clock_nanoseconds() - began;
  }

  Clock::duration standstill() const {
    return std::max<Clock::duration>(project_.options.busy_timeout, standstill_min);
  }

  void see_progress(u64 turns) {
    const auto now = Clock::now();
    if (turns != turns_) turn_seen_ = now;
    turns_ = turns;
    const Lsn durable = control_.durable();
    if (durable != durable_) durable_seen_ = now;
    durable_ = durable;
  }

  // Sleeps while those who shared the last syncs may come back; false once it is time to sync. Who
  // comes last finds the group complete and syncs for all, so that nobody is woken for it.
  bool wait_for_group(u64 turns) {
    if (group_ == Group::ignored || control_.sync_group_is_complete()) return false;
    const std::chrono::microseconds patience(control_.sync_group().patience_us);
    const auto left = patience - (Clock::now() - turn_seen_);
    if (left < sleep_min) return false;
    wait_for_turn(turns, left);
    return true;
  }

  bool is_over() const { return control_.durable() >= lsn_ || control_.poisoned() >= id_.sequence; }

  // Any sync that failed, and told another file so before these were opened, has poisoned the log
  // by the time its word is cleared.
  void trust_if_settled() {
    if (!log_->is_trusted && !control_.doubts().concern(id_.sequence)) log_->is_trusted = true;
  }

  // False: somebody else has that lock, or it cannot be known yet what a success is worth.
  bool sync(Way way) {
    SyncTurn turn(project_, control_, way);
    if (!turn.held()) return false;
    trust_if_settled();
    if (is_over()) return true;
    if (!log_->is_trusted) {
      // The other lock's word is set. Where its owner is dead, taking his lock poisons the log.
      const SyncTurn settle(project_, control_, other(way));
      if (!is_over()) turn.make_void();
      return is_over();
    }
    way == Way::late ? sync_late() : sync_in_turn();
    return true;
  }

  void sync_in_turn() {
    const catalog::SyncGroup before = control_.begin_sync();
    const auto began = Clock::now();
    control_.set_sync_in_flight(id_.sequence);
    sync(log_->in_turn);
    control_.clear_sync_in_flight();
    control_.end_sync(before, Clock::now() - began);
  }

  void sync_late() {
    control_.set_late_sync_in_flight(id_.sequence);
    sync(log_->late);
    control_.clear_late_sync_in_flight();
  }

  void sync(const delta::LogWriter& log) {
    // Loaded before the sync, which therefore covers it (PROTOCOL A8); where the log was sealed
    // meanwhile `committed` is of a later one, and only the caller's own frame is vouched for.
    const Lsn committed = control_.committed();
    const u64 began = clock_nanoseconds();
    const Result<void> synced = log.sync();
    project_.figures.add(Operation::sync, clock_nanoseconds() - began);
    if (!synced) return control_.poison(id_.sequence);
    control_.raise_durable(committed.log_sequence() == id_.sequence ? committed : lsn_);
  }

  Project::State& project_;
  Control& control_;
  FileId id_;
  Lsn lsn_;
  Group group_;
  std::shared_ptr<SyncedLog> log_;
  u64 waited_ns_ = 0;    // for others
  u64 turns_ = ~u64(0);  // of the turn that is waited for, and when it was seen first
  Clock::time_point turn_seen_;
  Lsn durable_;  // and since when it is that
  Clock::time_point durable_seen_ = Clock::now();
};

Unexpected not_durable(const Project::State& project, FileId log,
                       const std::optional<Error>& cause = std::nullopt) {
  Error error = cause.value_or(Error());
  error.code = ErrorCode::io;
  error.message = "The log could not be synced: the batch may not be durable" +
                  (cause.has_value() ? " (" + cause->message + ")" : std::string());
  error.path = project.paths.log(log).string();
  error.offset = 0;
  return Unexpected{std::move(error)};
}

Result<void> make_durable_for(Project::State& project, FileId log, Lsn lsn, Group group) {
  std::optional<Error> error;
  for (int attempt = 0; attempt < attempts_max && !error.has_value(); ++attempt) {
    const std::shared_ptr<Control> control = project.shared_control();
    const Result<void> synced = LogSync(project, *control, log, lsn, group).run();
    if (control->durable() >= lsn) return {};
    // Poisoned, or left by another and folded already. Taking the lease leaves the log.
    const Result<Lease> lease = Lease::acquire(project, "sync");
    if (lease && lease->control().durable() >= lsn) return {};
    if (!synced) error = synced.error();
    if (!lease) error = lease.error();
  }
  // Whatever it was, the batch is published: "busy" would say that nothing happened.
  return not_durable(project, log, error);
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

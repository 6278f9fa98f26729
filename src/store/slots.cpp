#include "store/slots.hpp"

#include <algorithm>
#include <tuple>

#include "base/lock_holder.hpp"
#include "base/system.hpp"

namespace shale::store {

namespace {

using catalog::control_slots;
namespace lock_byte = catalog::lock_byte;

// view_mutex held.
void enter(Project::State& project) {
  if (project.slot.has_value() && project.control != nullptr) {
    project.control->set_slot(*project.slot, project.slot_entry);
  }
}

// The bytes are tried in turn, not shared out by a counter: what a killed process had is found.
std::optional<usize> lock_free_slot(LockFile& file) {
  for (usize slot = 0; slot < control_slots; ++slot) {
    const Result<bool> locked = file.try_lock(lock_byte::first_slot + slot);
    if (!locked) return std::nullopt;
    if (*locked) return slot;
  }
  return std::nullopt;
}

OpenBy told(const catalog::SlotEntry& entry) {
  OpenBy one;
  one.pid = i64(entry.pid);
  one.start_time = entry.start_time;
  one.pid_namespace = entry.pid_namespace;
  one.opened_at = entry.opened_at;
  one.program = entry.program;
  one.holds_lease = (entry.locks >> lock_byte::lease & 1) != 0;
  one.holds_merge = (entry.locks >> lock_byte::merge & 1) != 0;
  return one;
}

// A process, and what it is about, as far as that is known.
struct Holder {
  i64 pid = 0;
  std::string doing;
};

// The holder as he has written himself down. CONTROL has the lease's; the merger has his slot.
std::optional<Holder> written_holder(const Project::State& project, u64 lock_byte) {
  const std::shared_ptr<catalog::Control> control = project.shared_control();
  if (control == nullptr) return std::nullopt;
  if (lock_byte == lock_byte::lease) {
    const std::optional<catalog::LeaseHolder> holder = control->holder();
    if (holder.has_value()) return Holder{i64(holder->pid), holder->verb};
    return std::nullopt;
  }
  for (const OpenBy& one : open_by(project).value_or(std::vector<OpenBy>())) {
    if (one.holds_merge) return Holder{one.pid, one.program};
  }
  return std::nullopt;
}

Holder holder_of(const Project::State& project, u64 lock_byte) {
  const std::optional<Holder> written = written_holder(project, lock_byte);
  const Result<FileIdentity> file = project.shared_lock_file()->file().identity();
  const auto pid = file ? lock_holder(*file, lock_byte) : std::nullopt;
  if (!pid.has_value()) return written.value_or(Holder());
  if (written.has_value() && written->pid == *pid) return *written;
  return {*pid, ""};
}

}  // namespace

void take_slot(Project::State& project, LockFile& lock_file) {
  project.slot = lock_free_slot(lock_file);
  const std::string& program = project.options.program;
  project.slot_entry = catalog::SlotEntry::current(program.empty() ? process_name() : program);
}

void use_control(Project::State& project, std::shared_ptr<catalog::Control> control,
                 u64 recoveries) {
  project.control = std::move(control);
  project.recoveries = recoveries;
  enter(project);
}

void note_lock(Project::State& project, u64 lock_byte, bool held) noexcept {
  // In a child of fork the entry is its parent's.
  if (project.generation != process_generation()) return;
  const std::lock_guard lock(project.view_mutex);
  const u64 bit = u64(1) << lock_byte;
  u64& locks = project.slot_entry.locks;
  locks = held ? locks | bit : locks & ~bit;
  enter(project);
}

Result<std::vector<OpenBy>> open_by(const Project::State& project) {
  std::unique_lock lock(project.view_mutex);
  const std::shared_ptr<catalog::Control> control = project.control;
  const std::shared_ptr<LockFile> lock_file = project.lock_file;
  const std::optional<usize> own = project.slot;
  lock.unlock();
  if (control == nullptr) {
    // Read alone because it is damaged: that is the reason, not who asks.
    if (project.damaged.has_value()) return Unexpected{*project.damaged};
    return fail_at(ErrorCode::read_only,
                   "Who has the project open is told only to those who may write to it",
                   project.paths.lock().string());
  }
  std::vector<OpenBy> result;
  for (usize slot = 0; slot < control_slots; ++slot) {
    const bool is_self = own == slot;
    if (!is_self && !TRY(lock_file->is_locked(lock_byte::first_slot + slot))) continue;
    OpenBy one = told(control->slot(slot).value_or(catalog::SlotEntry{}));
    one.is_self = is_self;
    result.push_back(std::move(one));
  }
  std::sort(result.begin(), result.end(), [](const OpenBy& a, const OpenBy& b) {
    return std::tie(a.opened_at, a.pid) < std::tie(b.opened_at, b.pid);
  });
  return result;
}

Unexpected busy_error(const Project::State& project, u64 lock_byte) {
  const Holder holder = holder_of(project, lock_byte);
  const std::string what = lock_byte == lock_byte::merge    ? "the merge lock"
                           : lock_byte == lock_byte::access ? "the access lock"
                                                            : "the lease";
  std::string who = holder.pid != 0 ? " (process " + std::to_string(holder.pid) : "";
  if (!holder.doing.empty()) who += ", " + holder.doing;
  if (!who.empty()) who += ")";
  Error error(ErrorCode::busy, "Project '" + project.name + "' is busy: " + what +
                                   " is held by another writer" + who);
  error.path = project.paths.lock().string();
  error.pid = holder.pid;
  return Unexpected{std::move(error)};
}

}  // namespace shale::store

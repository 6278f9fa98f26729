#include "store/access_lock.hpp"

#include <algorithm>
#include <thread>

#include "store/current_view.hpp"
#include "store/lease.hpp"
#include "store/slots.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds pause{1};

std::chrono::milliseconds left_of(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace

Result<std::optional<AccessLock>> AccessLock::try_acquire(Project::State& project,
                                                          std::chrono::milliseconds patience) {
  if (project.is_private) return std::optional<AccessLock>();
  const Deadline deadline = Clock::now() + patience;
  AccessLock lock(project);
  lock.mutex_ = lock_until(project.access_mutex, deadline);
  if (!lock.mutex_.owns_lock()) return std::optional<AccessLock>();
  lock.lock_file_ = project.shared_lock_file();
  lock.locked_ = TRY(lock.lock_file_->lock(catalog::lock_byte::access, deadline));
  if (!lock.locked_ || !TRY(lock.settle(deadline))) return std::optional<AccessLock>();
  return std::optional<AccessLock>(std::move(lock));
}

Result<AccessLock> AccessLock::acquire(Project::State& project) {
  std::optional<AccessLock> lock = TRY(try_acquire(project, project.options.busy_timeout));
  if (!lock.has_value()) return busy_error(project, catalog::lock_byte::access);
  return *std::move(lock);
}

// Whether CONTROL and MANIFEST may say two things, or the files here are not those at the path.
Result<bool> AccessLock::is_in_doubt() const {
  const std::shared_ptr<catalog::Control> control = project_->shared_control();
  if (control->manifest_in_flight() != 0 || control->change_pending() || control->lost()) {
    return true;
  }
  const std::optional<u64> recoveries = TRY(lock_file_->count_at_path());
  return recoveries != project_->recoveries.load(std::memory_order_relaxed);
}

Result<bool> AccessLock::settle(Deadline deadline) {
  for (;;) {
    if (TRY(is_in_doubt())) return settle_by_lease(deadline);
    view_ = TRY(current_view(*project_));
    // Where a seal or an ingest is being published, the view may still be that of long ago.
    const std::optional<catalog::ControlMoment> now = project_->shared_control()->read();
    if (now.has_value() && now->epoch == view_->epoch) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

Result<bool> AccessLock::settle_by_lease(Deadline deadline) {
  const std::optional<Lease> lease =
      TRY(Lease::try_acquire(*project_, "accesses", left_of(deadline)));
  // Another store stands at the path now: its access lock is not the one that is held here.
  if (!lease.has_value() || project_->shared_lock_file() != lock_file_) return false;
  view_ = lease->view();
  return true;
}

AccessLock::~AccessLock() {
  if (locked_) lock_file_->unlock(catalog::lock_byte::access);
}

AccessLock::AccessLock(AccessLock&& other) noexcept
    : project_(other.project_),
      mutex_(std::move(other.mutex_)),
      lock_file_(std::move(other.lock_file_)),
      locked_(std::exchange(other.locked_, false)),
      view_(std::move(other.view_)) {}

}  // namespace shale::store

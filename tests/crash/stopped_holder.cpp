// A process that is stopped (SIGSTOP, a frozen container) while it holds the lease (PROTOCOL C1).
//
// Others get "busy" with its pid after their patience, nothing is stolen from it, reads go on; when
// it goes on its commit succeeds, and so do theirs. The same with the holder killed instead: the
// kernel frees the lease. And wherever it is stopped, others are told its pid: from the system
// call that takes the lease to the one that gives it back, also while it opens a project after a
// crash, when there is no CONTROL to write a name in. Ends with 1 at the first violation.
#include "base/system.hpp"
#include "tests/crash/traced_child.hpp"
#include "tests/store/store_fixture.hpp"

namespace shale::testing {
namespace {

constexpr int patience_ms = 200;
// For one who is asked about hundreds of moments.
constexpr int short_patience_ms = 20;
// Calls under a lease, each stopped at twice: a commit in a log just opened has some 20.
constexpr int stops_min = 20;

void committing(const TestStore& store) {
  const Project project = store.open();
  TracedChild::stop();
  stash(project, "stopped", "common stopped");
}

void step_into_lease(TracedChild& child, const catalog::Control& control) {
  child.wait_for_stop();
  for (;;) {
    need(child.step(), "the child never held the lease");
    const auto holder = control.holder();
    if (holder.has_value() && holder->pid == u64(child.pid())) return;
  }
}

void need_busy(const TestStore& store, ::pid_t pid) {
  Project project = store.open(patience(patience_ms));
  Batch batch;
  batch.stash(segment("other", "common other"));
  const auto started = std::chrono::steady_clock::now();
  const auto done = project.commit(batch);
  const auto waited = std::chrono::steady_clock::now() - started;
  need(!done, "the lease was stolen");
  need(done.error().code == ErrorCode::busy, "not busy but: " + done.error().message);
  need(done.error().pid == pid, "busy with the wrong pid");
  need(waited >= std::chrono::milliseconds(patience_ms), "gave up too early");
  need(waited < std::chrono::milliseconds(20 * patience_ms), "gave up too late");
  need(count_of(project) == 1 && text_of(project, "first") == "common first", "reads do not go on");
}

void stop_and_go_on() {
  const TestStore store;
  stash(store.open(), "first", "common first");
  TracedChild child([&] { committing(store); });
  const catalog::Control control = control_of(store);
  step_into_lease(child, control);
  child.detach_stopped();
  need_busy(store, child.pid());
  need_busy(store, child.pid());
  need(child.go_on() == 0, "the stopped commit failed");
  Project project = store.open();
  need(text_of(project, "stopped") == "common stopped", "the stopped commit is not there");
  stash(project, "other", "common other", Durability::full);
  need(found_ids(project, "common").size() == 3, "not all is there");
  need(!control.holder().has_value(), "somebody still holds the lease");
}

void stop_and_die() {
  const TestStore store;
  stash(store.open(), "first", "common first");
  TracedChild child([&] { committing(store); });
  step_into_lease(child, control_of(store));
  child.detach_stopped();
  need_busy(store, child.pid());
  child.kill();
  Project project = store.open(patience(patience_ms));
  stash(project, "other", "common other", Durability::full);
  need(found_ids(project, "common") == std::vector<std::string>{"first", "other"},
       "what the dead holder never wrote is there");
}

// Who comes by meanwhile, and can neither open the project nor write to it.
void need_told(const TestStore& store, ::pid_t pid) {
  const auto began = std::chrono::steady_clock::now();
  Result<std::shared_ptr<Project::State>> state = store.try_state(patience(short_patience_ms));
  Result<Committed> done = state ? Result<Committed>(Committed()) : Unexpected{state.error()};
  if (state) {
    Batch batch;
    batch.stash(segment("other", "common other"));
    done = Project(*state).commit(batch);
  }
  need(!done && done.error().code == ErrorCode::busy, "the lease was stolen");
  need(done.error().pid == pid, "the holder is not told: " + done.error().message);
  need(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(short_patience_ms),
       "gave up too early");
}

// At the beginning and the end of every system call that the child does under the lease.
void need_told_throughout(const TestStore& store, const std::function<void()>& work) {
  TracedChild child([&] {
    work();
    TracedChild::stop();
  });
  child.wait_for_stop();
  const LockFile lock = LockFile::open(store.paths().lock(), false).value();
  int stops = 0;
  while (child.step_to_call()) {
    if (!lock.is_locked(catalog::lock_byte::lease).value()) continue;
    need_told(store, child.pid());
    ++stops;
  }
  need(stops >= stops_min, "the child had the lease for " + std::to_string(stops) + " stops only");
}

void stop_anywhere() {
  const TestStore store;
  stash(store.open(), "first", "common first");
  need_told_throughout(store, [&] { committing(store); });
  // The name of one who died is no answer.
  catalog::LeaseHolder dead = catalog::LeaseHolder::current("commit");
  dead.pid += 1;
  control_of(store).set_holder(dead);
  need_told_throughout(store, [&] { committing(store); });
  store.reboot();
  need_told_throughout(store, [&] {
    TracedChild::stop();
    store.open();
  });
  need(found_ids(store.open(), "common").size() == 2, "not all is there");
}

}  // namespace
}  // namespace shale::testing

int main() {
  shale::testing::work_in_memory();
  try {
    shale::testing::stop_and_go_on();
    shale::testing::stop_and_die();
    shale::testing::stop_anywhere();
  } catch (const std::exception& problem) {
    std::printf("violation: %s\n", problem.what());
    return 1;
  }
  std::printf("a stopped holder keeps the lease, a dead one loses it: 0 violations\n");
  return 0;
}

// A process that is stopped (SIGSTOP, a frozen container) while it holds the lease (PROTOCOL C1).
//
// Others get "busy" with its pid after their patience, nothing is stolen from it, reads go on; when
// it goes on its commit succeeds, and so do theirs. The same with the holder killed instead: the
// kernel frees the lease. Ends with 1 at the first violation.
#include "base/system.hpp"
#include "tests/crash/traced_child.hpp"
#include "tests/store/store_fixture.hpp"

namespace shale::testing {
namespace {

constexpr int patience_ms = 200;

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

}  // namespace
}  // namespace shale::testing

int main() {
  shale::testing::work_in_memory();
  try {
    shale::testing::stop_and_go_on();
    shale::testing::stop_and_die();
  } catch (const std::exception& problem) {
    std::printf("violation: %s\n", problem.what());
    return 1;
  }
  std::printf("a stopped holder keeps the lease, a dead one loses it: 0 violations\n");
  return 0;
}

#include "store/current_view.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("nothing changed, nothing new") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  const auto view = view_of(state);
  CHECK(view_of(state) == view);
  CHECK(view_of(state) == view);
  stash(Project(state), "b", "text");
  CHECK(view_of(state) != view);
  CHECK(view_of(state)->edition == view->edition);  // a commit makes no edition
}

// From here on the kernel ends this process at its first system call but `write` and `exit`.
bool forbid_system_calls() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(rules), rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Polls until another process has stashed.
[[noreturn]] void poll_without_system_calls(const TestStore& store, int ready) {
  const Project project = store.open();
  const u64 before = count_of(project);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);  // memory is at hand: it is not the subject here
  std::free(std::malloc(1 << 16));
  const bool told = forbid_system_calls() && write(ready, "r", 1) == 1;
  while (told && count_of(project) == before) {
  }
  for (;;) syscall(SYS_exit, 0);
}

TEST_CASE("a reader sees what others commit without a system call") {
  if (under_address_sanitizer || under_thread_sanitizer) {
    WARN("skipped: the sanitizer makes system calls of its own");
    return;
  }
  const TestStore store;
  const Project writer = store.open();
  stash(writer, "a", "text");
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t reader = fork();
  if (reader == 0) poll_without_system_calls(store, ends[1]);
  char ready = 0;
  close(ends[1]);
  REQUIRE(read(ends[0], &ready, 1) == 1);
  close(ends[0]);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it finds nothing new for a while
  int status = 0;
  REQUIRE(waitpid(reader, &status, WNOHANG) == 0);
  stash(writer, "b", "text");
  REQUIRE(waitpid(reader, &status, 0) == reader);
  CHECK(WIFEXITED(status));
}

TEST_CASE("an edition takes over what is the same") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  project.merge(false).value();
  const auto before = view_of(state);
  stash(project, "b", "text");
  project.merge(false).value();
  const auto after = view_of(state);
  CHECK(after->edition->manifest.edition > before->edition->manifest.edition);
  REQUIRE(after->edition->shards.size() == 2);
  CHECK(after->edition->shards[0] == before->edition->shards[0]);
}

TEST_CASE("two processes see each other's commits, seals and merges") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.state();
  for (int round = 0; round < 3; ++round) {
    const std::string number = std::to_string(round);
    stash(Project(one), "a" + number, "by one");
    CHECK(text_of(Project(two), "a" + number) == "by one");
    stash(Project(two), "b" + number, "by two");
    CHECK(text_of(Project(one), "b" + number) == "by two");
    erase(Project(two), "a" + number);
    CHECK(text_of(Project(one), "a" + number) == "(none)");
    Project(one).merge(round == 2).value();
    CHECK(view_of(two)->edition->manifest.edition == view_of(one)->edition->manifest.edition);
    stash(Project(two), "b" + number, "changed by two");
    CHECK(text_of(Project(one), "b" + number) == "changed by two");
  }
  CHECK(contents(Project(one)) == contents(Project(two)));
}

TEST_CASE("a CONTROL that was made anew is found by those who mapped the old one") {
  const TestStore store;
  const auto old = store.state();
  stash(Project(old), "a", "text");
  view_of(old);
  old->shared_control()->begin_change();  // as a killed publisher leaves it
  const auto second = store.state();      // recovers: a new CONTROL, a new log
  stash(Project(second), "b", "text");
  CHECK(text_of(Project(old), "b") == "text");
  stash(Project(old), "c", "text");
  CHECK(text_of(Project(second), "c") == "text");
  CHECK(old->shared_control()->epoch() == second->shared_control()->epoch());
}

TEST_CASE("where a change goes on, the view before it is the answer") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  const auto view = view_of(state);
  state->shared_control()->begin_change();
  CHECK(view_of(state) == view);
}

TEST_CASE("readers never meet half a change while writers and merges go on") {
  const TestStore store(sealing_after(50));
  const auto writer = store.state();
  const auto reader = store.state();
  stash_many(Project(writer), "pair", 2);
  std::atomic<bool> done{false};
  std::thread writing([&] {
    for (int round = 1; round <= 200; ++round) {
      Batch batch;  // both of the pair in one batch: they never differ
      batch.stash(segment("pair0", std::to_string(round)));
      batch.stash(segment("pair1", std::to_string(round)));
      (void)Project(writer).commit(batch, Durability::relaxed);
      if (round % 40 == 0) (void)Project(writer).merge(round % 80 == 0);
    }
    done = true;
  });
  int different = 0, wrong_counts = 0, failures = 0, looks = 0;
  while (!done) {
    const auto snapshot = Project(reader).snapshot();
    if (!snapshot) {
      ++failures;
      continue;
    }
    different +=
        text_of(*snapshot, "pair0").substr(0, 4) == text_of(*snapshot, "pair1").substr(0, 4) ? 0
                                                                                             : 1;
    wrong_counts += snapshot->count().value().count == 2 ? 0 : 1;
    ++looks;
  }
  writing.join();
  CHECK(different == 0);
  CHECK(wrong_counts == 0);
  CHECK(failures == 0);
  CHECK(looks > 0);
  CHECK(text_of(Project(reader), "pair1") == "200");
}

}  // namespace
}  // namespace shale::store

#include "store/slots.hpp"

#include "store/lease.hpp"
#include "store/recovery.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

StoreOptions named(const std::string& program) {
  StoreOptions options;
  options.program = program;
  return options;
}

std::vector<OpenBy> who(const std::shared_ptr<Project::State>& state) {
  return Project(state).who().value();
}

std::vector<std::string> programs(const std::vector<OpenBy>& all) {
  std::vector<std::string> names;
  for (const OpenBy& one : all) names.push_back(one.program);
  return names;
}

TEST_CASE("a process finds itself, with the name it gave or the one it has") {
  const TestStore store;
  const i64 before = now_microseconds();
  const auto one = store.state();
  const auto alone = who(one);
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].pid == ::getpid());
  CHECK(alone[0].start_time == process_start_time());
  CHECK(alone[0].pid_namespace == path_identity("/proc/self/ns/pid").value().value().inode);
  CHECK(alone[0].opened_at >= before);
  CHECK(alone[0].opened_at <= now_microseconds());
  CHECK(alone[0].program == process_name());
  CHECK(alone[0].is_self);
  CHECK_FALSE(alone[0].holds_lease);
  CHECK_FALSE(alone[0].holds_merge);

  const auto two = store.state(named("a name of more than 16 bytes"));
  const auto both = who(two);
  REQUIRE(programs(both) == std::vector<std::string>{process_name(), "a name of more t"});
  CHECK_FALSE(both[0].is_self);
  CHECK(both[1].is_self);
}

TEST_CASE("another process is told while it lives, and not when it was killed") {
  const TestStore store;
  stash(store.open(), "a", "text");
  Child child([&](int pipe) {
    const auto state = store.state(named("child"));
    Child::say(pipe);
    ::pause();
  });
  REQUIRE(child.hears(1));
  const auto state = store.state(named("parent"));
  const auto both = who(state);
  REQUIRE(programs(both) == std::vector<std::string>{"child", "parent"});
  CHECK(both[0].pid == child.pid());
  CHECK(both[1].pid == ::getpid());
  child.kill();
  CHECK(programs(who(state)) == std::vector<std::string>{"parent"});
  // What it left is taken over by whoever comes next.
  const auto next = store.state(named("next"));
  CHECK(next->slot == 0u);
  CHECK(programs(who(state)) == std::vector<std::string>{"parent", "next"});
}

TEST_CASE("a project that was closed is told no more") {
  const TestStore store;
  const auto kept = store.state(named("kept"));
  {
    const Project gone = store.open(named("gone"));
    CHECK(programs(who(kept)).size() == 2);
  }
  CHECK(programs(who(kept)) == std::vector<std::string>{"kept"});
}

TEST_CASE("who writes and who merges is told while he does") {
  const TestStore store;
  const auto asking = store.state(named("asking"));
  const auto working = store.state(named("working"));
  const auto held = [&] {
    const auto all = who(asking);
    CHECK_FALSE(all.at(0).holds_lease);
    CHECK_FALSE(all.at(0).holds_merge);
    return std::pair(all.at(1).holds_lease, all.at(1).holds_merge);
  };
  CHECK(held() == std::pair(false, false));
  {
    const MergeLock merge = MergeLock::acquire(*working).value();
    CHECK(held() == std::pair(false, true));
    {
      const Lease lease = Lease::acquire(*working, "test").value();
      CHECK(held() == std::pair(true, true));
    }
    CHECK(held() == std::pair(false, true));
  }
  CHECK(held() == std::pair(false, false));
}

TEST_CASE("whoever goes on in a new CONTROL enters himself there, with the locks he has") {
  const TestStore store;
  const auto first = store.state(named("first"));
  const auto second = store.state(named("second"));
  const MergeLock merge = MergeLock::acquire(*second).value();
  first->shared_control()->begin_change();         // as a killed publisher leaves it
  const auto third = store.state(named("third"));  // recovers: a new CONTROL
  // The others have not looked yet: they are there, and have not said who they are.
  const auto early = who(third);
  REQUIRE(programs(early) == std::vector<std::string>{"", "", "third"});
  CHECK(early[0].pid == 0);
  view_of(first);
  view_of(second);
  const auto all = who(third);
  REQUIRE(programs(all) == std::vector<std::string>{"first", "second", "third"});
  CHECK_FALSE(all[0].holds_merge);
  CHECK(all[1].holds_merge);
  CHECK(programs(who(first)) == programs(all));
}

TEST_CASE("the one who recovers under the lease is told too") {
  const TestStore store;
  const auto state = store.state(named("writer"));
  stash(Project(state), "a", "text");
  state->shared_control()->begin_change();
  CHECK(Lease::acquire(*state, "repair"));
  CHECK(programs(who(state)) == std::vector<std::string>{"writer"});
}

TEST_CASE("where all slots are taken a process works and is not told") {
  const TestStore store;
  stash(store.open(), "a", "text");
  LockFile others = LockFile::open(store.paths().lock(), false).value();
  for (u64 n = 0; n < catalog::control_slots; ++n) {
    REQUIRE(others.try_lock(catalog::lock_byte::first_slot + n).value());
  }
  const auto state = store.state(named("one too many"));
  CHECK_FALSE(state->slot.has_value());
  stash(Project(state), "b", "text");
  CHECK(count_of(Project(state)) == 2);
  const auto told = who(state);
  CHECK(told.size() == catalog::control_slots);
  for (const OpenBy& one : told) CHECK((!one.is_self && one.program != "one too many"));
  others.unlock(catalog::lock_byte::first_slot + 250);
  const auto last = store.state(named("the last"));
  CHECK(last->slot == 250u);
  CHECK(programs(who(last)).back() == "the last");
}

TEST_CASE("what a child of fork does with its copies changes nothing for the parent") {
  const TestStore store;
  auto state = store.state(named("parent"));
  {
    std::optional<MergeLock> merge = MergeLock::acquire(*state).value();
    Child child([&](int) {
      merge.reset();
      if (Project(state).who().error().code != ErrorCode::invalid_argument) ::_exit(3);
      state.reset();
    });
    CHECK(child.wait() == 0);
    const auto all = who(state);
    REQUIRE(programs(all) == std::vector<std::string>{"parent"});
    CHECK(all[0].holds_merge);
    CHECK(programs(who(store.state(named("another")))).size() == 2);
  }
}

TEST_CASE("who only reads takes no slot, and is told nothing") {
  const TestStore store;
  const auto writer = store.state(named("writer"));
  const auto reader = store.state(reading());
  CHECK_FALSE(reader->slot.has_value());
  const auto refused = Project(reader).who();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::read_only);
  CHECK(programs(who(writer)) == std::vector<std::string>{"writer"});
}

TEST_CASE("whoever finds the store replaced has a slot in the new one") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const path copy = store.parent() / "copy";
  std::filesystem::copy(store.path(), copy, std::filesystem::copy_options::recursive);
  const auto first = store.state(named("first"));
  const auto mover = store.state(named("mover"));
  CHECK(mover->slot == 1u);
  std::filesystem::rename(store.path(), store.parent() / "old");
  std::filesystem::rename(copy, store.path());
  stash(Project(mover), "b", "text");
  CHECK(mover->slot == 0u);
  CHECK(programs(who(mover)) == std::vector<std::string>{"mover"});
  const auto later = store.state(named("later"));
  CHECK(programs(who(later)) == std::vector<std::string>{"mover", "later"});
}

TEST_CASE("a project that turns out damaged is read, and takes no slot") {
  const TestStore store;
  {
    const Project project = store.open();
    stash(project, "a", "text", Durability::full);
    stash(project, "b", "text", Durability::full);
  }
  store.reboot();
  flip_byte(store.active_log(), delta::log_header_bytes + 60);
  const auto state = store.state(named("reader"));
  CHECK(state->is_private);
  CHECK_FALSE(state->slot.has_value());
  LockFile lock = LockFile::open(store.paths().lock(), false).value();
  CHECK_FALSE(lock.is_locked(catalog::lock_byte::first_slot).value());
  const auto refused = Project(state).who();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::corrupt);
  CHECK(refused.error().path == state->damaged->path);
}

}  // namespace
}  // namespace shale::store

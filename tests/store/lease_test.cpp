#include "store/lease.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;

TEST_CASE("the lease is had, given back and had again") {
  const TestStore store;
  const auto state = store.state(patience(0));
  for (int i = 0; i < 3; ++i) {
    Lease lease = Lease::acquire(*state, "test").value();
    const auto holder = state->shared_control()->holder();
    REQUIRE(holder.has_value());
    CHECK(holder->pid == u64(::getpid()));
    CHECK(holder->verb == "test");
    const Lease moved = std::move(lease);
    CHECK(!Lease::acquire(*state, "second"));
  }
  const auto nobody = state->shared_control()->holder();
  CHECK((!nobody.has_value() || nobody->pid == 0));
}

TEST_CASE("a second thread waits until the deadline and is told who holds the lease") {
  const TestStore store;
  const auto state = store.state(patience(60));
  const Lease lease = Lease::acquire(*state, "first").value();
  const Clock::time_point start = Clock::now();
  ErrorCode code{};
  std::thread([&] { code = Lease::acquire(*state, "second").error().code; }).join();
  CHECK(code == ErrorCode::busy);
  CHECK(Clock::now() - start >= std::chrono::milliseconds(55));
}

TEST_CASE("a second thread gets the lease when the first lets go") {
  const TestStore store;
  const auto state = store.state(patience(10'000));
  std::optional<Lease> lease = Lease::acquire(*state, "first").value();
  bool had = false;
  std::thread waiting([&] { had = Lease::acquire(*state, "second").has_value(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  lease.reset();
  waiting.join();
  CHECK(had);
}

TEST_CASE("another handle of the same process is another writer") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.state(patience(30));
  std::optional<Lease> lease = Lease::acquire(*one, "first").value();
  const auto refused = Lease::acquire(*two, "second");
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::busy);
  lease.reset();
  CHECK(Lease::acquire(*two, "second"));
}

TEST_CASE("busy names the process that holds the lease; its death frees it") {
  const TestStore store;
  Child child([&](int pipe) {
    const auto state = store.state();
    const Lease lease = Lease::acquire(*state, "slow").value();
    Child::say(pipe);
    for (;;) ::pause();
  });
  REQUIRE(child.hears(1));
  Project project = store.open(patience(50));
  Batch batch;
  batch.stash(segment("a", "text"));
  const Clock::time_point start = Clock::now();
  const auto refused = project.commit(batch);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().pid == child.pid());
  CHECK(refused.error().message.find("slow") != std::string::npos);
  CHECK(refused.error().path == store.paths().lock().string());
  CHECK(Clock::now() - start >= std::chrono::milliseconds(45));
  CHECK(count_of(project) == 0);  // reading needs no lease
  child.kill();
  CHECK(project.commit(batch));
}

TEST_CASE("a LOCK replaced under the path is opened anew; a missing one ends writing") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text");
  const path lock = store.paths().lock();
  std::filesystem::rename(lock, lock.string() + ".old");
  write_text(lock, "");
  Batch batch;
  batch.stash(segment("b", "text"));
  CHECK(project.commit(batch));
  CHECK(count_of(project) == 2);
  std::filesystem::remove(lock);
  const auto refused = project.commit(batch);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  CHECK(count_of(project) == 2);
  std::filesystem::rename(lock.string() + ".old", lock);
  CHECK(project.commit(batch));
}

TEST_CASE("old handles go on in the store that stands at the path now") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text", Durability::full);
  const path copy = store.parent() / "copy";
  std::filesystem::copy(store.path(), copy, std::filesystem::copy_options::recursive);
  stash(project, "lost", "with the store that is moved away", Durability::full);
  const Snapshot before = project.snapshot().value();
  std::filesystem::rename(store.path(), store.parent() / "gone");
  std::filesystem::rename(copy, store.path());
  stash(project, "b", "text", Durability::full);
  CHECK(contents(project) == Contents{{"a", "text"}, {"b", "text"}});
  CHECK(text_of(before, "lost") == "with the store that is moved away");  // of its own files
  const Project restored = store.open();
  CHECK(contents(restored) == Contents{{"a", "text"}, {"b", "text"}});
  stash(restored, "c", "text");
  CHECK(count_of(project) == 3);
  // And the one that was moved away is whole, and nobody wrote to it since.
  std::filesystem::rename(store.path(), store.parent() / "restored");
  std::filesystem::rename(store.parent() / "gone", store.path());
  CHECK(contents(store.open()) ==
        Contents{{"a", "text"}, {"lost", "with the store that is moved away"}});
}

TEST_CASE("files copied over those of a running store are noticed before anything is written") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text", Durability::full);
  const path copy = store.parent() / "copy";
  std::filesystem::copy(store.path(), copy, std::filesystem::copy_options::recursive);
  stash(project, "lost", "text", Durability::full);
  // As `cp -a backup/. store/` does it, without the volatile files: every inode stays.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(copy)) {
    const path name = std::filesystem::relative(entry.path(), copy);
    if (!entry.is_regular_file() || name.string().find("volatile") != std::string::npos) continue;
    std::fstream out(store.path() / name, std::ios::binary | std::ios::in | std::ios::out);
    const std::string bytes = read_text(entry.path());
    out.write(bytes.data(), std::streamsize(bytes.size()));
  }
  stash(project, "b", "text", Durability::full);
  CHECK(contents(project) == Contents{{"a", "text"}, {"b", "text"}});
  store.reboot();
  CHECK(contents(store.open()) == Contents{{"a", "text"}, {"b", "text"}});
}

// The log alone, from an earlier moment, under one who has the project open and wrote nothing yet.
TEST_CASE("who writes to a log for the first time looks whether it ends where CONTROL says") {
  const TestStore store;
  Project other = store.open();
  stash(other, "a", "text", Durability::full);
  const std::string earlier = read_text(store.active_log());
  Project project = store.open();
  stash(other, "lost", "text", Durability::full);
  write_text(store.active_log(), earlier);
  stash(project, "b", "text", Durability::full);
  CHECK(contents(project) == Contents{{"a", "text"}, {"b", "text"}});
  store.reboot();
  CHECK(contents(store.open()) == Contents{{"a", "text"}, {"b", "text"}});
}

// They would write to one log by two pages, each over the frames of the other.
TEST_CASE("volatile files removed under those who run: nothing acknowledged is lost") {
  const TestStore store;
  const bool whole_folder = GENERATE(false, true);
  Project project = store.open();
  stash(project, "a", "text", Durability::full);
  Project idle = store.open();
  if (whole_folder) {
    std::filesystem::remove_all(store.paths().volatile_folder());
  } else {
    std::filesystem::remove(store.paths().control());
  }
  Project late = store.open();
  stash(late, "b", "text", Durability::full);
  stash(project, "c", "text", Durability::full);
  stash(late, "d", "text", Durability::full);
  stash(project, "e", "text", Durability::full);
  const Contents all = {{"a", "text"}, {"b", "text"}, {"c", "text"}, {"d", "text"}, {"e", "text"}};
  for (const Project& one : {project, idle, late, store.open()}) CHECK(contents(one) == all);
  store.reboot();
  CHECK(contents(store.open()) == all);
}

TEST_CASE("what began on a store that was replaced meanwhile is not published") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 5);
  const path copy = store.parent() / "copy";
  std::filesystem::copy(store.path(), copy, std::filesystem::copy_options::recursive);
  bool replaced = false;
  Batch batch;
  batch.stash(segment("bulk", "text"));
  const auto ingested = project.ingest(batch, [&](const Progress&) {
    std::filesystem::rename(store.path(), store.parent() / "gone");
    std::filesystem::rename(copy, store.path());
    replaced = true;
    stash(project, "b", "text");  // finds it out
    return true;
  });
  REQUIRE(replaced);
  REQUIRE(!ingested);
  CHECK(ingested.error().code == ErrorCode::io);
  CHECK(count_of(project) == 6);
  CHECK(text_of(project, "bulk") == "(none)");
  CHECK(Project(state).verify().value().faults.empty());
}

TEST_CASE("who takes the lease leaves a poisoned log") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  const auto before = store.active_log();
  state->shared_control()->poison(view_of(state)->edition->logs.back().id.sequence);
  CHECK(text_of(project, "a") == "text");
  stash(project, "b", "text");
  CHECK(store.active_log() != before);
  CHECK(contents(project) == Contents{{"a", "text"}, {"b", "text"}});
}

TEST_CASE("who takes the lease repairs what a killed publisher left") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  const auto control = state->shared_control();
  const u64 before = store.manifest().edition;
  const auto replace_manifest = [&] {
    catalog::Manifest next = store.manifest();
    ++next.edition;
    catalog::write_manifest(store.paths().manifest(), next).value();
  };
  u64 expected = before;
  SECTION("before MANIFEST: nothing has happened") { control->set_manifest_in_flight(before + 1); }
  SECTION("between MANIFEST and CONTROL: the change is finished") {
    control->set_manifest_in_flight(before + 1);
    replace_manifest();
    ++expected;
  }
  SECTION("in the middle of CONTROL: the same") {
    control->set_manifest_in_flight(before + 1);
    replace_manifest();
    control->begin_change();
    ++expected;
  }
  SECTION("behind it") {
    control->set_manifest_in_flight(before + 1);
    replace_manifest();
    control->begin_change();
    control->end_change(
        {before + 1, store.manifest().logs.back().id, control->last_frame().value()});
    ++expected;
  }
  SECTION("what no publisher leaves is recovered: another edition") {
    control->set_manifest_in_flight(99);
    ++expected;
  }
  SECTION("and a change without a word of it") {
    control->begin_change();
    ++expected;
  }
  stash(project, "b", "text");
  CHECK(store.manifest().edition == expected);
  CHECK(control_of(store).manifest_in_flight() == 0);
  CHECK(!control_of(store).change_pending());
  CHECK(contents(project) == Contents{{"a", "text"}, {"b", "text"}});
  CHECK(contents(store.open()) == Contents{{"a", "text"}, {"b", "text"}});
}

// A bulk ingest takes its LSN by a frame: where its publisher dies, that frame stands behind the
// last one, and the edition must not go on without it.
TEST_CASE("a change whose own frame was not published yet is recovered") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  const Committed seen = stash(Project(state), "b", "text");
  const auto control = state->shared_control();
  {
    Lease lease = Lease::acquire(*state, "test").value();
    delta::LogEnd end = lease.log_end().value();
    ActiveLog& active = *lease.active_log().value();
    active.log.append(end, delta::FrameKind::advance, {}, control->durable()).value();
    catalog::Manifest next = store.manifest();
    ++next.edition;
    control->set_manifest_in_flight(next.edition);
    catalog::write_manifest(store.paths().manifest(), next).value();
  }
  const Committed next = stash(Project(state), "c", "text");
  CHECK(Lsn{next.lsn}.log_sequence() > Lsn{seen.lsn}.log_sequence());
  CHECK(count_of(store.open()) == 3);
}

TEST_CASE("a reader without a view repairs a change whose owner died") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  const auto late = store.state();  // has seen no view yet
  state->shared_control()->begin_change();
  CHECK(text_of(Project(late), "a") == "text");
  CHECK(text_of(Project(state), "a") == "text");
}

TEST_CASE("the merge lock keeps a second merger out") {
  const TestStore store;
  const auto one = store.state(patience(20));
  const auto two = store.state(patience(20));
  std::optional<MergeLock> lock = MergeLock::acquire(*one).value();
  CHECK(MergeLock::acquire(*one).error().code == ErrorCode::busy);
  CHECK(MergeLock::acquire(*two).error().code == ErrorCode::busy);
  CHECK(MergeLock::acquire(*two).error().pid == ::getpid());
  CHECK(Lease::acquire(*two, "writers do not wait for a merge"));
  MergeLock moved = *std::move(lock);
  lock.reset();
  CHECK(!MergeLock::try_acquire(*two, std::chrono::milliseconds(0)).value().has_value());
  { const MergeLock last = std::move(moved); }
  CHECK(MergeLock::try_acquire(*two, std::chrono::milliseconds(0)).value().has_value());
}

TEST_CASE("a busy merge lock names the process that merges, not the one that writes") {
  const TestStore store;
  StoreOptions merging;
  merging.program = "merging";
  Child child([&](int pipe) {
    const auto state = store.state(merging);
    const MergeLock lock = MergeLock::acquire(*state).value();
    Child::say(pipe);
    for (;;) ::pause();
  });
  REQUIRE(child.hears(1));
  const auto state = store.state(patience(20));
  const Lease lease = Lease::acquire(*state, "writing").value();
  const auto refused = MergeLock::acquire(*state);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().pid == child.pid());
  const std::string named = "(process " + std::to_string(child.pid()) + ", merging)";
  CHECK(refused.error().message.ends_with(named));
}

TEST_CASE("there is no lease on what is opened for reading") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const auto state = store.state(reading());
  CHECK(Lease::acquire(*state, "test").error().code == ErrorCode::read_only);
}

}  // namespace
}  // namespace shale::store

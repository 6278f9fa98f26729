#include "store/leave_log.hpp"

#include "store/durability.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/full_disk.hpp"

namespace shale::store {
namespace {

using namespace testing;

// A project whose log holds durable batches and, behind them, batches that are only visible.
struct HalfDurable {
  TestStore store;
  std::shared_ptr<Project::State> state = store.state();
  Project project{state};

  HalfDurable() {
    stash(project, "kept", "durable text");
    stash(project, "changed", "first text");
    stash(project, "erased", "durable text");
    Project(project).sync().value();
    stash(project, "changed", "second text");
    stash(project, "moved", "moved text");
    update(project, "kept", {.refcount_added = 5});
    update(project, "moved", {.pinned = true});
    erase(project, "erased");
    stash(project, "moved twice", "1");
    stash(project, "moved twice", "2");
  }

  FileId active() const { return store.manifest().logs.back().id; }
  void leave() const {
    Lease lease = Lease::acquire(*state, "test").value();
    leave_log(lease).value();
  }
};

const Contents all_there = {{"kept", "durable text"},
                            {"changed", "second text"},
                            {"moved", "moved text"},
                            {"moved twice", "2"}};

void check_all_there(const Project& project) {
  CHECK(contents(project) == all_there);
  CHECK(count_of(project) == 4);
  CHECK(metadata_of_id(project, "kept").refcount == 5);  // once, not twice
  CHECK(metadata_of_id(project, "moved").pinned);
  CHECK(found_ids(project, "second") == std::vector<std::string>{"changed"});
  CHECK(found_ids(project, "first").empty());
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("published batches move to a new log and are durable there") {
  const HalfDurable half;
  const FileId left = half.active();
  const Lsn durable = half.state->shared_control()->durable();
  check_all_there(half.project);
  const Snapshot before = half.project.snapshot().value();
  half.leave();
  check_all_there(half.project);
  CHECK(contents(before) == all_there);
  const catalog::Manifest manifest = half.store.manifest();
  REQUIRE(manifest.logs.size() == 2);
  CHECK(manifest.logs[0].id == left);
  CHECK(manifest.logs[0].last_lsn == durable);
  CHECK(manifest.logs[0].sealed_end == durable.offset());
  CHECK(manifest.logs[1].id != left);
  const auto control = half.state->shared_control();
  CHECK(control->durable() == control->committed());
  CHECK(control->durable().log_sequence() == manifest.logs[1].id.sequence);
}

TEST_CASE("nothing that is moved depends on the old log's lost pages") {
  const HalfDurable half;
  half.leave();
  const catalog::Manifest manifest = half.store.manifest();
  // What the disk may be left with: zeros behind what was durable.
  std::filesystem::resize_file(half.store.paths().log(manifest.logs[0].id),
                               manifest.logs[0].sealed_end);
  check_all_there(half.project);
  stash(half.project, "later", "text");
  half.store.reboot();
  Project project = half.store.open();
  CHECK(text_of(project, "later") == "text");
  erase(project, "later");
  check_all_there(project);
  project.merge(true).value();
  check_all_there(project);
}

TEST_CASE("another process goes on in the new log") {
  const HalfDurable half;
  const auto other = half.store.state();
  const Project elsewhere(other);
  check_all_there(elsewhere);
  half.leave();
  check_all_there(elsewhere);
  stash(elsewhere, "later", "text");
  CHECK(text_of(half.project, "later") == "text");
  CHECK(half.store.manifest().logs.size() == 2);
}

TEST_CASE("a log with nothing durable goes as a whole") {
  const TestStore store;
  const auto state = store.state();
  const Project project(state);
  stash(project, "a", "text");
  const FileId left = store.manifest().logs.back().id;
  {
    Lease lease = Lease::acquire(*state, "test").value();
    leave_log(lease).value();
  }
  const catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.logs.size() == 1);
  CHECK(manifest.logs[0].id != left);
  CHECK(!path_exists(store.paths().log(left)).value());
  CHECK(contents(project) == Contents{{"a", "text"}});
  store.reboot();
  CHECK(contents(store.open()) == Contents{{"a", "text"}});
}

TEST_CASE("a log that is durable as a whole is sealed, and the new one is empty") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text", Durability::full);
  {
    Lease lease = Lease::acquire(*state, "test").value();
    leave_log(lease).value();
    leave_log(lease).value();  // an empty log can be left as well
  }
  CHECK(store.manifest().logs.size() == 2);
  stash(project, "b", "text");
  const Project second = store.open();
  CHECK(contents(second) == Contents{{"a", "text"}, {"b", "text"}});
}

TEST_CASE("where the new log cannot be written, nothing changes and the next holder tries again") {
  const HalfDurable half;
  const catalog::Manifest before = half.store.manifest();
  const auto logs = files_in(half.store.paths().log_folder());
  half.state->shared_control()->poison(before.logs.back().id.sequence);
  Batch batch;
  batch.stash(segment("later", "text"));
  {
    const FullDisk full(5000);
    const auto refused = Project(half.project).commit(batch);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::no_space);
    check_all_there(half.project);
  }
  CHECK(half.store.manifest() == before);
  CHECK(files_in(half.store.paths().log_folder()) == logs);
  CHECK(Project(half.project).commit(batch));
  CHECK(text_of(half.project, "later") == "text");
}

}  // namespace
}  // namespace shale::store

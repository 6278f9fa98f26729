#include "store/project.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("a missing project is made where the store may be, else not_found") {
  const TestStore store;
  const auto open = [&](bool create, bool read_only) {
    StoreOptions options;
    options.create = create;
    options.read_only = read_only;
    return open_project(
        {store.path(), "new", options, {}, std::make_shared<SharedCaches>(options)});
  };
  CHECK(open(false, true).error().code == ErrorCode::not_found);
  CHECK(open(true, true).error().code == ErrorCode::not_found);
  CHECK(files_in(store.path() / "projects").empty());
  CHECK(open(true, false).has_value());
  CHECK(files_in(store.path() / "projects") == std::vector<std::string>{"new"});
  CHECK(open(false, false).has_value());
  CHECK(open(false, true).has_value());
}

TEST_CASE("projects of one store are apart") {
  const TestStore store;
  const Project one(store.try_state({}, "one").value());
  const Project two(store.try_state({}, "two").value());
  stash(one, "a", "in one");
  stash(two, "a", "in two");
  stash(two, "b", "in two");
  CHECK(one.name() == "one");
  CHECK(contents(one) == Contents{{"a", "in one"}});
  CHECK(count_of(two) == 2);
  Project(one).merge(true).value();
  CHECK(contents(two).at("a") == "in two");
}

TEST_CASE("the example of the public header works") {
  const TemporaryFolder folder;
  auto store = Store::open(folder / "notes.shale", {.create = true}).value();
  auto notes = store.project("default").value();
  Batch batch;
  batch.stash({.id = "m1", .text = "Why is search slow?", .type = "message"});
  CHECK(notes.commit(batch).value().stashed == 1);
  const auto now = notes.snapshot().value();
  const auto answer = now.search({.text = "slow search", .limit = 5}).value();
  REQUIRE(answer.hits.size() == 1);
  CHECK(answer.hits[0].id == "m1");
  CHECK(answer.hits[0].type == "message");
  CHECK(notes.merge_step().value() == false);
  CHECK(notes.stats().value().segments == 1);
  CHECK(notes.verify().value().faults.empty());
  CHECK(notes.sync());
}

TEST_CASE("one handle may be used from many threads") {
  const TestStore store(sealing_after(60));
  Project project = store.open();
  std::vector<std::thread> threads;
  std::vector<int> failures(4, 0);
  for (usize t = 0; t < failures.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 40; ++n) {
        Batch batch;
        batch.stash(segment(std::to_string(t) + "-" + std::to_string(n), "text"));
        const bool full = n % 10 == 0;
        const auto done =
            Project(project).commit(batch, full ? Durability::full : Durability::relaxed);
        const auto seen = project.snapshot();
        const bool fine = done && seen && done->stashed == 1 && seen->lsn() >= done->lsn;
        failures[t] += fine ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == std::vector<int>(4, 0));
  CHECK(count_of(project) == 160);
}

TEST_CASE("several processes may write at once") {
  const TestStore store(sealing_after(40));
  std::vector<std::unique_ptr<Child>> children;
  for (int c = 0; c < 3; ++c) {
    children.push_back(std::make_unique<Child>([&, c](int) {
      Project project = store.open(patience(60'000));
      for (int n = 0; n < 50; ++n) {
        stash(project, std::to_string(c) + "-" + std::to_string(n), "text");
        if (n % 20 == 19) (void)project.merge_step();
      }
    }));
  }
  for (const auto& child : children) CHECK(child->wait() == 0);
  Project project = store.open();
  CHECK(count_of(project) == 150);
  CHECK(found_ids(project, "text").size() == 150);
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("a snapshot where a publisher died is repaired, not refused") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const auto state = store.state();
  {
    const auto other = store.state();
    other->shared_control()->begin_change();
  }
  CHECK(snapshot_view(*state).value()->committed.value > 0);
  CHECK(!state->shared_control()->change_pending());
  CHECK(text_of(Project(state), "a") == "text");
}

// What every call of a handle answers; the child opens the store itself at last.
bool is_refused_everywhere(Project project, const Snapshot& snapshot, const TestStore& store) {
  Batch batch;
  batch.stash(segment("b", "text"));
  const auto refused = [](const auto& result) {
    return !result && result.error().code == ErrorCode::invalid_argument;
  };
  return refused(project.commit(batch)) && refused(project.ingest(batch)) &&
         refused(project.snapshot()) && refused(project.merge(true)) &&
         refused(project.merge_step()) && refused(project.stats()) && refused(project.verify()) &&
         refused(project.sync()) && refused(snapshot.get("a")) && refused(snapshot.count()) &&
         refused(snapshot.list({})) && refused(snapshot.search({.text = "text"})) &&
         refused(snapshot.sum("bytes", {})) && refused(snapshot.get_many({})) &&
         store.open().commit(batch).has_value();
}

TEST_CASE("handles of the parent are refused in a child of fork, which opens its own") {
  const TestStore store;
  std::optional<Store> opened = Store::open(store.path(), {.create = true}).value();
  std::optional<Project> project = opened->project("default").value();
  stash(*project, "a", "text");
  std::optional<Snapshot> snapshot = project->snapshot().value();
  Child child([&](int) {
    const bool refused = is_refused_everywhere(*project, *snapshot, store) &&
                         !opened->project("default") && !opened->project("another");
    // Letting go of them waits for no thread of the parent's, and frees none of its locks.
    snapshot.reset();
    project.reset();
    opened.reset();
    if (!refused) throw std::runtime_error("a handle was not refused");
  });
  CHECK(child.wait() == 0);
  stash(*project, "c", "text", Durability::full);
  CHECK(count_of(*project) == 3);
}

}  // namespace
}  // namespace shale::store

#include "store/replay.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/store/store_oracle.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

// The same store read through replay: after a reboot, and privately without one.
void check_everywhere(const TestStore& store, const std::function<void(const Project&)>& check) {
  check(store.open());
  check(store.open(reading()));
  store.reboot();
  check(store.open(reading()));
  check(store.open());
  check(store.open());
}

TEST_CASE("replay finds stashes, updates and erases again") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 4);
    stash(project, "a1", "newer");
    update(project, "a2", {.refcount_added = 3});
    erase(project, "a3");
    Batch batch;
    batch.stash(segment("b", "text"));
    batch.update("b", Update{.refcount_added = 5});
    Project(project).commit(batch).value();
  }
  check_everywhere(store, [](const Project& project) {
    CHECK(count_of(project) == 4);
    CHECK(text_of(project, "a1") == "newer");
    CHECK(metadata_of_id(project, "a2").refcount == 3);
    CHECK(text_of(project, "a3") == "(none)");
    CHECK(metadata_of_id(project, "b").refcount == 5);
    CHECK(found_ids(project, "newer") == std::vector<std::string>{"a1"});
  });
}

TEST_CASE("a bulk ingest newer than a frame of the log wins after replay") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "x", "by the log");
    update(project, "x", {.refcount_added = 1});
    ingest(project, {segment("x", "by bulk"), segment("y", "by bulk")});
    stash(project, "y", "by the log, later");
  }
  check_everywhere(store, [](const Project& project) {
    CHECK(contents(project) == Contents{{"x", "by bulk"}, {"y", "by the log, later"}});
    CHECK(metadata_of_id(project, "x").refcount == 0);
    CHECK(count_of(project) == 2);
    CHECK(found_ids(project, "log") == std::vector<std::string>{"y"});
  });
}

// Two shards hold a version that their files call alive: the log killed the older one.
TEST_CASE("of versions in two shards the newest is found, whatever the log says of the older") {
  for (const bool erased : {false, true}) {
    INFO("erased " << erased);
    const TestStore store;
    {
      Project project = store.open();
      stash(project, "x", "in the first shard");
      project.merge(false).value();
      if (erased) {
        erase(project, "x");
      } else {
        stash(project, "x", "in the log");
      }
      ingest(project, {segment("x", "by bulk")});
    }
    check_everywhere(store, [](const Project& project) {
      CHECK(count_of(project) == 1);
      CHECK(contents(project) == Contents{{"x", "by bulk"}});
    });
    store.open().merge(true).value();
    CHECK(contents(store.open()) == Contents{{"x", "by bulk"}});
  }
}

TEST_CASE("an erase older than a bulk ingest does not reach it") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "x", "first");
    erase(project, "x");
    ingest(project, {segment("x", "by bulk")});
  }
  check_everywhere(store,
                   [](const Project& project) { CHECK(text_of(project, "x") == "by bulk"); });
}

TEST_CASE("updates are applied exactly once after a merge and replay") {
  const TestStore store;
  {
    const auto state = store.state();
    Project project(state);
    stash(project, "x", "text");
    project.merge(false).value();
    stash(project, "filler", "text");
    project.merge(false).value();
    update(project, "x", {.refcount_added = 1});
    merge_shards_only(state);
    CHECK(metadata_of_id(project, "x").refcount == 1);
  }
  REQUIRE(store.manifest().shards.size() == 1);
  check_everywhere(
      store, [](const Project& project) { CHECK(metadata_of_id(project, "x").refcount == 1); });
  update(store.open(), "x", {.refcount_added = 1});
  check_everywhere(
      store, [](const Project& project) { CHECK(metadata_of_id(project, "x").refcount == 2); });
}

TEST_CASE("updates in a patch file are applied exactly once") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "x", "text");
    project.merge(false).value();
    update(project, "x", {.refcount_added = 1});
    stash(project, "y", "text");
    project.merge(false).value();  // folds the update into a .patch of the first shard
    CHECK(store.manifest().shards[0].patch.has_value());
    update(project, "x", {.refcount_added = 1});
  }
  check_everywhere(
      store, [](const Project& project) { CHECK(metadata_of_id(project, "x").refcount == 2); });
}

// A9, A10: what a log says of a shard outside the fold outlives the log.
TEST_CASE("erase and pin of a shard's document survive fold and replay") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 3);
    project.merge(false).value();
    erase(project, "a0");
    update(project, "a1", {.pinned = true});
    stash(project, "a2", "newer");
    project.merge(false).value();
    CHECK(store.manifest().logs.size() == 1);
    CHECK(store.manifest().shards.size() == 2);
  }
  const auto check = [](const Project& project) {
    CHECK(count_of(project) == 2);
    CHECK(text_of(project, "a0") == "(none)");
    CHECK(metadata_of_id(project, "a1").pinned);
    CHECK(text_of(project, "a2") == "newer");
    CHECK(count_of(project, "pinned:true") == 1);
  };
  check_everywhere(store, check);
  { store.open().merge(true).value(); }
  check_everywhere(store, check);
}

TEST_CASE("an erase in a live log survives a merge of the shard and a replay") {
  const TestStore store;
  {
    const auto state = store.state();
    Project project(state);
    stash_many(project, "a", 2);
    project.merge(false).value();
    erase(project, "a0");
    merge_shards_only(state);
  }
  check_everywhere(store, [](const Project& project) {
    CHECK(contents(project) == Contents{{"a1", "text a number 1"}});
  });
}

TEST_CASE("replay across several sealed logs keeps their order") {
  const TestStore store(sealing_after(4));
  Contents expected;
  {
    Project project = store.open();
    for (int n = 0; n < 30; ++n) {
      const std::string id = "id" + std::to_string(n % 7);
      stash(project, id, "text " + std::to_string(n));
      expected[id] = "text " + std::to_string(n);
    }
    erase(project, "id3");
    expected.erase("id3");
    CHECK(store.manifest().logs.size() > 3);
  }
  check_everywhere(store, [&](const Project& project) { CHECK(contents(project) == expected); });
}

class RandomStore {
 public:
  explicit RandomStore(unsigned seed) : random_(seed) {}

  void run(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const auto state = store_.state();
      for (int step = 0; step < 25; ++step) change(state);
      if (random_() % 2 == 0) store_.reboot();
    }
    check_everywhere(store_, [&](const Project& project) { compare(project); });
  }

 private:
  void change(const std::shared_ptr<Project::State>& state) {
    Project project(state);
    const std::string id = "id" + std::to_string(random_() % 12);
    const NewSegment one = segment(id, "text " + std::to_string(random_() % 1000));
    switch (random_() % 12) {
      case 0:
        project_merge(project, false);
        break;
      case 1:
        merge_some_shards(state);
        break;
      case 2:
        ingest(project, {one});
        oracle_.stash(one, {});
        break;
      case 3:
      case 4:
        erase(project, id);
        oracle_.erase(id);
        break;
      case 5:
      case 6:
      case 7:
        update(project, id, {.refcount_added = 1});
        oracle_.update(id, {.refcount_added = 1});
        break;
      default:
        stash(project, one);
        oracle_.stash(one, {});
    }
  }

  static void project_merge(Project project, bool full) { project.merge(full).value(); }

  void merge_some_shards(const std::shared_ptr<Project::State>& state) {
    MergePlan plan;
    for (const auto& entry : view_of(state)->edition->manifest.shards) {
      if (random_() % 2 == 0) plan.shards.push_back(entry.id);
    }
    if (!plan.shards.empty()) run_merge(*state, plan, {}).value();
  }

  void compare(const Project& project) {
    REQUIRE(count_of(project) == oracle_.entries().size());
    for (const auto& [id, entry] : oracle_.entries()) {
      REQUIRE(text_of(project, id) == entry.text);
      REQUIRE(metadata_of_id(project, id) == entry.metadata);
    }
  }

  std::mt19937 random_;
  TestStore store_{sealing_after(20)};
  StoreOracle oracle_;
};

TEST_CASE("random changes, merges and reboots agree with a plain map") {
  const unsigned seed = std::random_device{}();
  for (unsigned round = 0; round < 6; ++round) {
    INFO("seed " << seed + round);
    RandomStore(seed + round).run(8);
  }
}

TEST_CASE("an arena in a file is a new file each time") {
  const TestStore store;
  const catalog::ProjectPaths paths = [&] {
    const auto state = store.state();
    return state->paths;
  }();
  const FileId id{50, 60};
  const auto first = make_arena(paths, {1, 2, id}, true, 64).value();
  const auto identity = path_identity(paths.index(id)).value();
  REQUIRE(identity.has_value());
  const auto second = make_arena(paths, {1, 2, id}, true, 64).value();
  CHECK(path_identity(paths.index(id)).value() != identity);
  const auto anonymous = make_arena(paths, {1, 2, FileId{51, 61}}, false, 64).value();
  CHECK(anonymous != nullptr);
  CHECK(!std::filesystem::exists(paths.index(FileId{51, 61})));
}

}  // namespace
}  // namespace shale::store

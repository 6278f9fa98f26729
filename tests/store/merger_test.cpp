#include "store/merger.hpp"

#include <atomic>
#include <thread>

#include "store/lease.hpp"
#include "store/publish.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/store/store_oracle.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

void seal(const std::shared_ptr<Project::State>& state) {
  Lease lease = Lease::acquire(*state, "seal").value();
  seal_active_log(lease).value();
}

TEST_CASE("a fold makes a shard of the sealed logs and removes them") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  seal(state);
  stash(project, "a1", "newer");
  erase(project, "a2");
  seal(state);
  stash(project, "b", "still in the active log");
  const Contents before = contents(project);
  const catalog::Manifest planned = store.manifest();
  run_merge(*state, *next_merge(planned, ~u64(0)), {}).value();
  const catalog::Manifest after = store.manifest();
  CHECK(after.edition == planned.edition + 1);
  REQUIRE(after.shards.size() == 1);
  CHECK(after.shards[0].documents == 2);
  CHECK(after.shards[0].level == 0);
  REQUIRE(after.logs.size() == 1);
  CHECK(after.logs[0].id == planned.logs[2].id);
  CHECK(after.written_bytes == after.shards[0].file_bytes);
  CHECK(after.ingested_bytes == after.shards[0].text_bytes);
  CHECK(files_in(store.paths().log_folder()).size() == 1);
  CHECK(files_in(store.paths().volatile_folder(), ".idx").size() == 1);
  CHECK(contents(project) == before);
  CHECK(contents(store.open()) == before);
}

TEST_CASE("a fold writes what the log said of other shards into .dead and .patch") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  project.merge(false).value();
  const FileId shard = store.manifest().shards[0].id;
  erase(project, "a0");
  update(project, "a1", {.pinned = true});
  project.merge(false).value();
  catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.shards.size() == 1);  // nothing of the log was left to make a shard of
  CHECK(manifest.shards[0].id == shard);
  REQUIRE((manifest.shards[0].dead.has_value() && manifest.shards[0].patch.has_value()));
  CHECK(manifest.shards[0].dead->number == 1);
  CHECK(std::filesystem::exists(store.paths().dead(shard, 1)));
  CHECK(std::filesystem::exists(store.paths().patch(shard, 1)));
  erase(project, "a2");
  project.merge(false).value();
  manifest = store.manifest();
  CHECK(manifest.shards[0].dead->number == 2);
  CHECK(manifest.shards[0].patch->number == 1);
  CHECK(!std::filesystem::exists(store.paths().dead(shard, 1)));
  CHECK(std::filesystem::exists(store.paths().dead(shard, 2)));
  CHECK(contents(store.open()) == Contents{{"a1", "text a number 1"}});
}

TEST_CASE("a full merge leaves one shard without overlays; a second one does nothing") {
  const TestStore store;
  Project project = store.open();
  for (int n = 0; n < 6; ++n) {
    stash_many(project, "s" + std::to_string(n) + "-", 4);
    project.merge(false).value();
  }
  erase(project, "s0-0");
  update(project, "s1-1", {.pinned = true});
  const Contents before = contents(project);
  project.merge(true).value();
  const catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.shards.size() == 1);
  CHECK(manifest.shards[0].documents == 23);
  CHECK(!manifest.shards[0].dead.has_value());
  CHECK(!manifest.shards[0].patch.has_value());
  CHECK(contents(project) == before);
  CHECK(count_of(project, "pinned:true") == 1);
  CHECK(files_in(store.paths().shard_folder()).size() == 1);
  project.merge(true).value();
  project.merge(false).value();
  CHECK(store.manifest() == manifest);
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("four small shards become one by themselves") {
  const TestStore store;
  Project project = store.open();
  for (int n = 0; n < 4; ++n) {
    stash(project, "s" + std::to_string(n), "text");
    project.merge(false).value();
  }
  const catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.shards.size() == 1);
  CHECK(manifest.shards[0].documents == 4);
  CHECK(manifest.shards[0].level == 1);
  CHECK(manifest.ingested_bytes == 4 * 4);
  CHECK(manifest.written_bytes > manifest.shards[0].file_bytes);
}

TEST_CASE("a merge of documents that are all dead just removes them") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 3);
  project.merge(false).value();
  for (const char* id : {"a0", "a1", "a2"}) erase(project, id);
  project.merge(true).value();
  CHECK(store.manifest().shards.empty());
  CHECK(files_in(store.paths().shard_folder()).empty());
  CHECK(count_of(project) == 0);
  stash(project, "a0", "again");
  store.open().merge(true).value();
  CHECK(contents(store.open()) == Contents{{"a0", "again"}});
}

TEST_CASE("a merged shard's documents stand in the order of file and line") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  const std::pair<const char*, unsigned> places[] = {{"b.cpp", 30}, {"a.cpp", 200}, {"b.cpp", 10},
                                                     {"a.cpp", 1},  {"b.cpp", 20},  {"a.cpp", 100}};
  for (const auto& [file, line] : places) {
    NewSegment one = segment(std::string(file) + ":" + std::to_string(line), "text");
    one.file = file;
    one.line_range = LineRange{line, line + 9};
    stash(project, one);
    if (line == 200 || line == 1) project.merge(false).value();
  }
  project.merge(true).value();
  const auto view = view_of(state);
  REQUIRE(view->shard_count() == 1);
  std::vector<std::string> ids;
  for (u32 doc = 0; doc < 6; ++doc)
    ids.push_back(view->indexes[0].index->id_of(DocNo(doc)).value());
  CHECK(ids == std::vector<std::string>{"a.cpp:1", "a.cpp:100", "a.cpp:200", "b.cpp:10", "b.cpp:20",
                                        "b.cpp:30"});
}

TEST_CASE("a merge removes what a killed one left, not what somebody is making") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text");
  const path left = store.paths().shard({77, 123}).string() + ".tmp";
  const path making = store.paths().shard({78, 124}).string() + ".tmp";
  const path overlay = store.paths().dead({77, 123}, 1);
  write_text(left, "of one who was killed");
  write_text(overlay, "locked only once it is written");
  write_text(making, "somebody builds this");
  LockFile guard = LockFile::open(making, false).value();
  REQUIRE(guard.try_lock(0).value());
  project.merge(false).value();
  CHECK(!std::filesystem::exists(left));
  CHECK(std::filesystem::exists(making));
  CHECK(std::filesystem::exists(overlay));
  CHECK(count_of(project) == 1);
}

TEST_CASE("by month, merges leave one shard for each month") {
  StoreConfig config;
  config.shard_by = "month";
  const TestStore store(config);
  Project project = store.open();
  constexpr std::int64_t day = 86'400'000'000;
  for (int n = 0; n < 40; ++n) {
    NewSegment one = segment("s" + std::to_string(n), "text");
    one.created_at = Time{some_moment + n * 3 * day, true};  // 2023-11-14 .. 2024-03-10
    stash(project, one);
    if (n % 9 == 8) project.merge(false).value();
  }
  CHECK(store.manifest().shard_by == "month");
  const Contents before = contents(project);
  project.merge(true).value();
  std::vector<std::pair<u32, u64>> months;
  for (const auto& entry : store.manifest().shards)
    months.push_back({entry.month, entry.documents});
  std::sort(months.begin(), months.end());
  CHECK(months == std::vector<std::pair<u32, u64>>{
                      {202311, 6}, {202312, 10}, {202401, 11}, {202402, 9}, {202403, 4}});
  CHECK(contents(project) == before);
  const u64 edition = store.manifest().edition;
  project.merge(true).value();
  CHECK(store.manifest().edition == edition);
}

TEST_CASE("a cancelled merge changes nothing and leaves no file") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  for (int n = 0; n < 2000; ++n) stash(project, "s" + std::to_string(n), "w" + std::to_string(n));
  seal(state);
  const catalog::Manifest before = store.manifest();
  std::stop_source stop;
  stop.request_stop();
  CHECK(project.merge(true, {}, stop.get_token()).error().code == ErrorCode::cancelled);
  CHECK(store.manifest() == before);
  CHECK(files_in(store.paths().shard_folder()).empty());
  CHECK(count_of(project) == 2000);
  project.merge(true).value();
  CHECK(count_of(project) == 2000);
}

TEST_CASE("merge_step does what is due and says so") {
  const TestStore store(sealing_after(5));
  const auto state = store.state();
  Project project(state);
  CHECK(!project.merge_step().value());
  stash_many(project, "a", 3);
  CHECK(!project.merge_step().value());  // nothing sealed, no seal due
  stash_many(project, "b", 3);           // seals the first log
  CHECK(project.merge_step().value());
  CHECK(store.manifest().shards.size() == 1);
  CHECK(!project.merge_step().value());
  seal(state);
  {
    const auto other = store.state();
    const MergeLock lock = MergeLock::acquire(*other).value();
    CHECK(!project.merge_step().value());
    const auto busy = Project(store.state(patience(20))).merge(true);
    REQUIRE(!busy);
    CHECK(busy.error().code == ErrorCode::busy);
  }
  CHECK(project.merge_step().value());
  CHECK(!Project(store.state(reading())).merge_step().value());
}

// Changes made while merges run must all be carried over.
class Interleaving {
 public:
  explicit Interleaving(unsigned seed) : random_(seed) {}

  void run() {
    std::atomic<bool> done{false};
    std::string failure;
    std::thread merging([&] {
      const auto merger = store_.state();
      for (bool full = true; !done; full = !full) {
        const auto merged = Project(merger).merge(full);
        if (!merged) failure = merged.error().message;
      }
    });
    const auto state = store_.state();
    for (int step = 0; step < 1500; ++step) change(Project(state));
    done = true;
    merging.join();
    CHECK(failure.empty());
    compare(Project(state));
    compare(store_.open(reading()));
    Project(state).merge(true).value();
    compare(Project(state));
  }

 private:
  void change(const Project& project) {
    const std::string id = "id" + std::to_string(random_() % 60);
    const NewSegment one = segment(id, "text " + std::to_string(random_() % 100'000));
    const unsigned kind = unsigned(random_() % 40);
    if (kind == 0) {
      ingest(project, {one});
      oracle_.stash(one, {});
    } else if (kind < 18) {
      stash(project, one);
      oracle_.stash(one, {});
    } else if (kind < 32) {
      update(project, id, {.tags_added = {std::to_string(kind)}, .refcount_added = 1});
      oracle_.update(id, {.tags_added = {std::to_string(kind)}, .refcount_added = 1});
    } else {
      erase(project, id);
      oracle_.erase(id);
    }
  }

  void compare(const Project& project) const {
    REQUIRE(count_of(project) == oracle_.entries().size());
    for (const auto& [id, entry] : oracle_.entries()) {
      REQUIRE(text_of(project, id) == entry.text);
      REQUIRE(metadata_of_id(project, id) == entry.metadata);
    }
    REQUIRE(count_of(project, "tag:20") == oracle_.count_if([](const Metadata& m) {
      return std::find(m.tags.begin(), m.tags.end(), "20") != m.tags.end();
    }));
  }

  std::mt19937 random_;
  TestStore store_;
  StoreOracle oracle_;
};

TEST_CASE("a merge whose log is left meanwhile is given up: updates would count twice") {
  const TestStore store;
  const auto state = store.state(patience(2000));
  Project project(state);
  stash(project, "a", "text", Durability::full);
  project.merge(true).value();
  stash(project, "b", "text", Durability::full);
  update(project, "a", {.refcount_added = 1});
  // As one who is killed in his sync leaves it.
  state->shared_control()->set_sync_in_flight(store.manifest().logs.back().id.sequence);
  MergePlan plan;
  for (const auto& entry : store.manifest().shards) plan.shards.push_back(entry.id);
  CHECK(run_merge(*state, plan, {}).value() == MergeEnd::overtaken);
  CHECK(metadata_of_id(project, "a").refcount == 1);
  CHECK(run_merge(*state, plan, {}).value() == MergeEnd::published);
  CHECK(metadata_of_id(project, "a").refcount == 1);
  CHECK(metadata_of_id(store.open(), "a").refcount == 1);
}

TEST_CASE("a merge that was overtaken is planned anew") {
  const TestStore store;
  const auto state = store.state(patience(2000));
  Project project(state);
  for (int n = 0; n < 4; ++n) {
    stash_many(project, "s" + std::to_string(n), 1);
    seal(state);
    if (n < 3) {
      run_merge(*state, *next_merge(store.manifest(), ~u64(0)), {}).value();
    }
  }
  int steps = 0;
  const auto between = [&](const Progress&) {
    if (++steps > 1) return true;
    stash(project, "late", "text", Durability::full);
    update(project, "s00", {.refcount_added = 1});
    state->shared_control()->set_sync_in_flight(store.manifest().logs.back().id.sequence);
    return true;
  };
  project.merge(false, between).value();
  CHECK(steps == 3);  // the log that was left is folded first
  CHECK(store.manifest().shards.size() == 2);
  CHECK(metadata_of_id(project, "s00").refcount == 1);
  CHECK(count_of(store.open()) == 5);
}

TEST_CASE("changes made while merges run are carried over") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Interleaving(seed).run();
}

}  // namespace
}  // namespace shale::store

#include "store/accesses.hpp"

#include <atomic>

#include <shale/pack.hpp>

#include "base/file_system.hpp"
#include "catalog/access_file.hpp"
#include "store/housekeeper.hpp"
#include "store/lease.hpp"
#include "store/publish.hpp"
#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("texts that are handed out are counted, and nothing else is") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 4);
  const Snapshot now = project.snapshot().value();
  const std::vector<std::string> two = {"a0", "a1", "missing"};
  CHECK(now.get_many(two).value().segments.size() == 2);
  CHECK(now.get("a1").value().has_value());
  CHECK(now.search({.text = "number"}).value().hits.size() == 4);  // with snippets
  CHECK(now.list({}).value().total == 4);
  CHECK(counts_of(project, {"a0", "a1", "a2", "missing"}) == std::vector<u64>{1, 2, 0, 0});
  PackQuery query;
  query.text = "number 3";
  query.tokens = 1000;
  query.tokenizer = "bytes/4";
  query.count = [](std::string_view text) { return text.size(); };
  const Pack pack = now.pack(query).value();
  REQUIRE(!pack.segments.empty());
  u64 packed = 0;
  for (const u64 count : counts_of(project, {"a0", "a1", "a2", "a3"})) packed += count;
  CHECK(packed == 3 + pack.segments.size());
}

TEST_CASE("who exports reads the same, and is not counted") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 1);
  const Snapshot now = uncounted(project.snapshot().value());
  CHECK(text_of(now, "a0") == "text a number 0");
  CHECK(count_of_id(project, "a0") == 0);
}

TEST_CASE("when something was last read is told, and 0 where it never was") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  const i64 before = now_microseconds() / 1'000'000;
  read(project, "a0");
  const std::vector<std::string> ids = {"a0", "a1"};
  const std::vector<Access> accesses = project.snapshot().value().accesses(ids).value();
  CHECK(accesses[0].last_seconds >= before);
  CHECK(accesses[0].last_seconds <= now_microseconds() / 1'000'000);
  CHECK(accesses[1] == Access{});
}

TEST_CASE("counts are those of all who have the project open, and outlive them") {
  const TestStore store;
  {
    const auto one = store.state();
    const auto two = store.state();
    stash_many(Project(one), "a", 2);
    Project(one).merge(true).value();
    read(Project(one), "a0", 3);
    read(Project(two), "a0", 4);
    read(Project(two), "a1");
    CHECK(count_of_id(Project(one), "a0") == 3);  // the other one has written nothing yet
    flush(two);
    CHECK(counts_of(Project(one), {"a0", "a1"}) == std::vector<u64>{7, 1});
    read(Project(two), "a1");
  }
  CHECK(counts_of(store.open(), {"a0", "a1"}) == std::vector<u64>{7, 2});
}

TEST_CASE("the last handle of a project writes down what it counted, without a housekeeper") {
  const TestStore store;
  {
    std::optional<Snapshot> last;
    {
      Project project = store.open();
      stash_many(project, "a", 1);
      project.merge(true).value();
      last = project.snapshot().value();
    }
    CHECK(last->get("a0").value().has_value());
  }
  CHECK(count_of_id(store.open(), "a0") == 1);
}

TEST_CASE("a housekeeper writes down what was counted once a second") {
  const TestStore store;
  const auto state = store.state();
  stash_many(Project(state), "a", 1);
  Project(state).merge(true).value();
  const auto path = store.paths().access(store.manifest().shards[0].id);
  Housekeeper housekeeper(false);
  housekeeper.watch(state);
  read(Project(state), "a0");
  for (int n = 0; n < 1000 && !std::filesystem::exists(path); ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a store that is told not to count does not") {
  const TestStore store;
  StoreOptions options;
  options.count_accesses = false;
  Project project = store.open(options);
  stash_many(project, "a", 1);
  project.merge(true).value();
  read(project, "a0");
  CHECK(count_of_id(project, "a0") == 0);
  CHECK(files_in(store.paths().shard_folder(), ".access").empty());
}

TEST_CASE("who may not write counts nothing, and tells what is there") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 1);
    project.merge(true).value();
    read(project, "a0", 2);
  }
  const auto before = listing_of(store.path());
  {
    const Project project = store.open(reading());
    read(project, "a0");
    CHECK(count_of_id(project, "a0") == 2);
  }
  CHECK(listing_of(store.path()) == before);
}

TEST_CASE("a new version goes on from the count of the one before, a segment erased does not") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  const bool in_a_shard = GENERATE(false, true);
  if (in_a_shard) project.merge(true).value();
  read(project, "a0", 5);
  read(project, "a1", 5);
  flush(state);
  stash(project, "a0", "newer");
  erase(project, "a1");
  read(project, "a0");
  CHECK(counts_of(project, {"a0", "a1"}) == std::vector<u64>{6, 0});
  stash(project, "a0", "newest");
  stash(project, "a1", "again");
  CHECK(counts_of(project, {"a0", "a1"}) == std::vector<u64>{6, 0});
}

TEST_CASE("an ingest that replaces goes on from the counts, too") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  stash_many(project, "b", 1);
  read(project, "a0", 2);
  read(project, "b0", 3);
  flush(state);
  ingest(project, {segment("a0", "new"), segment("b0", "new"), segment("c", "new")});
  CHECK(counts_of(project, {"a0", "a1", "b0", "c"}) == std::vector<u64>{2, 0, 3, 0});
}

TEST_CASE("what an old snapshot reads counts for the version that is live") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  const Snapshot old = project.snapshot().value();
  stash(project, "a0", "newer");
  project.merge(true).value();
  stash_many(project, "b", 1);
  for (int n = 0; n < 4; ++n) CHECK(text_of(old, "a0") == "text a number 0");
  CHECK(text_of(old, "a1") == "text a number 1");
  CHECK(counts_of(project, {"a0", "a1"}) == std::vector<u64>{4, 1});
  const std::vector<std::string> ids = {"a0"};
  CHECK(old.accesses(ids).value()[0].count == 4);
}

TEST_CASE("counts of a log are lost with a recovery, those of a shard are not") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 1);
    project.merge(true).value();
    stash_many(project, "b", 1);
    read(project, "a0");
    read(project, "b0");
  }
  store.reboot();
  Project project = store.open();
  CHECK(counts_of(project, {"a0", "b0"}) == std::vector<u64>{1, 0});
  read(project, "b0");
  CHECK(count_of_id(project, "b0") == 1);
}

TEST_CASE("what cannot be written down stays counted") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 1);
  project.merge(true).value();
  read(project, "a0", 3);
  const auto path = store.paths().access(store.manifest().shards[0].id);
  std::filesystem::create_directories(path / "in the way");
  CHECK(!flush_accesses(*state, {}).has_value());
  CHECK(state->accesses.counts.any());
  std::filesystem::remove_all(path);
  CHECK(count_of_id(project, "a0") == 3);
}

class PushesCounted : public FileSystem {
 public:
  PushesCounted() { FileSystem::use(this); }
  ~PushesCounted() override { FileSystem::use(nullptr); }
  int sync_data(int descriptor) override {
    ++syncs;
    return FileSystem::sync_data(descriptor);
  }
  int write_back(int descriptor, off_t offset, off_t bytes, unsigned flags) override {
    ++begun;
    return FileSystem::write_back(descriptor, offset, bytes, flags);
  }
  std::atomic<int> syncs = 0;
  std::atomic<int> begun = 0;
};

TEST_CASE("who lets a project go has the disk begin with what he counted, and waits for nothing") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 2);
    project.merge(true).value();
    read(project, "a0");  // makes the file, which is synced
  }
  {
    const PushesCounted disk;
    auto state = store.state();
    state.reset();
    CHECK(disk.begun == 0);
    state = store.state();
    read(Project(state), "a1", 2);
    state.reset();
    CHECK(disk.begun == 1);
    CHECK(disk.syncs == 0);
  }
  CHECK(counts_of(store.open(), {"a0", "a1"}) == std::vector<u64>{1, 2});
}

TEST_CASE("a killed process loses what it had not written down, and harms nothing") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 600);
    project.merge(true).value();
  }
  Child child([&](int pipe) {
    const auto state = store.state();
    Project project(state);
    for (;;) {
      for (int n = 0; n < 600; ++n) read(project, "a" + std::to_string(n));
      flush(state);
      Child::say(pipe);
    }
  });
  REQUIRE(child.hears(5));
  child.kill();
  Project project = store.open();
  std::vector<std::string> ids;
  for (int n = 0; n < 600; ++n) ids.push_back("a" + std::to_string(n));
  const std::vector<u64> counts = counts_of(project, ids);
  // Each flush is all or, where it was killed, a first part of the documents of a file.
  CHECK(*std::min_element(counts.begin(), counts.end()) >= 5);
  CHECK(*std::max_element(counts.begin(), counts.end()) <=
        *std::min_element(counts.begin(), counts.end()) + 1);
}

}  // namespace
}  // namespace shale::store

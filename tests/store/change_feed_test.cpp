// What `changes` tells, against a list that is kept beside random commits, folds, merges, bulk
// ingests and openings.
#include "store/change_feed.hpp"

#include <unistd.h>

#include <set>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace shale::testing;

Changes changes_since(const Project& project, u64 since = 0) {
  return project.snapshot().value().changes({.since = since}).value();
}

std::vector<Change> told(const Project& project, u64 since = 0) {
  std::vector<Change> all;
  for (const ChangedBatch& batch : changes_since(project, since).batches) {
    all.insert(all.end(), batch.changes.begin(), batch.changes.end());
  }
  return all;
}

class Script {
 public:
  explicit Script(u32 seed) : random_(seed), store_(sealing_after(40)) { open(); }

  void run(int steps) {
    for (int step = 1; step <= steps; ++step) {
      commit();
      shake();
      if (step % 20 == 0) compare();
    }
    compare();
  }

 private:
  u32 pick(u32 below) { return u32(random_() % below); }
  std::string pick_id() { return "id-" + std::to_string(pick(60)); }

  void commit() {
    Batch batch;
    ChangedBatch expected;
    std::set<std::string> used;
    for (u32 n = 1 + pick(5); n > 0; --n) {
      const std::string id = pick_id();
      if (!used.insert(id).second) continue;
      const u32 kind = pick(10);
      const bool is_alive = alive_.contains(id);
      if (kind < 6) {
        batch.stash(segment(id, "text of " + id));
        expected.changes.push_back({is_alive ? ChangeKind::superseded : ChangeKind::stashed, id});
        alive_.insert(id);
      } else if (kind < 8) {
        batch.update(id, {.pinned = true});
        if (is_alive) expected.changes.push_back({ChangeKind::updated, id});
      } else {
        batch.erase(id);
        if (is_alive) expected.changes.push_back({ChangeKind::erased, id});
        alive_.erase(id);
      }
    }
    const Committed done = project_->commit(batch, Durability::relaxed).value();
    if (expected.changes.empty()) return;
    expected.lsn = done.lsn;
    expected_.push_back(std::move(expected));
  }

  void ingest() {
    std::vector<NewSegment> segments;
    ChangedBatch expected;
    std::set<std::string> used;
    for (u32 n = 1 + pick(30); n > 0; --n) {
      const std::string id = pick_id();
      if (!used.insert(id).second) continue;
      segments.push_back(segment(id, "ingested " + id));
      expected.superseded += alive_.contains(id) ? 1 : 0;
      expected.changes.push_back({ChangeKind::ingested, id});
      alive_.insert(id);
    }
    expected.is_ingest = true;
    expected.stashed = segments.size();
    expected.lsn = shale::testing::ingest(*project_, segments).lsn;
    expected_.push_back(std::move(expected));
  }

  void shake() {
    const u32 what = pick(60);
    if (what < 3) project_->merge(false).value();
    if (what == 3) project_->merge(true).value();
    if (what == 4) reopen();
    if (what == 5) ingest();
    if (what == 6) store::fold_sealed(*state_, 1, {}).value();
    if (what == 7) reboot();
  }

  void open() {
    state_ = store_.state();
    project_.emplace(state_);
  }
  void close() {
    project_.reset();
    state_.reset();
  }
  void reopen() {
    close();
    open();
  }
  void reboot() {
    project_->sync().value();
    close();
    store_.reboot();
    open();
  }

  // Of an ingest, what its shards still hold.
  static bool is_told(const ChangedBatch& batch, const ChangedBatch& expected) {
    if (batch.lsn != expected.lsn || batch.pid != u32(::getpid())) return false;
    if (batch.is_ingest != expected.is_ingest || batch.committed_at < some_moment) return false;
    if (!batch.is_ingest) return batch.changes == expected.changes;
    const auto is_expected = [&](const Change& change) {
      return std::find(expected.changes.begin(), expected.changes.end(), change) !=
             expected.changes.end();
    };
    return batch.stashed == expected.stashed && batch.superseded == expected.superseded &&
           std::all_of(batch.changes.begin(), batch.changes.end(), is_expected);
  }

  void compare() {
    const Snapshot now = project_->snapshot().value();
    const u64 since = pick(3) == 0 ? 0 : expected_[pick(u32(expected_.size()))].lsn;
    const Changes all = now.changes({.since = since}).value();
    CHECK(all.lsn == now.lsn());
    CHECK(all.kept_after == 0);
    CHECK(all.faults.empty());
    CHECK_FALSE(all.more);
    compare(all.batches, since);
    compare_pages(now, all.batches, since);
    CHECK(project_->verify().value().faults.empty());
  }

  void compare(const std::vector<ChangedBatch>& batches, u64 since) {
    usize at = 0;
    for (const ChangedBatch& expected : expected_) {
      if (expected.lsn <= since) continue;
      REQUIRE(at < batches.size());
      INFO("LSN " << expected.lsn);
      REQUIRE(is_told(batches[at++], expected));
    }
    REQUIRE(at == batches.size());
    check_newest(batches, since);
  }

  // Whoever follows ends with what there is: of each id the last change is told.
  void check_newest(const std::vector<ChangedBatch>& batches, u64 since) {
    if (since != 0) return;
    std::set<std::string> followed;
    for (const ChangedBatch& batch : batches) {
      for (const Change& change : batch.changes) {
        if (change.kind == ChangeKind::erased) {
          followed.erase(change.id);
        } else {
          followed.insert(change.id);
        }
      }
    }
    REQUIRE(followed == alive_);
  }

  void compare_pages(const Snapshot& now, const std::vector<ChangedBatch>& all, u64 since) {
    std::vector<ChangedBatch> paged;
    for (bool more = true; more;) {
      const u64 limit = 1 + pick(20);
      const Changes page = now.changes({.since = since, .limit = limit}).value();
      paged.insert(paged.end(), page.batches.begin(), page.batches.end());
      since = page.lsn;
      more = page.more;
    }
    REQUIRE(paged == all);
  }

  std::mt19937 random_;
  TestStore store_;
  std::shared_ptr<Project::State> state_;
  std::optional<Project> project_;
  std::set<std::string> alive_;
  std::vector<ChangedBatch> expected_;
};

TEST_CASE("changes are told as they were made, folded or not") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  Script(seed).run(600);
  Script(seed + 1).run(300);
}

TEST_CASE("each kind of change is told by its name") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "one");
  stash(project, "a", "two");
  update(project, "a", {.pinned = true});
  erase(project, "a");
  erase(project, "a");  // finds nothing, and is none
  shale::testing::ingest(project, {segment("b", "three")});
  const std::vector<Change> expected = {{ChangeKind::stashed, "a"},
                                        {ChangeKind::superseded, "a"},
                                        {ChangeKind::updated, "a"},
                                        {ChangeKind::erased, "a"},
                                        {ChangeKind::ingested, "b"}};
  CHECK(told(project) == expected);
  project.merge(true).value();
  CHECK(told(project) == expected);
  CHECK(store.manifest().ingests.empty());
  CHECK(store.manifest().changes.size() == 1);
}

TEST_CASE("of several changes to one id in a batch those that count are told") {
  const TestStore store;
  Project project = store.open();
  Batch batch;
  batch.stash(segment("a", "one"));
  batch.stash(segment("a", "two"));
  batch.update("a", {.pinned = true});
  batch.stash(segment("b", "three"));
  batch.erase("b");
  project.commit(batch, Durability::relaxed).value();
  CHECK(told(project) ==
        std::vector<Change>{{ChangeKind::stashed, "a"}, {ChangeKind::updated, "a"}});
}

TEST_CASE("a snapshot tells what it sees, and an LSN beyond that is refused") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "one");
  const Snapshot before = project.snapshot().value();
  const u64 lsn = stash(project, "b", "two").lsn;
  project.merge(true).value();
  CHECK(before.changes().value().batches.size() == 1);
  CHECK(before.changes().value().lsn == before.lsn());
  const auto ahead = before.changes({.since = lsn});
  REQUIRE_FALSE(ahead);
  CHECK(ahead.error().code == ErrorCode::invalid_argument);
  CHECK(project.snapshot().value().changes({.since = lsn}).value().batches.empty());
}

TEST_CASE("an older snapshot finds what later folds have written together") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  stash_many(project, "a", 10);
  project.merge(false).value();
  stash_many(project, "b", 10);
  const Snapshot before = project.snapshot().value();
  for (const char* stem : {"c", "d", "e"}) {
    stash_many(project, stem, 10);
    project.merge(false).value();
  }
  REQUIRE(store.manifest().changes.size() == 1);
  REQUIRE(files_in(store.paths().changes_folder()).size() == 1);
  const Changes changes = before.changes().value();
  CHECK(changes.faults.empty());
  REQUIRE(changes.batches.size() == 2);
  CHECK(changes.batches[1].changes.back().id == "b9");
}

TEST_CASE("who only reads is told the same") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "one");
  project.merge(true).value();
  stash(project, "b", "two");
  shale::testing::ingest(project, {segment("c", "three")});
  CHECK(changes_since(store.open(reading())).batches == changes_since(project).batches);
}

TEST_CASE("a changes file that is damaged or missing is a fault, and the rest is told") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  stash_many(project, "a", 10);
  project.merge(false).value();
  stash_many(project, "b", 10);
  const auto file = store.paths().changes(store.manifest().changes.front().id);
  flip_byte(file, 150);
  Changes changes = changes_since(project);
  REQUIRE(changes.faults.size() == 1);
  CHECK(changes.faults[0].file == file.string());
  CHECK(changes.faults[0].section == "changes");
  CHECK(changes.faults[0].project == "default");
  REQUIRE(changes.batches.size() == 1);
  CHECK(changes.batches[0].changes[0].id == "b0");
  CHECK(project.verify().value().faults.size() == 1);
  // It hinders no fold, and stays for a repair to find.
  project.merge(false).value();
  CHECK(store.manifest().changes.size() == 2);
  CHECK(changes_since(project).batches.size() == 1);
  std::filesystem::remove(file);
  changes = changes_since(project);
  REQUIRE(changes.faults.size() == 1);
  CHECK(changes.faults[0].file == file.string());
  CHECK(changes.batches.size() == 1);
  CHECK(project.verify().value().faults.size() == 1);
}

TEST_CASE("what is older than the store keeps is not told any more, and that is said") {
  store::StoreConfig config = sealing_after(10);
  config.keep_changes_days = 0;
  const TestStore store(config);
  Project project = store.open();
  stash_many(project, "a", 10);
  const u64 folded = stash_many(project, "b", 10).lsn;
  CHECK(changes_since(project).batches.size() == 2);
  project.merge(false).value();
  stash_many(project, "c", 1);
  const Changes changes = changes_since(project);
  CHECK(changes.kept_after == folded);
  CHECK(changes.batches.size() == 1);
  CHECK(files_in(store.paths().changes_folder()).empty());
}

}  // namespace
}  // namespace shale

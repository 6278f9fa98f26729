#include "store/shard_drop.hpp"

#include "store/document_plan.hpp"
#include "store/lease.hpp"
#include "tests/store/retention_stores.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

// A shard for each of three months, two segments in each.
class Months {
 public:
  Months() {
    Project project = open();
    std::vector<NewSegment> all;
    for (int month = 0; month < 3; ++month) {
      for (const char* name : {"a", "b"}) {
        all.push_back(made_in(month, name + std::to_string(month)));
      }
    }
    ingest(project, all);
    project.merge(true).value();
  }

  const std::shared_ptr<Project::State>& state() {
    if (state_ == nullptr) state_ = store.state();
    return state_;
  }
  Project open() { return Project(state()); }
  void reboot() {
    state_.reset();
    store.reboot();
  }

  DropCandidate candidate(int month) {
    const auto view = view_of(state());
    const u32 yyyymm = month_of(in_month(month));
    for (usize at = 0; at < view->shard_count(); ++at) {
      if (view->edition->manifest.shards[at].month == yyyymm) {
        return {at, 2, in_month(month), in_month(month), {}};
      }
    }
    throw std::runtime_error("no shard of the month");
  }

  std::vector<usize> dropped(const View& chosen_in, const std::vector<DropCandidate>& candidates) {
    const auto lock = MergeLock::acquire(*state()).value();
    std::vector<usize> at;
    const std::vector<DropCandidate> gone =
        drop_shards(*state(), chosen_in, state()->incarnation.load(), candidates).value();
    for (const DropCandidate& one : gone) {
      at.push_back(one.at);
      died += one.died.size();
    }
    return at;
  }

  TestStore store{by_month()};
  usize died = 0;

 private:
  std::shared_ptr<Project::State> state_;
};

TEST_CASE("a shard is dropped where every log begins behind it") {
  catalog::Manifest manifest;
  catalog::ShardEntry shard;
  shard.as_of = Lsn::make(5, 9000);
  CHECK(may_be_dropped(manifest, shard));
  manifest.logs.push_back({{6, 1}, 0, 0, {}});
  CHECK(may_be_dropped(manifest, shard));
  manifest.logs.insert(manifest.logs.begin(), {{5, 1}, 9999, 0, {}});
  CHECK_FALSE(may_be_dropped(manifest, shard));
}

TEST_CASE("shards go with their files in one edition, and a follower hears of it") {
  Months months;
  Project project = months.open();
  const auto view = view_of(months.state());
  const Snapshot before = project.snapshot().value();
  const u64 edition = before.edition();
  REQUIRE(files_in(months.store.paths().shard_folder(), ".shard").size() == 3);
  const DropCandidate first = months.candidate(0), second = months.candidate(1);
  CHECK(months.dropped(*view, {first, second}).size() == 2);
  CHECK(files_in(months.store.paths().shard_folder()).size() == 1);
  CHECK(ids_of(project) == std::set<std::string>{"a2", "b2"});
  CHECK(contents(before).size() == 6);  // an older snapshot has its files still
  const Snapshot now = project.snapshot().value();
  CHECK(now.edition() == edition + 1);
  CHECK(now.lsn() > before.lsn());
  for (int time = 0; time < 3; ++time) {
    const Changes changes = project.snapshot().value().changes({.since = before.lsn()}).value();
    REQUIRE(changes.batches.size() == 1);
    const ChangedBatch& batch = changes.batches.front();
    CHECK(batch.is_drop);
    CHECK(batch.lsn == now.lsn());
    CHECK(batch.dropped == 4);
    CHECK(batch.created_first == in_month(0));
    CHECK(batch.created_last == in_month(1));
    CHECK(batch.changes.empty());
    CHECK(months.store.manifest().drops.size() == usize(time == 0));
    if (time == 0) project.merge(false).value();  // which folds the frame of it
    if (time == 1) {
      months.reboot();
      project = months.open();
    }
  }
  CHECK(ids_of(project) == std::set<std::string>{"a2", "b2"});
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("what is pinned, changed or held up by a log meanwhile keeps its shard") {
  Months months;
  Project project = months.open();
  const auto view = view_of(months.state());
  const DropCandidate first = months.candidate(0), second = months.candidate(1);
  update(project, "a0", {.pinned = true});
  CHECK(months.dropped(*view, {first}).empty());
  const u64 edition = project.snapshot().value().edition();
  CHECK(months.dropped(*view, {}).empty());
  CHECK(project.snapshot().value().edition() == edition);
  // An erase in its log is none: the document is dead, and the log needs no shard to say so.
  erase(project, "a1");
  CHECK(months.dropped(*view, {first, second}).size() == 1);
  CHECK(months.died == 1);
  CHECK(ids_of(project) == std::set<std::string>{"a0", "b0", "a2", "b2"});
  months.reboot();
  CHECK(ids_of(months.open()) == std::set<std::string>{"a0", "b0", "a2", "b2"});
}

TEST_CASE("a shard whose versions a log could bring back stays") {
  Months months;
  Project project = months.open();
  stash(project, made_in(2, "x", "first"));
  ingest(project, {made_in(0, "x", "second")});
  const auto view = view_of(months.state());
  const usize newest = view->shard_count() - 1;
  CHECK(months.dropped(*view, {{newest, 1, 0, 0, {}}}).empty());
  project.merge(false).value();
  CHECK(text_of(project, "x") == "second");
}

TEST_CASE("a shard that a merge took is not dropped in what came of it") {
  Months months;
  Project project = months.open();
  const auto view = view_of(months.state());
  const DropCandidate first = months.candidate(0);
  stash(project, made_in(0, "c0"));
  project.merge(true).value();
  CHECK(months.dropped(*view, {first}).empty());
  CHECK(ids_of(project).size() == 7);
}

TEST_CASE("a batch that was made before shards went does not fit any more") {
  Months months;
  Project project = months.open();
  Batch batch;
  batch.update("a0", {.pinned = true});
  batch.require_unchanged_since(project.snapshot().value().lsn());
  const auto view = view_of(months.state());
  CHECK(months.dropped(*view, {months.candidate(0)}).size() == 1);
  CHECK(project.commit(batch).error().code == ErrorCode::conflict);
  batch.require_unchanged_since(project.snapshot().value().lsn());
  CHECK(project.commit(batch).value().missing == std::vector<std::string>{"a0"});
}

}  // namespace
}  // namespace shale::store

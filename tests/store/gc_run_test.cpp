#include "store/gc_run.hpp"

#include <atomic>
#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

constexpr i64 hour_us = 3'600'000'000;

NewSegment working(const std::string& id, const std::string& type, i64 age_us) {
  NewSegment one = segment(id, "text of " + id);
  one.type = type;
  one.tier = Tier::working;
  one.touched_at = Time{some_moment - age_us, true};
  one.tokens = 10;
  return one;
}

GcOptions at_that_moment() {
  GcOptions options;
  options.now_us = some_moment + 2 * hour_us;  // no decision of the fixture's moment is a root
  return options;
}

GcPlan plan_of(const Project& project) {
  return project.snapshot().value().plan_gc(at_that_moment()).value();
}

// Two that are erased, two that are stashed, one that stays.
void fill(const Project& project) {
  stash(project, working("old1", "log", 48 * hour_us));
  stash(project, working("old2", "log", 24 * hour_us));
  stash(project, working("new1", "log", 0));
  stash(project, working("new2", "note", 0));
  stash(project, working("root", "decision", 0));
}

Tier tier_of(const Project& project, const std::string& id) {
  return metadata_of_id(project, id).tier;
}

using Ids = std::vector<std::string>;

TEST_CASE("what the plan says is erased and stashed, durable, and told") {
  for (const bool folded : {false, true}) {
    const TestStore store;
    Project project = store.open();
    fill(project);
    if (folded) project.merge(true).value();
    const GcPlan plan = plan_of(project);
    REQUIRE(plan.candidates.size() == 4);
    CHECK(plan.kept == 1);
    CHECK(plan.lsn == project.snapshot().value().lsn());
    const Committed done = project.run_gc(plan).value();
    CHECK(done.erased == 2);
    CHECK(done.updated == 2);
    CHECK(done.missing.empty());
    CHECK(done.lsn == project.snapshot().value().lsn());
    CHECK(project.snapshot({.durable_only = true}).value().lsn() == done.lsn);
    CHECK(contents(project) ==
          Contents{{"new1", "text of new1"}, {"new2", "text of new2"}, {"root", "text of root"}});
    CHECK(tier_of(project, "new1") == Tier::stashed);
    CHECK(tier_of(project, "new2") == Tier::stashed);
    CHECK(tier_of(project, "root") == Tier::working);
    CHECK(plan_of(project).candidates.empty());
    CHECK(project.verify().value().faults.empty());
  }
}

TEST_CASE("a plan of nothing does nothing") {
  const TestStore store;
  Project project = store.open();
  const u64 before = project.snapshot().value().lsn();
  const Committed done = project.run_gc(plan_of(project)).value();
  CHECK(done.lsn == before);
  CHECK(project.snapshot().value().lsn() == before);
}

TEST_CASE("nothing that was changed since the plan is touched") {
  const std::function<void(Project)> changes[] = {
      [](const Project& p) { update(p, "old1", {.pinned = true}); },
      [](const Project& p) {
        update(p, "old1", {.touched_at = Time{some_moment, true}});
      },
      [](const Project& p) { stash(p, working("old1", "log", 48 * hour_us)); },
      [](const Project& p) { ingest(p, {working("old1", "log", 48 * hour_us)}); },
      [](Project p) {
        update(p, "old1", {.pinned = true});
        p.merge(true).value();
      }};
  for (const auto& change : changes) {
    const TestStore store;
    Project project = store.open();
    fill(project);
    const GcPlan plan = plan_of(project);
    change(project);
    stash(project, "else", "nothing to do with it");
    const Metadata before = metadata_of_id(project, "old1");
    const Committed done = project.run_gc(plan).value();
    CHECK(done.missing == Ids{"old1"});
    CHECK(done.erased == 1);
    CHECK(done.updated == 2);
    CHECK(metadata_of_id(project, "old1") == before);
    CHECK(count_of(project, "id:old2") == 0);
  }
}

TEST_CASE("what was erased since is left alone too, also where it came back") {
  const TestStore store;
  Project project = store.open();
  fill(project);
  const GcPlan plan = plan_of(project);
  erase(project, "old1");
  erase(project, "new1");
  stash(project, "new1", "another one");
  const Committed done = project.run_gc(plan).value();
  CHECK(done.missing == Ids{"old1", "new1"});
  CHECK(done.erased == 1);
  CHECK(text_of(project, "new1") == "another one");
}

TEST_CASE("a plan that was run is not run again") {
  const TestStore store;
  Project project = store.open();
  fill(project);
  const GcPlan plan = plan_of(project);
  project.run_gc(plan).value();
  const Contents after = contents(project);
  const Committed again = project.run_gc(plan).value();
  CHECK(again.erased + again.updated == 0);
  CHECK(again.missing.size() == 4);
  CHECK(contents(project) == after);
}

TEST_CASE("a plan may be edited: an id that occurs twice goes once, by the first") {
  const TestStore store;
  Project project = store.open();
  fill(project);
  GcPlan plan = plan_of(project);
  plan.candidates.push_back(plan.candidates.front());
  plan.candidates.back().action = GcAction::stash;
  std::erase_if(plan.candidates, [](const GcCandidate& one) { return one.id == "old2"; });
  const Committed done = project.run_gc(plan).value();
  CHECK(done.erased == 1);
  CHECK(done.updated == 2);
  CHECK(done.missing.empty());
  CHECK(count_of(project, "id:old2") == 1);
}

TEST_CASE("a plan with faults is refused: roots may lie in what is damaged") {
  const TestStore store;
  Project project = store.open();
  fill(project);
  GcPlan plan = plan_of(project);
  Fault& fault = plan.faults.emplace_back();
  fault.file = "some.shard";
  fault.message = "A planted fault.";
  const Error error = project.run_gc(plan).error();
  CHECK(error.code == ErrorCode::corrupt);
  CHECK(error.path == "some.shard");
  CHECK(count_of(project) == 5);
}

TEST_CASE("a plan of another state, or one that is too old, is refused") {
  StoreConfig forgetful = plain_config();
  forgetful.keep_changes_days = 0;
  const TestStore store(forgetful);
  Project project = store.open();
  fill(project);
  GcPlan plan = plan_of(project);
  stash(project, "else", "x");
  project.merge(true).value();
  CHECK(project.run_gc(plan).error().code == ErrorCode::conflict);
  plan.lsn = u64(1) << 62;
  CHECK(project.run_gc(plan).error().code == ErrorCode::invalid_argument);
  CHECK(count_of(project) == 6);
  CHECK(Project(store.state(reading())).run_gc(plan_of(project)).error().code ==
        ErrorCode::read_only);
}

TEST_CASE("a large plan goes in batches of 10,000, and logs are sealed meanwhile") {
  const TestStore store(sealing_after(5000));
  Project project = store.open();
  std::vector<NewSegment> segments;
  segments.reserve(25'000);
  for (int i = 0; i < 25'000; ++i) {
    segments.push_back(working("s" + std::to_string(i), i % 5 == 0 ? "note" : "log",
                               i % 5 == 0 ? 0 : 48 * hour_us));
  }
  ingest(project, segments);
  const GcPlan plan = plan_of(project);
  REQUIRE(plan.candidates.size() == 25'000);
  update(project, "s24999", {.pinned = true});
  const Committed done = project.run_gc(plan).value();
  CHECK(done.erased == 19'999);
  CHECK(done.updated == 5'000);
  CHECK(done.missing == Ids{"s24999"});
  CHECK(count_of(project) == 5'001);
  CHECK(count_of(project, "tier:working") == 1);
  const Changes changes = project.snapshot().value().changes({.since = plan.lsn}).value();
  CHECK(changes.batches.size() == 4);
  for (const ChangedBatch& batch : changes.batches) CHECK(batch.changes.size() <= 10'000);
}

// Pins one after the other while the plan is run: whatever was pinned before it went has stayed.
TEST_CASE("what others pin while a plan is run stays, and the run comes to its end") {
  const TestStore store;
  Project project = store.open();
  std::vector<NewSegment> segments;
  constexpr int count = 30'000;
  segments.reserve(count);
  for (int i = 0; i < count; ++i) {
    segments.push_back(working("s" + std::to_string(i), "log", 48 * hour_us));
  }
  ingest(project, segments);
  const GcPlan plan = plan_of(project);
  REQUIRE(plan.candidates.size() == count);
  std::atomic<bool> is_done{false};
  std::atomic<bool> has_begun{false};
  Ids pinned;
  std::thread other([&] {
    Project own = store.open();
    for (int i = count; i-- > 0 && !is_done.load();) {  // the plan goes by id: from the other end
      const std::string id = plan.candidates[usize(i)].id;
      if (update(own, id, {.pinned = true}).updated == 1) pinned.push_back(id);
      has_begun.store(true);
    }
  });
  while (!has_begun.load()) std::this_thread::yield();
  const Committed done = project.run_gc(plan).value();
  is_done.store(true);
  other.join();
  CHECK_FALSE(done.missing.empty());
  CHECK(done.erased + done.missing.size() == count);
  CHECK(count_of(project) == done.missing.size());
  for (const std::string& id : pinned) REQUIRE(metadata_of_id(project, id).pinned);
}

}  // namespace
}  // namespace shale::store

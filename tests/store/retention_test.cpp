#include "store/retention.hpp"

#include <thread>

#include "store/lease.hpp"
#include "tests/store/retention_stores.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/in_memory.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

// -- against the slow rules --

// A project with a life: batches, bulk ingests, updates, erases, seals, merges, months.
class Life {
 public:
  Life(const TestStore& store, unsigned seed) : store_(store), random_(seed) {}

  Project live(int steps) {
    Project project = store_.open();
    for (int step = 0; step < steps; ++step) {
      const unsigned what = pick(20);
      if (what < 9) {
        change(project);
      } else if (what < 12) {
        std::vector<NewSegment> all(pick(40) + 1);
        for (NewSegment& one : all) one = new_segment();
        ingest(project, all);
      } else if (what < 15) {
        project.merge(what == 12).value();
      } else if (what == 15) {
        project = Project(store_.state());
      } else {
        change(project);
      }
    }
    return project;
  }

  RetentionRules rules(u64 text_bytes) {
    RetentionRules rules;
    rules.expire = pick(2) == 0;
    if (pick(2)) rules.max_age_seconds = (1 + pick(400)) * 86'400;
    if (pick(3) == 0) rules.keep_last_per_task = 1 + pick(40);
    if (pick(3) == 0) rules.max_bytes = 1 + pick(unsigned(text_bytes));
    rules.now_us = in_month(12);
    return rules;
  }

  unsigned pick(unsigned below) { return unsigned(random_() % below); }

 private:
  std::string pick_id() { return "id-" + std::to_string(pick(400)); }

  NewSegment new_segment() {
    NewSegment one = made_in(int(pick(12)), pick_id(), std::string(pick(60), 'x'));
    one.created_at->microseconds += i64(pick(3)) * day_us;
    if (pick(2)) one.task = "task" + std::to_string(pick(3));
    if (pick(8) == 0) one.attrs[".expires"] = in_month(int(pick(24)));
    if (pick(3)) one.tokens = pick(100);
    one.pinned = pick(30) == 0;
    return one;
  }

  void change(Project& project) {
    Batch batch;
    for (unsigned n = 1 + pick(20); n > 0; --n) {
      const unsigned kind = pick(10);
      if (kind < 6) {
        batch.stash(new_segment());
      } else if (kind < 9) {
        Update update;
        if (pick(3) == 0) update.pinned = pick(3) == 0;
        if (pick(3) == 0) update.tokens = pick(50);
        if (pick(3) == 0) update.task = std::optional<std::string>("task1");
        if (pick(3) == 0) update.attrs_set[".expires"] = in_month(int(pick(24)));
        if (pick(3) == 0) update.attrs_removed = {".expires"};
        batch.update(pick_id(), update);
      } else {
        batch.erase(pick_id());
      }
    }
    project.commit(batch, Durability::relaxed).value();
  }

  const TestStore& store_;
  std::mt19937 random_;
};

RetentionPlan sums_of(const std::vector<KeptSegment>& all, const SlowRetention& expected) {
  RetentionPlan plan;
  for (const char* rule : {"expires", "max_age", "keep_last", "max_bytes"}) {
    RetentionRow row;
    row.rule = rule;
    for (const KeptSegment& one : all) {
      const auto found = expected.gone.find(one.metadata.id);
      if (found == expected.gone.end() || found->second != rule) continue;
      ++row.segments;
      row.text_bytes += one.text_bytes;
      row.tokens += one.metadata.tokens.value_or(0);
    }
    plan.segments += row.segments;
    plan.rows.push_back(row);
  }
  return plan;
}

TEST_CASE("retention: of stores with a past, what goes is what the slow rules let go") {
  const InMemory in_memory;
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  u64 gone = 0, dropped = 0, pinned = 0;
  for (unsigned round = 0; round < 60; ++round) {
    INFO("round " << round);
    const TestStore store(round % 4 == 3 ? plain_config() : by_month());
    Life life(store, seed + round);
    Project project = life.live(4 + int(life.pick(30)));
    const std::vector<KeptSegment> before = kept_segments(project);
    u64 bytes = 1;
    for (const KeptSegment& one : before) bytes += one.text_bytes;
    const RetentionRules rules = life.rules(bytes);
    const SlowRetention expected = SlowRules(before, rules, *rules.now_us).run();
    const RetentionPlan sums = sums_of(before, expected);
    const u64 edition = project.snapshot().value().edition();

    const RetentionPlan plan = project.plan_retention(rules).value();
    CHECK(project.snapshot().value().edition() == edition);
    REQUIRE(ids_of(project) == ids_of(before));
    REQUIRE(plan.rows == sums.rows);
    REQUIRE(plan.pinned == expected.pinned.size());

    const RetentionPlan done = project.retain(rules).value();
    REQUIRE(done.rows == sums.rows);
    REQUIRE(done.segments == sums.segments);
    REQUIRE(done.pinned == expected.pinned.size());
    CHECK(done.left == 0);
    std::set<std::string> rest = ids_of(before);
    for (const auto& [id, rule] : expected.gone) rest.erase(id);
    REQUIRE(ids_of(project) == rest);
    CHECK(project.retain(rules).value().segments == 0);

    project = store.open();
    store.reboot();
    project = store.open();
    REQUIRE(ids_of(project) == rest);
    project.merge(true).value();
    REQUIRE(ids_of(project) == rest);
    CHECK(project.verify().value().faults.empty());
    gone += done.segments;
    dropped += done.shards_dropped;
    pinned += done.pinned;
  }
  CHECK(gone > 1000);
  CHECK(dropped > 20);
  CHECK(pinned > 20);
}

// -- shards --

// Months 0 to 3 with three segments each, in shards of their own.
Project with_months(const TestStore& store) {
  Project project = store.open();
  std::vector<NewSegment> all;
  for (int month = 0; month < 4; ++month) {
    for (const char* name : {"a", "b", "c"})
      all.push_back(made_in(month, name + std::to_string(month)));
  }
  ingest(project, all);
  project.merge(true).value();
  return project;
}

TEST_CASE("retention: months go whole, what is in logs and mixed shards one by one") {
  const TestStore store(by_month());
  Project project = with_months(store);
  update(project, "b1", {.pinned = true});
  stash(project, made_in(0, "late"));
  stash(project, made_in(3, "young"));
  const RetentionPlan done = project.retain(older_than(2)).value();
  CHECK(done.shards_dropped == 1);
  CHECK(done.segments == 6);
  CHECK(done.pinned == 1);
  CHECK(done.rows[1] == RetentionRow{"max_age", 6, 54, 0});
  CHECK(ids_of(project) ==
        std::set<std::string>{"b1", "a2", "b2", "c2", "a3", "b3", "c3", "young"});
  CHECK(files_in(store.paths().shard_folder(), ".shard").size() >= 3);
  update(project, "b1", {.pinned = false});
  CHECK(project.retain(older_than(2)).value().segments == 1);
  CHECK(count_of(project) == 7);
}

TEST_CASE("retention: a version that a log holds does not come back with its successor's shard") {
  const TestStore store(by_month());
  Project project = with_months(store);
  stash(project, made_in(3, "x", "first"));
  ingest(project, {made_in(0, "x", "second")});
  CHECK(project.retain(older_than(3)).value().segments == 10);
  CHECK(ids_of(project) == std::set<std::string>{"a3", "b3", "c3"});
  project = store.open();
  store.reboot();
  CHECK(ids_of(store.open()) == std::set<std::string>{"a3", "b3", "c3"});
  CHECK(ids_of(store.open(reading())) == std::set<std::string>{"a3", "b3", "c3"});
}

TEST_CASE("retention: what moved to another month by a new version is judged by that") {
  const TestStore store(by_month());
  Project project = with_months(store);
  stash(project, made_in(0, "a3", "moved back"));
  stash(project, made_in(3, "a0", "moved on"));
  project.merge(false).value();
  CHECK(project.retain(older_than(3)).value().segments == 9);
  CHECK(ids_of(project) == std::set<std::string>{"a0", "b3", "c3"});
  store.reboot();
  CHECK(ids_of(store.open()) == std::set<std::string>{"a0", "b3", "c3"});
}

// -- others at work --

TEST_CASE("retention: what others pin, change and stash while it runs is there afterwards") {
  const InMemory in_memory;
  for (unsigned round = 0; round < 12; ++round) {
    INFO("round " << round);
    const TestStore store(by_month());
    Project project = with_months(store);
    for (int n = 0; n < 200; ++n) stash(project, made_in(n % 3, "log" + std::to_string(n)));
    std::atomic<bool> ended{false};
    std::set<std::string> touched;
    u64 stashed = 0;
    std::thread other([&] {
      std::mt19937 random(round);
      while (!ended || touched.size() < 3) {
        const std::string id = random() % 2 == 0 ? std::string(1, char('a' + random() % 3)) +
                                                       std::to_string(random() % 3)
                                                 : "log" + std::to_string(random() % 200);
        const bool pins = random() % 2 == 0;
        if (pins && update(project, id, {.pinned = true}).updated == 1) touched.insert(id);
        if (!pins) {
          stash(project, made_in(0, "new" + std::to_string(stashed++)));
        }
        if (stashed > 3000) break;
        if (random() % 50 == 0) (void)project.merge_step();
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
    const RetentionPlan done = project.retain(older_than(3)).value();
    ended = true;
    other.join();
    const std::set<std::string> rest = ids_of(project);
    for (const std::string& id : touched) {
      INFO(id);
      CHECK(rest.contains(id));
    }
    // Of what was there before or came meanwhile, what is not told of as gone is there.
    CHECK(rest.size() + done.segments == 212 + stashed);
    for (const char* young : {"a3", "b3", "c3"}) CHECK(rest.contains(young));
    project = store.open();
    store.reboot();
    CHECK(ids_of(store.open()) == rest);
  }
}

TEST_CASE("retention: a reader of before keeps what he has, cursors too") {
  const TestStore store(by_month());
  Project project = with_months(store);
  const Snapshot before = project.snapshot().value();
  const auto first = before.search({.text = "some", .limit = 5}).value();
  CHECK(project.retain(older_than(4)).value().segments == 12);
  CHECK(count_of(project) == 0);
  CHECK(contents(before).size() == 12);
  const auto second =
      project.snapshot().value().search({.text = "some", .limit = 50, .cursor = first.cursor});
  CHECK(second.value().hits.size() == 7);
}

TEST_CASE("retention: while somebody merges it waits, and one who comes by again does not") {
  const TestStore store(by_month());
  Project project = with_months(store);
  const auto state = store.state(patience(50));
  const auto other = store.state();
  {
    const auto lock = MergeLock::acquire(*other).value();
    CHECK(apply_retention(*state, older_than(2), {}, {}).error().code == ErrorCode::busy);
    apply_retention_if_free(*state, older_than(2), {}).value();
    CHECK(count_of(project) == 12);
  }
  apply_retention_if_free(*state, older_than(2), {}).value();
  CHECK(count_of(project) == 6);
}

TEST_CASE("retention: it ends where it is told to, and says so") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 5);
  stash(project, made_in(11, "young"));
  RetentionRules rules = older_than(8);
  const auto stopped = project.retain(rules, [](const Progress&) { return false; });
  CHECK(stopped.error().code == ErrorCode::cancelled);
  CHECK(ids_of(project) == std::set<std::string>{"young"});
  CHECK(store.open(reading()).retain(rules).error().code == ErrorCode::read_only);
  CHECK(store.open(reading()).plan_retention(rules).value().segments == 0);
}

TEST_CASE("retention: without a rule nothing is done") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 5);
  const RetentionPlan done = project.retain({.expire = false}).value();
  CHECK(done.segments == 0);
  REQUIRE(done.rows.size() == 4);
  CHECK(done.rows[0].rule == "expires");
  CHECK(count_of(project) == 5);
}

}  // namespace
}  // namespace shale::store

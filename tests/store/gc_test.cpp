// Plans of the garbage collector through a store, against the plain one: shards and logs, versions
// that were superseded, updates that are not folded and such that are, damage.
#include <shale/gc.hpp>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plain_gc.hpp"

namespace shale {
namespace {

using namespace testing;

NewSegment new_segment(const Metadata& metadata) {
  NewSegment one;
  one.id = metadata.id;
  one.text = "text of " + metadata.id;
  one.type = metadata.type;
  one.task = metadata.task;
  one.file = metadata.file;
  one.topic = metadata.topic;
  one.tags = metadata.tags;
  one.created_at = metadata.created_at;
  one.touched_at = metadata.touched_at;
  one.pinned = metadata.pinned;
  one.tier = metadata.tier;
  one.generation = metadata.generation;
  one.refcount = metadata.refcount;
  one.tokens = metadata.tokens;
  return one;
}

// So many changes in batches of random size, some of them the bulk way, with a fold or a merge now
// and then.
void change(Project project, GcMaker& maker, u32 changes, u32 ids) {
  while (changes > 0) {
    const u32 count = 1 + maker.below(changes);
    changes -= count;
    const bool is_bulk = maker.chance(30);
    Batch batch;
    for (u32 i = 0; i < count; ++i) {
      const u32 number = maker.below(ids);
      if (is_bulk || maker.chance(60)) {
        batch.stash(new_segment(maker.metadata(number, ids)));
      } else if (maker.chance(80)) {
        batch.update(GcMaker::id(number), maker.update(ids));
      } else {
        batch.erase(GcMaker::id(number));
      }
    }
    if (is_bulk) {
      project.ingest(batch).value();
    } else {
      project.commit(batch, Durability::relaxed).value();
    }
    if (maker.chance(10)) project.merge(maker.chance(50)).value();
  }
}

std::vector<Metadata> all_of(const Snapshot& now, const std::string& where) {
  const Page page = now.list({.where = where, .limit = 1'000'000}).value();
  REQUIRE(page.faults.empty());
  return page.segments;
}

void check_plans(const Snapshot& now, GcMaker& maker, int plans) {
  for (int i = 0; i < plans; ++i) {
    const GcOptions options = maker.options();
    const GcPlan expected = plain_gc_plan(all_of(now, options.where), options);
    const GcPlan plan = now.plan_gc(options).value();
    INFO("task " << options.task << ", file " << options.file << ", target "
                 << options.target_tokens << ", where " << options.where);
    const std::string difference = difference_of(plan, expected);
    CAPTURE(difference);
    REQUIRE(difference.empty());
    REQUIRE(plan.lsn == now.lsn());
    REQUIRE(plan.faults.empty());
  }
}

u32 fresh_seed() { return std::random_device{}(); }

TEST_CASE("plans of random projects are those of the plain one") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  GcMaker maker(seed);
  for (int round = 0; round < 8; ++round) {
    const TestStore store(sealing_after(20 + maker.below(200)));
    const Project project = store.open();
    const u32 ids = 1 + maker.below(300);
    for (int step = 0; step < 3; ++step) {
      change(project, maker, 1 + maker.below(400), ids);
      check_plans(project.snapshot().value(), maker, 4);
    }
    check_plans(Project(store.state(reading())).snapshot().value(), maker, 1);
  }
}

TEST_CASE("a plan of ten thousand segments is that of the plain one") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  GcMaker maker(seed);
  const TestStore store(sealing_after(1500));
  const Project project = store.open();
  constexpr u32 ids = 10'000;
  Batch batch;
  for (u32 number = 0; number < ids; ++number) {
    batch.stash(new_segment(maker.metadata(number, ids)));
  }
  Project filled = project;
  filled.ingest(batch).value();
  change(project, maker, 5000, ids);
  check_plans(project.snapshot().value(), maker, 2);
}

TEST_CASE("tokens of segments that came without a count are those a fold will give them") {
  const TestStore store(counting_config());
  Project project = store.open();
  NewSegment one = segment("a", "four words of text");
  one.type = "log";
  one.tier = Tier::working;
  stash(project, one);
  GcOptions options;
  options.now_us = some_moment + 86'400'000'000;
  const GcPlan before = project.snapshot().value().plan_gc(options).value();
  REQUIRE(before.candidates.size() == 1);
  CHECK(before.candidates[0].tokens == 4);
  CHECK(before.tokens_freed == 4);
  project.merge(true).value();
  CHECK(difference_of(project.snapshot().value().plan_gc(options).value(), before).empty());
}

TEST_CASE("a damaged shard is a fault of the plan, which is not run then") {
  const TestStore store;
  {
    Project project = store.open();
    std::vector<NewSegment> segments;
    for (const char* id : {"a", "b", "c"}) {
      segments.push_back(segment(id, "text"));
      segments.back().type = "log";
      segments.back().tier = Tier::working;
    }
    ingest(project, segments);
    segments[0].id = "d";
    stash(project, segments[0]);
  }
  const path shard =
      store.paths().folder / "shards" / files_in(store.paths().folder / "shards", ".shard").at(0);
  const std::string bytes = read_text(shard);
  u64 refused = 0;
  for (u64 at = 0; at < bytes.size(); at += 61) {
    flip_byte(shard, at);
    Project project = store.open();
    const auto plan = project.snapshot().value().plan_gc({.now_us = some_moment});
    REQUIRE(plan);
    if (!plan->faults.empty()) {
      ++refused;
      REQUIRE(project.run_gc(*plan).error().code == ErrorCode::corrupt);
    } else {
      REQUIRE(plan->candidates.size() == 4);
    }
    flip_byte(shard, at);
  }
  CHECK(refused > 0);
}

}  // namespace
}  // namespace shale

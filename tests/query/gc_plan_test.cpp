#include "query/gc_plan.hpp"

#include "model/record.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plain_gc.hpp"

namespace shale::query::testing {
namespace {

using shale::testing::difference_of;
using shale::testing::GcMaker;
using shale::testing::plain_gc_plan;

constexpr i64 now_us = GcMaker::now();
constexpr i64 hour_us = 3'600'000'000;

Metadata segment(const std::string& id, const std::string& type, i64 age_us = 48 * hour_us) {
  Metadata one;
  one.id = id;
  one.type = type;
  one.created_at = {now_us - age_us, true};
  one.touched_at = one.created_at;
  one.tier = Tier::working;
  one.tokens = 10;
  return one;
}

std::shared_ptr<MemoryIndex> index_of(const std::vector<Metadata>& segments) {
  std::vector<Document> documents;
  documents.reserve(segments.size());
  for (const Metadata& one : segments) documents.push_back({one, ""});
  return std::make_shared<MemoryIndex>(std::move(documents));
}

GcPlan plan_of(const std::vector<Metadata>& segments, GcOptions options = {}) {
  options.now_us = now_us;
  const std::vector<IndexView> views{view_of(index_of(segments))};
  GcPlan plan = plan_gc(views, options).value();
  CHECK(plan.considered == plan.reachable + plan.pinned + plan.kept + plan.candidates.size());
  return plan;
}

std::vector<std::string> ids_of(const GcPlan& plan) {
  std::vector<std::string> ids;
  for (const GcCandidate& one : plan.candidates) ids.push_back(one.id);
  return ids;
}

using Ids = std::vector<std::string>;

// -- against the plain one --

// A project as its views and as the segments that are live in it: ids have versions in several
// views, some were erased, some updated.
struct RandomProject {
  std::vector<IndexView> views;
  std::vector<Metadata> live;
};

RandomProject random_project(GcMaker& maker) {
  const u32 view_count = 1 + maker.below(4);
  const u32 ids = 1 + maker.below(60);
  std::vector<std::vector<Metadata>> stored(view_count);
  std::vector<Overlay> overlays(view_count);
  struct Place {
    u32 view = 0;
    u32 doc = 0;
  };
  std::map<std::string, Place> newest;
  for (u32 view = 0; view < view_count; ++view) {
    for (u32 number = 0; number < ids; ++number) {
      if (!maker.chance(100 / view_count)) continue;
      const std::string id = GcMaker::id(number);
      const auto before = newest.find(id);
      if (before != newest.end()) overlays[before->second.view].dead.add(before->second.doc);
      newest[id] = {view, u32(stored[view].size())};
      stored[view].push_back(maker.metadata(number, ids));
    }
  }
  const u32 erased_percent = maker.below(3) * 10;
  const u32 updated_percent = maker.below(3) * 30;
  RandomProject project;
  for (const auto& [id, at] : newest) {
    if (maker.chance(erased_percent)) {
      overlays[at.view].dead.add(at.doc);
      continue;
    }
    Metadata metadata = stored[at.view][at.doc];
    if (maker.chance(updated_percent)) {
      overlays[at.view].patches[at.doc] = maker.update(ids);
      apply_update(overlays[at.view].patches[at.doc], metadata);
    }
    project.live.push_back(std::move(metadata));
  }
  for (u32 view = 0; view < view_count; ++view) {
    project.views.push_back(view_of(index_of(stored[view]), std::move(overlays[view])));
  }
  return project;
}

TEST_CASE("a plan is that of the plain one, over several views with updates and dead versions") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  GcMaker maker(seed);
  usize reachable = 0, going = 0, pinned = 0, kept = 0;
  for (int round = 0; round < 1500; ++round) {
    const RandomProject project = random_project(maker);
    const GcOptions options = maker.options();
    std::vector<Metadata> segments = project.live;
    if (!options.where.empty()) {
      std::erase_if(segments, [](const Metadata& one) { return one.tier != Tier::working; });
    }
    const GcPlan expected = plain_gc_plan(segments, options);
    const GcPlan plan = plan_gc(project.views, options).value();
    INFO("round " << round << ", task " << options.task << ", file " << options.file);
    const std::string difference = difference_of(plan, expected);
    CAPTURE(difference);
    REQUIRE(difference.empty());
    REQUIRE(plan.faults.empty());
    reachable += plan.reachable - plan.roots;
    going += plan.candidates.size();
    pinned += plan.pinned;
    kept += plan.kept;
  }
  // The rounds had something of everything.
  CHECK(reachable > 1000);
  CHECK(going > 1000);
  CHECK(pinned > 100);
  CHECK(kept > 100);
}

// -- roots --

TEST_CASE("roots are the task's messages, the file's segments and new decisions") {
  Metadata message = segment("message", "message");
  message.task = "perf";
  Metadata note = segment("note", "note");
  note.task = "perf";
  Metadata other = segment("other", "message");
  other.task = "else";
  Metadata code = segment("code", "code");
  code.file = "a.cpp";
  const std::vector<Metadata> all = {message,
                                     note,
                                     other,
                                     code,
                                     segment("newer", "decision", hour_us - 1),
                                     segment("older", "decision", hour_us),
                                     segment("future", "decision", -hour_us)};
  CHECK(plan_of(all).roots == 2);
  CHECK(plan_of(all, {.task = "perf"}).roots == 3);
  CHECK(plan_of(all, {.task = "perf", .file = "a.cpp"}).roots == 4);
  CHECK(plan_of(all, {.task = "none", .file = "none"}).roots == 2);
  const GcPlan plan = plan_of(all, {.task = "perf", .file = "a.cpp"});
  CHECK(plan.reachable == 4);
  CHECK(ids_of(plan) == Ids{"note", "other"});  // the older decision asks for .26
  CHECK(plan.kept == 1);
}

TEST_CASE("a segment that is not considered is no root, and no edge leads through it") {
  Metadata root = segment("root", "message");
  root.task = "perf";
  root.tags = {"ref:between"};
  Metadata between = segment("between", "code");
  between.tier = Tier::stashed;
  between.tags = {"ref:end"};
  const Metadata end = segment("end", "code");
  CHECK(ids_of(plan_of({root, between, end}, {.task = "perf"})) == Ids{"end"});
  CHECK(plan_of({root, between, end}, {.task = "perf", .where = ""}).reachable == 3);
  root.tier = Tier::stashed;
  const GcPlan plan = plan_of({root, between, end}, {.task = "perf"});
  CHECK(plan.considered == 1);
  CHECK(plan.roots == 0);
}

// -- order and target --

TEST_CASE("the best score goes first, then the most tokens, then the smaller id") {
  Metadata large = segment("z", "log");
  large.tokens = 20;
  const std::vector<Metadata> all = {segment("c", "log"), segment("a", "log"), large,
                                     segment("m", "note", 72 * hour_us), segment("b", "log")};
  CHECK(ids_of(plan_of(all)) == Ids{"m", "z", "a", "b", "c"});
  CHECK(ids_of(plan_of(all, {.target_tokens = 1})) == Ids{"m"});
  CHECK(ids_of(plan_of(all, {.target_tokens = 10})) == Ids{"m"});
  CHECK(ids_of(plan_of(all, {.target_tokens = 11})) == Ids{"m", "z"});
  CHECK(ids_of(plan_of(all, {.target_tokens = 31})) == Ids{"m", "z", "a"});
  const GcPlan most = plan_of(all, {.target_tokens = 41});
  CHECK(ids_of(most) == Ids{"m", "z", "a", "b"});
  CHECK(most.tokens_freed == 50);
  CHECK(most.kept == 1);
  CHECK(plan_of(all, {.target_tokens = UINT64_MAX}).candidates.size() == 5);
}

TEST_CASE("a segment without a count frees nothing, and is told as such") {
  Metadata unknown = segment("a", "log");
  unknown.tokens.reset();
  const GcPlan plan = plan_of({unknown, segment("b", "log")}, {.target_tokens = 10});
  CHECK(ids_of(plan) == Ids{"b"});
  const GcPlan both = plan_of({unknown, segment("b", "log")}, {.target_tokens = 11});
  REQUIRE(ids_of(both) == Ids{"b", "a"});
  CHECK_FALSE(both.candidates[1].tokens);
  CHECK(both.uncounted == 1);
  CHECK(both.tokens_freed == 10);
}

// -- what cannot be read --

TEST_CASE("a view that fails is a fault, and the plan is that of the others") {
  const auto good = index_of({segment("a", "log")});
  for (const Failing call : {Failing::documents, Failing::numbers, Failing::ids}) {
    const auto bad = index_of({segment("b", "log"), segment("c", "log")});
    bad->failing = call;
    const std::vector<IndexView> views{view_of(bad), view_of(good)};
    const GcPlan plan = plan_gc(views, {.now_us = now_us}).value();
    CHECK(ids_of(plan) == Ids{"a"});
    CHECK(plan.considered == 1);
    REQUIRE(plan.faults.size() == 1);
    CHECK(plan.faults[0].file == "planted.shard");
    bad->failing_code = ErrorCode::io;
    bad->failing_errno = ENOMEM;
    CHECK(plan_gc(views, {.now_us = now_us}).error().code == ErrorCode::io);
  }
}

TEST_CASE("a filter that cannot be read is told, and nothing is a plan of nothing") {
  CHECK(plan_gc({}, {.where = "colour:red"}).error().code == ErrorCode::invalid_argument);
  const GcPlan plan = plan_gc({}, {}).value();
  CHECK(plan.candidates.empty());
  CHECK(plan.considered == 0);
}

TEST_CASE("times at the ends of what a number holds do no harm") {
  Metadata first = segment("first", "log");
  first.touched_at.microseconds = INT64_MIN + 1;
  Metadata last = segment("last", "log");
  last.touched_at.microseconds = INT64_MAX;
  const std::vector<IndexView> views{view_of(index_of({first, last}))};
  for (const i64 now : {INT64_MIN, i64(0), INT64_MAX}) {
    CHECK(plan_gc(views, {.now_us = now}).value().considered == 2);
  }
  const GcPlan plan = plan_of({first, last});
  CHECK(ids_of(plan) == Ids{"first", "last"});
  CHECK(plan.candidates[0].action == GcAction::erase);
  CHECK(plan.candidates[1].action == GcAction::stash);
}

}  // namespace
}  // namespace shale::query::testing

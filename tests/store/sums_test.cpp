// Sums and usage through a store: several shards and a log, the project as a group, damage.
#include "shard/shard_file.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;

NewSegment counted(const std::string& id, const std::string& type, std::optional<u32> tokens) {
  NewSegment one = segment(id, "text of " + id);
  one.type = type;
  one.tokens = tokens;
  return one;
}

std::vector<SumRow> rows_of(const Project& project, const Aggregation& asked) {
  const Sum sum = project.snapshot().value().aggregate(asked).value();
  CHECK(sum.faults.empty());
  return sum.rows;
}

using Rows = std::vector<SumRow>;

// Two shards, dead documents in one, and a log that patches the other.
void fill(const Project& project) {
  ingest(project, {counted("a", "code", 5), counted("b", "code", {}), counted("c", "log", 7)});
  ingest(project, {counted("d", "log", 11), counted("e", "note", 13)});
  erase(project, "e");
  update(project, "a", {.type = "log"});
  update(project, "b", {.tokens = 2});
  stash(project, counted("c", "code", 1));
  stash(project, counted("f", "code", {}));
}

TEST_CASE("shards, their overlays and logs are summed as one") {
  const TestStore store;
  const Project project = store.open();
  fill(project);
  const Rows by_type = rows_of(project, {.field = "tokens", .by = {"type"}});
  CHECK(by_type == Rows{{{"log"}, 2, 16, 0}, {{"code"}, 3, 3, 1}});
  CHECK(rows_of(project, {.by = {"type"}}) == Rows{{{"code"}, 3, 0, 0}, {{"log"}, 2, 0, 0}});
  CHECK(rows_of(project, {.field = "tokens", .text = "of d"}) == Rows{{{}, 1, 11, 0}});
  CHECK(rows_of(project, {.field = "tokens", .text = "a d", .match = Match::any}) ==
        Rows{{{}, 2, 16, 0}});
  CHECK(rows_of(project, {.field = "tokens", .where = "type:code", .text = "c b OR f"}) ==
        Rows{{{}, 0, 0, 0}});
  const Snapshot now = project.snapshot().value();
  const std::vector<std::string> by = {"type"};
  CHECK(now.sum("tokens", by).value().rows == by_type);
  CHECK(now.sum("", by).error().code == ErrorCode::invalid_argument);
  Project merged = project;
  merged.merge(true).value();
  CHECK(rows_of(project, {.field = "tokens", .by = {"type"}}) == by_type);
}

TEST_CASE("times are the first and the last of a group") {
  const TestStore store;
  const Project project = store.open();
  fill(project);
  update(project, "d", {.touched_at = Time{some_moment + 5, true}});
  const Rows rows = rows_of(project, {.by = {"type"}, .where = "type:log", .times = true});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].created == TimeRange{some_moment, some_moment});
  CHECK(rows[0].touched == TimeRange{some_moment, some_moment + 5});
  const Rows none = rows_of(project, {.where = "type:absent", .times = true});
  CHECK(none == Rows{{{}, 0, 0, 0}});
  CHECK_FALSE(none[0].created);
}

TEST_CASE("the project is a group of one value") {
  const TestStore store;
  const Project project = store.open();
  CHECK(rows_of(project, {.field = "tokens", .by = {"project"}}).empty());
  fill(project);
  CHECK(rows_of(project, {.field = "tokens", .by = {"project"}}) == Rows{{{"default"}, 5, 19, 1}});
  CHECK(rows_of(project, {.field = "tokens", .by = {"project", "type", "project"}}) ==
        Rows{{{"default", "log", "default"}, 2, 16, 0}, {{"default", "code", "default"}, 3, 3, 1}});
  CHECK(rows_of(project, {.by = {"type", "project"}, .where = "type:absent"}).empty());
}

TEST_CASE("usage counts what is there, and says what is wrong with a question") {
  const TestStore store;
  const Project project = store.open();
  fill(project);
  const Snapshot now = project.snapshot().value();
  const Usage usage = now.usage({.limit = 20, .now = some_moment}).value();
  CHECK(usage.segments == 5);
  CHECK(usage.tokens == 19);
  CHECK(usage.uncounted == 1);
  CHECK(usage.remaining == 1);
  CHECK(usage.recommendations.at(0).priority == Priority::urgent);
  CHECK(usage.types.size() == 2);
  CHECK(usage.tiers.at(0).value == "stashed");
  CHECK(now.usage({.where = "type:log"}).value().tokens == 16);
  CHECK(now.usage({.limit = 0}).error().code == ErrorCode::invalid_argument);
  CHECK(now.aggregate({.by = {"colour"}}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a damaged column is a fault, and the other shards still answer") {
  const TestStore store;
  fill(store.open());
  const path file = store.paths().shard(store.manifest().shards.at(0).id);
  const File opened = File::open(file, File::Mode::read).value();
  const shard::ShardFrame frame = shard::read_frame(opened).value();
  flip_byte(file, frame.find(shard::tag::columns)->offset + 20);
  const Snapshot now = store.open().snapshot().value();
  const auto check = [&](const std::vector<Fault>& faults) {
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].file == file.string());
    CHECK(faults[0].project == "default");
  };
  const Sum sum = now.aggregate({.field = "tokens", .by = {"type", "project"}}).value();
  check(sum.faults);
  CHECK(sum.rows == Rows{{{"log", "default"}, 1, 11, 0}, {{"code", "default"}, 2, 1, 1}});
  const Usage usage = now.usage().value();
  check(usage.faults);
  CHECK(usage.tokens == 12);
}

}  // namespace
}  // namespace shale

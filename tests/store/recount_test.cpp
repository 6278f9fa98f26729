#include "store/recount.hpp"

#include "tests/store/counting.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("a recount counts everything once, importers' counts too, and merges nothing") {
  TestStore store(counting_config());
  auto config = counting_config("cl100k_base");
  if (GENERATE(false, true)) config.shard_by = "month";
  store.set_config(config);
  const auto state = store.state();
  Project project(state);
  NewSegment later = counted_by("b", "claude", Time{1, true});
  later.created_at = Time{some_moment + i64(100) * 86'400'000'000, true};
  ingest(project, {segment("a", some_text), later});
  ingest(project, {segment("c", some_text), segment("gone", some_text)});
  stash(project, counted_by("d", "", std::nullopt));
  update(project, "c", {.tokens = 9});
  erase(project, "gone");
  CHECK(project.recount_tokens().value() == 4);
  for (const char* id : {"a", "b", "c", "d"}) {
    INFO(id);
    CHECK(metadata_of_id(project, id).tokens == tokens_of(some_text, "cl100k_base"));
    CHECK(metadata_of_id(project, id).tokenizer == "cl100k_base");
  }
  CHECK(project.verify().value().faults.empty());
  CHECK(store.manifest().shards.size() == 3);
  CHECK(project.recount_tokens().value() == 4);
  CHECK(contents(project).size() == 4);
}

TEST_CASE("a damaged shard is passed over by a recount, and told at its end") {
  const TestStore store(counting_config());
  Project project = store.open();
  for (const char* id : {"a", "b", "c"}) {
    NewSegment one = counted_by(id, "claude", std::nullopt);
    one.text = std::string("the text of ") + id;
    ingest(project, {one});
  }
  const path damaged = store.paths().shard(store.manifest().shards[0].id);
  const u64 inside = read_text(damaged).find("the text of a");
  REQUIRE(inside < 1000);
  flip_byte(damaged, inside);
  const auto recounted = store.open().recount_tokens();
  REQUIRE(!recounted);
  CHECK(recounted.error().code == ErrorCode::corrupt);
  CHECK(recounted.error().path == damaged);
  CHECK(count_of(project, "tokens:7") == 1);
  CHECK(metadata_of_id(project, "c").tokens == tokens_of("the text of c"));
}

TEST_CASE("a recount can be ended, and there is none where nothing is counted") {
  const TestStore store(counting_config());
  Project project = filled(store, {counted_by("a", "claude", std::nullopt)}, true);
  filled(store, {counted_by("b", "claude", std::nullopt)}, true);
  const auto ended =
      project.recount_tokens([](const Progress& done) { return done.segments == 0; });
  CHECK(ended.error().code == ErrorCode::cancelled);
  CHECK(metadata_of_id(project, "a").tokens == tokens_of(some_text));
  CHECK(metadata_of_id(project, "b").tokens == 7u);
  const TestStore other;
  CHECK(other.open().recount_tokens().error().code == ErrorCode::invalid_argument);
}

TEST_CASE("shards that were not counted are counted by a merge, importers' counts stay") {
  const TestStore store;
  filled(store, {segment("a", some_text), segment("b", some_text)}, true);
  filled(store, {counted_by("c", "claude", std::nullopt)}, true);
  store.set_config(counting_config());
  Project project = store.open();
  update(project, "b", {.tokens = 9});
  CHECK_FALSE(metadata_of_id(project, "a").tokens);
  project.merge(GENERATE(false, true)).value();
  CHECK(metadata_of_id(project, "a").tokens == tokens_of(some_text));
  CHECK(metadata_of_id(project, "b").tokens == 9u);
  CHECK(metadata_of_id(project, "c").tokens == 7u);
  const u64 edition = project.snapshot().value().edition();
  project.merge(false).value();
  CHECK(store.manifest().shards.size() <= 2);
  CHECK(project.snapshot().value().edition() <= edition + 1);  // an empty log was sealed at most
}

}  // namespace
}  // namespace shale::store

#include "store/planned_metadata.hpp"

#include "base/system.hpp"
#include "tests/store/counting.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("a count is there when a segment has come into a shard") {
  const TestStore store(counting_config("cl100k_base"));
  const std::int64_t before = now_microseconds();
  const Project project =
      filled(store, {segment("a", some_text), segment("empty", "")}, GENERATE(false, true));
  const Metadata metadata = metadata_of_id(project, "a");
  CHECK(metadata.tokens == tokens_of(some_text, "cl100k_base"));
  CHECK(metadata.tokenizer == "cl100k_base");
  REQUIRE(metadata.tokens_computed_at);
  CHECK(metadata.tokens_computed_at->zoned);
  CHECK(metadata.tokens_computed_at->microseconds >= before);
  CHECK(metadata.tokens_computed_at->microseconds <= now_microseconds());
  CHECK(metadata_of_id(project, "empty").tokens == 0u);
  CHECK(metadata_of_id(store.open(), "a") == metadata);
}

TEST_CASE("an importer's count is trusted, one that was made here for another tokenizer is not") {
  const TestStore store(counting_config());
  const Time time{some_moment, true};
  const Project project =
      filled(store,
             {counted_by("nobody", "", std::nullopt), counted_by("other", "claude", time),
              counted_by("known", "cl100k_base", std::nullopt),
              counted_by("same", "o200k_base", time), counted_by("ours", "cl100k_base", time)},
             GENERATE(false, true));
  for (const char* id : {"nobody", "other", "known", "same"}) {
    INFO(id);
    CHECK(metadata_of_id(project, id).tokens == 7u);
  }
  CHECK(metadata_of_id(project, "nobody").tokenizer == "unknown");
  CHECK(metadata_of_id(project, "other").tokenizer == "claude");
  CHECK(metadata_of_id(project, "ours").tokens == tokens_of(some_text));
  CHECK(metadata_of_id(project, "ours").tokenizer == "o200k_base");
}

TEST_CASE("an unchanged text is not counted again, a changed one is") {
  const TestStore store(counting_config());
  const bool in_bulk = GENERATE(false, true);
  Project project =
      filled(store, {segment("same", some_text), segment("changed", some_text)}, true);
  const Metadata before = metadata_of_id(project, "same");
  const NewSegment changed = segment("changed", some_text + " // more");
  if (in_bulk) {
    CHECK(ingest(project, {segment("same", some_text)}).counted == 0);
    CHECK(ingest(project, {segment("same", some_text), changed}).counted == 1);
  } else {
    filled(store, {segment("same", some_text), changed}, false);
  }
  CHECK(metadata_of_id(project, "same").tokens_computed_at == before.tokens_computed_at);
  CHECK(metadata_of_id(project, "same").tokens == before.tokens);
  CHECK(metadata_of_id(project, "changed").tokens == tokens_of(changed.text));
  CHECK(metadata_of_id(project, "changed").tokens_computed_at != before.tokens_computed_at);
  CHECK(ingest(project, {segment("same", some_text), changed}).counted == 0);
}

TEST_CASE("a version without a count does not inherit that of an importer") {
  const TestStore store(counting_config());
  Project project = filled(store, {counted_by("a", "claude", Time{1, true})}, true);
  CHECK(ingest(project, {segment("a", some_text)}).counted == 1);
  CHECK(metadata_of_id(project, "a").tokens == tokens_of(some_text));
}

TEST_CASE("a stash of the same text has the count at once, whatever is merged before its fold") {
  const TestStore store(counting_config());
  const auto state = store.state();
  Project project(state);
  ingest(project, {segment("a", some_text)});
  ingest(project, {segment("b", some_text)});
  const Metadata before = metadata_of_id(project, "a");
  stash(project, segment("a", some_text));
  CHECK(metadata_of_id(project, "a").tokens_computed_at == before.tokens_computed_at);
  merge_shards_only(state);  // the version that was counted is gone
  project.merge(true).value();
  CHECK(metadata_of_id(project, "a").tokens_computed_at == before.tokens_computed_at);
}

TEST_CASE("the count that a tokenizer had is made anew by a merge when the store has another one") {
  const TestStore store(counting_config());
  filled(store, {segment("a", some_text), counted_by("b", "unknown", std::nullopt)}, true);
  store.set_config(counting_config("cl100k_base"));
  Project project = store.open();
  CHECK(metadata_of_id(project, "a").tokenizer == "o200k_base");
  stash(project, "c", "another");
  project.merge(true).value();
  CHECK(metadata_of_id(project, "a").tokenizer == "cl100k_base");
  CHECK(metadata_of_id(project, "a").tokens == tokens_of(some_text, "cl100k_base"));
  CHECK(metadata_of_id(project, "b").tokens == 7u);
}

TEST_CASE("a merge of what is counted counts nothing") {
  const TestStore store(counting_config());
  Project project = filled(store, {segment("a", some_text)}, true);
  filled(store, {segment("b", some_text)}, true);
  const Metadata before = metadata_of_id(project, "a");
  project.merge(true).value();
  CHECK(metadata_of_id(project, "a") == before);
}

// What a plan of all sources makes of each document, in its order.
struct Read {
  std::vector<Metadata> metadata;
  u64 counted = 0;
};

Read read_all(const View& view, const CountingRules& rules) {
  std::vector<MergeSource> sources;
  for (const IndexView& one : stored_indexes(view)) {
    sources.push_back({one, std::dynamic_pointer_cast<const shard::Shard>(one.index)});
  }
  const DocumentPlan plan = plan_documents(sources).value();
  PlannedMetadata planned(sources, plan, rules, {});
  Read read;
  for (usize n = 0; n < plan.documents.size(); ++n) read.metadata.push_back(planned.next().value());
  read.counted = planned.counted();
  return read;
}

TEST_CASE("metadata come in the order of the plan, whatever the batch") {
  const TestStore store(counting_config());
  const auto state = store.state();
  const Project project(state);
  std::vector<NewSegment> segments;
  for (int n = 0; n < 20'000; ++n) {
    segments.push_back(segment("s" + std::to_string(n), "n " + std::to_string(n * 7919)));
    segments.back().file = "f" + std::to_string(n % 300);
  }
  ingest(project, segments);
  const Read none = read_all(*view_of(state), {});
  CHECK(none.counted == 0);
  CHECK(none.metadata.size() == 20'000);
  CountingRules rules;
  rules.tokenizer = "o200k_base";
  rules.recount = true;
  const Read again = read_all(*view_of(state), rules);
  CHECK(again.counted == 20'000);
  usize wrong = 0;
  for (usize n = 0; n < none.metadata.size(); ++n) {
    wrong += again.metadata[n].id != none.metadata[n].id;
    wrong += again.metadata[n].tokens != none.metadata[n].tokens;
    wrong += again.metadata[n].tokens_computed_at == none.metadata[n].tokens_computed_at;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a text that cannot be read ends it, as does a request to stop") {
  const TestStore store;
  const auto state = store.state();
  stash_many(Project(state), "s", 5);
  std::vector<MergeSource> sources = {{view_of(state)->indexes[0], nullptr}};
  const DocumentPlan plan = plan_documents(sources).value();
  CountingRules rules;
  rules.tokenizer = "o200k_base";
  std::stop_source stopped;
  stopped.request_stop();
  PlannedMetadata cancelled(sources, plan, rules, stopped.get_token());
  CHECK(cancelled.next().error().code == ErrorCode::cancelled);
  const u64 inside = read_text(store.active_log()).find("text s number 3");
  flip_byte(store.active_log(), inside);
  PlannedMetadata damaged(sources, plan, rules, {});
  CHECK(damaged.next().error().code == ErrorCode::corrupt);
}

}  // namespace
}  // namespace shale::store

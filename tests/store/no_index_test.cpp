// A project with index = "none", all the way: texts are read and counted, and nobody analyses them.
#include "store/project_analysis.hpp"

#include "model/fields.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::testing {
namespace {

store::StoreConfig config_of(TextIndex index) {
  store::StoreConfig config = plain_config();
  config.analysis = "english";
  config.index = index;
  return config;
}

NewSegment note(const std::string& id, const std::string& text) {
  NewSegment result = segment(id, text);
  result.type = "decision";
  result.tags = {"tag"};
  result.file = "src/merge.cpp";
  return result;
}

void is_refused(const Snapshot& now, const std::string& text) {
  INFO(text);
  const auto answer = now.search({.text = text});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::invalid_argument);
  CHECK(answer.error().message.find("index = \"none\"") != std::string::npos);
  Aggregation sum;
  sum.text = text;
  CHECK(now.aggregate(sum).error().code == ErrorCode::invalid_argument);
  CHECK(now.pack({.text = text, .tokens = 100, .tokenizer = "none"}).error().code ==
        ErrorCode::invalid_argument);
}

// Terms that are no metadata.
usize words_in(const std::shared_ptr<Project::State>& state) {
  usize words = 0;
  for (const IndexView& view : view_of(state)->indexes) {
    const auto visit = [&](std::string_view term, const Term&) {
      words += is_metadata_term(term) ? 0 : 1;
      return true;
    };
    view.index->for_each_term("", visit).value();
    words += view.index->word_count();
  }
  return words;
}

void check(const std::shared_ptr<Project::State>& state) {
  const Project project(state);
  const Snapshot now = project.snapshot().value();
  CHECK(words_in(state) == 0);
  for (const char* text :
       {"merging", "-merging", "\"the shards\"", "\"a b\"~3", "merg*", "merge~", "/mer.e/",
        "type:decision merging", "(a OR b)", "type:decision -merging"}) {
    is_refused(now, text);
  }
  CHECK(found_ids(now, "").size() == 2);
  CHECK(found_ids(now, "type:decision") == std::vector<std::string>{"a"});
  CHECK(now.count("-type:decision").value().count == 1);
  CHECK(found_ids(now, "!!!").empty());
  CHECK(now.count("tag:tag file:src/*.cpp").value().count == 1);
  CHECK(text_of(now, "a") == "It merges the shards.");
  const Answer answer = now.search({.where = "type:decision"}).value();
  REQUIRE(answer.hits.size() == 1);
  CHECK(answer.hits[0].snippet == "It merges the shards.");
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("without an index of words: in a log, its replay, a shard, a shard of shards") {
  const TestStore store(config_of(TextIndex::none));
  {
    const auto state = store.state();
    stash(Project(state), note("a", "It merges the shards."));
    stash(Project(state), "b", "the other one");
    check(state);
  }
  store.reboot();
  const auto state = store.state();
  check(state);
  Project(state).merge(false).value();
  check(state);
  ingest(Project(state), {segment("b", "bulk words")});
  check(state);
  Project(state).merge(true).value();
  check(state);
  for (const auto& shard : view_of(state)->edition->shards) {
    CHECK(shard->info().analysis == "none");
    CHECK_FALSE(shard->has_positions());
  }
  CHECK(store.manifest().index == TextIndex::none);
  CHECK(store.manifest().analysis == "english");
}

TEST_CASE("tokens are counted without an index of words") {
  store::StoreConfig config = config_of(TextIndex::none);
  config.tokenizer = "o200k_base";
  const TestStore store(config);
  Project project = store.open();
  stash(project, "a", "It merges the shards.");
  CHECK(project.snapshot().value().sum("tokens", {}).value().rows.at(0).sum > 4);
  project.merge(true).value();
  CHECK(project.snapshot().value().sum("tokens", {}).value().rows.at(0).sum > 4);
}

TEST_CASE("a pack by filter alone takes no words") {
  const TestStore store(config_of(TextIndex::none));
  const Project project = store.open();
  stash(project, note("a", "It merges the shards."));
  const auto count = [](std::string_view text) { return u64(text.size()); };
  const PackQuery query{.where = "type:decision", .tokens = 1000, .count = count};
  CHECK(project.snapshot().value().pack(query).value().segments.size() == 1);
}

TEST_CASE("a shard of words in a project without is damage, and so the other way round") {
  const TestStore store(config_of(TextIndex::positions));
  {
    Project project = store.open();
    stash(project, "a", "some words");
    project.merge(true).value();
  }
  catalog::Manifest manifest = store.manifest();
  manifest.index = TextIndex::none;
  catalog::write_manifest(store.paths().manifest(), manifest).value();
  store.reboot();
  const Answer answer = store.open().snapshot().value().search({}).value();
  REQUIRE(answer.faults.size() == 1);
  CHECK(answer.faults[0].message.find("'english'") != std::string::npos);
}

TEST_CASE("a project like another one keeps of words what that keeps") {
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "store", {.create = true}).value();
  catalog::Manifest like;
  like.analysis = "plain";
  like.index = TextIndex::none;
  const Project project = store::project_like(store, "like", like).value();
  stash(project, "a", "words");
  CHECK_FALSE(project.snapshot().value().search({.text = "words"}));
  CHECK(found_ids(project.snapshot().value(), "").size() == 1);
}

}  // namespace
}  // namespace shale::testing

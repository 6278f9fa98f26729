// What a project's analysis does to the whole way from stash to answer, in logs and in shards.
#include "store/project_analysis.hpp"

#include "model/fields.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::testing {
namespace {

using Ids = std::vector<std::string>;

store::StoreConfig english_config() {
  store::StoreConfig config;
  config.analysis = "english";
  return config;
}

// A store whose project's MANIFEST is changed before anything is written to it.
void change_manifest(const TestStore& store, const std::string& analysis, u32 version) {
  static_cast<void>(store.open());
  catalog::Manifest manifest = store.manifest();
  manifest.analysis = analysis;
  manifest.words_version = version;
  catalog::write_manifest(store.paths().manifest(), manifest).value();
  store.reboot();
}

// All forms of all indexes, with how many documents have each.
std::map<std::string, u64> forms_of(const std::shared_ptr<Project::State>& state) {
  std::map<std::string, u64> forms;
  for (const IndexView& view : view_of(state)->indexes) {
    const auto visit = [&](std::string_view term, const Term& found) {
      forms[std::string(term.substr(1))] += view.index->documents(found).value().count();
      return true;
    };
    view.index->for_each_term(std::string(1, form_tag), visit).value();
  }
  return forms;
}

void check_english(const std::shared_ptr<Project::State>& state) {
  Project project(state);
  CHECK(found_ids(project, "merging") == Ids{"code", "prose"});
  CHECK(found_ids(project, "names") == Ids{"code"});
  CHECK(found_ids(project, "mergeFileNames") == Ids{"code"});
  CHECK(found_ids(project, "the shards") == Ids{"prose"});
  CHECK(found_ids(project, "the") == Ids{"prose"});
  CHECK(found_ids(project, "caf\xC3\xA9") == Ids{"other"});
  CHECK(found_ids(project, "漢字") == Ids{"other"});
  CHECK(found_ids(project, "字漢").empty());
  CHECK(forms_of(state) ==
        std::map<std::string, u64>{
            {"merge", 1}, {"mergefilenames", 1}, {"merges", 1}, {"names", 1}, {"shards", 1}});
  CHECK(count_of(project, "type:decision") == 1);
  Query query;
  query.text = "name";
  const Hit hit = project.snapshot().value().search(query).value().hits.at(0);
  REQUIRE(hit.spans.size() == 1);
  CHECK(hit.snippet.substr(hit.spans[0].begin, hit.spans[0].end - hit.spans[0].begin) ==
        "mergeFileNames");
}

TEST_CASE("english in a log, in a shard, behind an update and in a shard of shards") {
  const TestStore store(english_config());
  const auto state = store.state();
  Project project(state);
  stash(project, "code", "void mergeFileNames();");
  stash(project, "prose", "It merges the shards.");
  stash(project, "other", "Cafe\xCC\x81 漢字かな");
  Update change;
  change.type = "decision";
  update(project, "prose", change);
  check_english(state);
  project.merge(true).value();
  check_english(state);
  // An update of what a shard holds: the next merge takes its metadata terms away, not its forms.
  change.type = "log";
  update(project, "code", change);
  stash(project, "more", "x");
  project.merge(true).value();
  check_english(state);
  CHECK(count_of(project, "type:log") == 1);
  const auto& shards = view_of(state)->edition->shards;
  REQUIRE(shards.size() == 1);
  CHECK(shards[0]->info().analysis == "english");
  CHECK(shards[0]->info().words_version == words_version);
}

TEST_CASE("a bulk ingest and a replayed log are analysed as the project is") {
  const TestStore store(english_config());
  {
    Project project = store.open();
    ingest(project, {segment("bulk", "merging fileNames")});
    stash(project, "late", "it merged names");
  }
  store.reboot();
  CHECK(found_ids(store.open(), "merge name") == Ids{"bulk", "late"});
  CHECK(found_ids(store.open(reading()), "merges") == Ids{"bulk", "late"});
}

TEST_CASE("a project of the first version keeps its rules") {
  const TestStore store;
  change_manifest(store, "plain", 1);
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "cafe\xCC\x81 漢字かな");
  for (int merged = 0; merged < 2; ++merged) {
    CHECK(found_ids(project, "cafe\xCC\x81") == Ids{"a"});
    CHECK(found_ids(project, "caf\xC3\xA9").empty());  // not composed
    CHECK(found_ids(project, "漢字かな") == Ids{"a"});
    CHECK(found_ids(project, "漢字").empty());  // one word
    project.merge(true).value();
  }
  CHECK(store.manifest().words_version == 1);
  CHECK(view_of(state)->edition->shards.at(0)->info().words_version == 1);
}

TEST_CASE("an analysis that is not known is too new, and is named") {
  const std::pair<std::string, u32> unknown[] = {
      {"plain", words_version + 1}, {"english", 1}, {"klingon", words_version}};
  for (const auto& [name, version] : unknown) {
    CAPTURE(name, version);
    const TestStore store;
    change_manifest(store, name, version);
    for (const StoreOptions& options : {StoreOptions(), reading()}) {
      const auto refused = store.try_state(options);
      REQUIRE(!refused);
      CHECK(refused.error().code == ErrorCode::too_new);
      const std::string wanted = "'" + name + "' of version " + std::to_string(version);
      CHECK(refused.error().message.find(wanted) != std::string::npos);
    }
  }
}

TEST_CASE("a shard of another analysis than its project's is a fault") {
  const TestStore store;
  {
    Project project = store.open();
    stash(project, "a", "text");
    project.merge(true).value();
  }
  change_manifest(store, "english", words_version);
  const auto state = store.state();
  const std::vector<Fault>& faults = view_of(state)->edition->faults;
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].message.find("'plain' of version 2") != std::string::npos);
  CHECK(faults[0].message.find("'english' of version 2") != std::string::npos);
}

}  // namespace
}  // namespace shale::testing

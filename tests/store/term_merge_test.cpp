#include "store/term_merge.hpp"

#include "tests/store/merge_sources.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

Terms merged(const std::vector<MergeSource>& sources, const DocumentPlan& plan) {
  const auto merge = TermMerge::make(sources, plan).value();
  return terms_of(*merge, true);
}

TEST_CASE("merged terms are those of the planned documents, positions and all") {
  const unsigned seed = std::random_device{}();
  for (unsigned round = 0; round < 8; ++round) {
    INFO("seed " << seed + round);
    const MergeInputs inputs(seed + round);
    const DocumentPlan plan = plan_documents(inputs.sources()).value();
    REQUIRE(plan.documents.size() > 20);
    const Terms found = merged(inputs.sources(), plan);
    const Terms expected = naive_terms(inputs.sources(), plan);
    for (const auto& [term, postings] : expected) {
      INFO("term " << term);
      const auto same = found.find(term);
      REQUIRE(same != found.end());
      REQUIRE(same->second == postings);
    }
    REQUIRE(found.size() == expected.size());
  }
}

TEST_CASE("a month's terms are those of its documents") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  const MergeInputs inputs(seed);
  const std::vector<u32> months = months_of(inputs.sources()).value();
  for (const u32 month : months) {
    const DocumentPlan plan = plan_documents(inputs.sources(), month).value();
    CHECK((merged(inputs.sources(), plan) == naive_terms(inputs.sources(), plan)));
  }
}

// Long positions make varints of several bytes, which are skipped eight at a time.
TEST_CASE("postings are sorted with their positions when documents change order") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  for (int n = 0; n < 30; ++n) {
    NewSegment one = segment("s" + std::to_string(n), "");
    for (int i = 0; i < 400; ++i) {
      one.text += (i * 7 + n) % (n + 2) == 0 ? "often " : "filler" + std::to_string(i % 50) + " ";
    }
    one.file = "file" + std::to_string(29 - n);  // the other way round
    stash(project, one);
    if (n == 10 || n == 20) fold(state);
  }
  erase(project, "s5");
  erase(project, "s15");
  const auto view = view_of(state);
  const auto sources = sources_of(*view);
  const DocumentPlan plan = plan_documents(sources).value();
  REQUIRE(plan.documents.size() == 28);
  const Terms found = merged(sources, plan);
  CHECK((found == naive_terms(sources, plan)));
  CHECK(found.at("often").size() > 20);
}

TEST_CASE("metadata terms of patched documents are those of now") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  NewSegment one = segment("a", "word");
  one.file = "old.cpp";
  one.tags = {"kept", "gone"};
  stash(project, one);
  fold(state);
  stash(project, "b", "word");
  Update changes;
  changes.file = std::optional<std::string>("new.cpp");
  changes.tags_removed = {"gone"};
  changes.pinned = true;
  update(project, "a", changes);
  const auto view = view_of(state);
  const auto sources = sources_of(*view);
  const Terms found = merged(sources, plan_documents(sources).value());
  CHECK(found.contains(metadata_term(Field::file, "new.cpp")));
  CHECK(!found.contains(metadata_term(Field::file, "old.cpp")));
  CHECK(found.contains(metadata_term(Field::tag, "kept")));
  CHECK(!found.contains(metadata_term(Field::tag, "gone")));
  CHECK(found.contains(metadata_term(Field::pinned, "true")));
  CHECK(found.at(metadata_term(Field::type, "note")).size() == 2);
  CHECK(found.at("word").size() == 2);
}

TEST_CASE("terms of dead documents drop out") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "shared onlya");
  stash(project, "b", "shared onlyb");
  erase(project, "a");
  const auto view = view_of(state);
  const auto sources = sources_of(*view);
  const Terms found = merged(sources, plan_documents(sources).value());
  CHECK(!found.contains("onlya"));
  CHECK(found.contains("onlyb"));
  CHECK(found.at("shared").size() == 1);
}

TEST_CASE("nothing merges to nothing") {
  const DocumentPlan plan = plan_documents({}).value();
  CHECK(merged({}, plan).empty());
}

}  // namespace
}  // namespace shale::store

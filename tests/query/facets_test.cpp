// Facets against a naive count of the hits of the same search.
#include "query/facets.hpp"

#include "query/engine.hpp"
#include "query/filter_time.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

std::vector<std::string> values_of(const Metadata& m, const std::string& name) {
  if (name == "type") return {m.type};
  if (name == "task") return {m.task.value_or("")};
  if (name == "file") return {m.file.value_or("")};
  if (name == "topic") return {m.topic.value_or("")};
  if (name == "tier") return {std::string(tier_name(m.tier))};
  if (name == "generation") return {std::string(generation_name(m.generation))};
  if (name == "pinned") return {m.pinned ? "true" : "false"};
  if (name == "tag") return m.tags.empty() ? std::vector<std::string>{""} : m.tags;
  return {date_text(day_of(m.created_at.microseconds))};
}

const std::vector<std::string> all_fields = {"type", "task",       "file",   "topic", "tag",
                                             "tier", "generation", "pinned", "day"};

// Counted by a look at every hit there is.
Facet naive(const Corpus& corpus, Query query, const std::string& field, usize rows_max) {
  query.limit = 1'000'000;
  query.facets = {};
  std::map<std::string, u64> counts;
  const RankedAnswer every = search(corpus.views, query, {}).value();
  REQUIRE(every.hits.size() == every.total);
  for (const Ranked& hit : every.hits) {
    const Metadata& metadata = corpus.at(hit.place.view, hit.place.doc).metadata;
    for (const std::string& value : values_of(metadata, field)) ++counts[value];
  }
  Facet facet{field, {}, counts.size()};
  for (const auto& [value, count] : counts) facet.rows.push_back({value, count});
  std::stable_sort(facet.rows.begin(), facet.rows.end(),
                   [](const FacetRow& a, const FacetRow& b) { return a.count > b.count; });
  if (facet.rows.size() > rows_max) facet.rows.resize(rows_max);
  return facet;
}

TEST_CASE("facets agree with a count of all hits, whatever the page") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 120; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 8);
    Query query;
    if (maker.chance(80)) query.text = maker.word() + " " + maker.word();
    if (maker.chance(20)) query.text += " -" + maker.word();
    if (maker.chance(50)) query.where = random_filter(maker).text;
    query.match = maker.pick<Match>({Match::all, Match::any, Match::auto_});
    query.widen_below = 10;
    query.limit = maker.pick<usize>({0, 1, 10});
    query.facet_rows = maker.pick<usize>({0, 1, 2, 100});
    for (u32 i = 1 + maker.below(3); i-- > 0;) query.facets.push_back(maker.pick(all_fields));
    INFO("text " << query.text << " where " << query.where << " limit " << query.limit);
    const RankedAnswer answer = search(corpus.views, query, {}).value();
    REQUIRE(answer.facets.size() == query.facets.size());
    for (usize i = 0; i < query.facets.size(); ++i) {
      INFO(query.facets[i]);
      REQUIRE(answer.facets[i] == naive(corpus, query, query.facets[i], query.facet_rows));
    }
  }
}

TEST_CASE("a search that finds nothing has empty facets, an unknown field is the caller's error") {
  CorpusMaker maker(1);
  const Corpus corpus = maker.corpus(2, 30, 5);
  Query query{.text = "nowhere", .facets = {"type", "day"}};
  CHECK(search(corpus.views, query, {}).value().facets ==
        std::vector<Facet>{{"type", {}, 0}, {"day", {}, 0}});
  query.text = "!!!";
  CHECK(search(corpus.views, query, {}).value().facets.size() == 2);
  for (const char* name : {"created", "tokens", "attr", "id", "colour", ""}) {
    query.facets = {name};
    const auto answer = search(corpus.views, query, {});
    INFO(name);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::invalid_argument);
    CHECK(answer.error().message.find("type task file") != std::string::npos);
  }
}

TEST_CASE("a damaged view counts in no facet") {
  CorpusMaker maker(11);
  Corpus corpus = maker.corpus(3, 200, 10);
  const std::vector<IndexView> sound = {corpus.views[0], corpus.views[2]};
  const Query query{.text = "w0", .facets = {"type", "day"}};
  const auto expected = search(sound, query, {}).value().facets;
  corpus.indexes[1]->failing = Failing::numbers;
  const RankedAnswer answer = search(corpus.views, query, {}).value();
  CHECK(answer.faults.size() == 1);
  CHECK(answer.facets == expected);
}

}  // namespace
}  // namespace shale::query::testing

#include "query/text_matches.hpp"

#include "query/engine.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Places = std::vector<std::pair<u32, u32>>;  // view, document

Places places_of(const Scope& scope, const std::vector<DocumentSet>& found) {
  Places places;
  for (usize i = 0; i < found.size(); ++i) {
    for (const u32 doc : found[i].to_vector()) places.emplace_back(scope.active()[i], doc);
  }
  return places;
}

Places places_of(const RankedAnswer& answer) {
  Places places;
  for (const Ranked& hit : answer.hits)
    places.emplace_back(hit.place.view, to_index(hit.place.doc));
  std::sort(places.begin(), places.end());
  return places;
}

TEST_CASE("what is found is what a search finds") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 150; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 60, 6);
    Aggregation asked{.text = maker.word() + " " + maker.word()};
    if (maker.chance(20)) asked.text = maker.word() + "*";
    if (maker.chance(20)) asked.text = maker.word() + "~ OR " + maker.word();
    if (maker.chance(10)) asked.text = "!!!";
    asked.where = random_filter(maker).text;
    asked.match = maker.pick<Match>({Match::all, Match::any, Match::auto_});
    asked.widen_below = maker.below(30);
    Query query{.text = asked.text, .where = asked.where, .match = asked.match, .limit = 1000};
    query.widen_below = asked.widen_below;
    const RankedAnswer answer = search(corpus.views, query, {}).value();
    Scope scope(corpus.views);
    TextMatches text(asked, {}, answer.now);
    const Filter filter = parse_filter(asked.where, answer.now).value();
    INFO("text " << asked.text << " where " << asked.where);
    REQUIRE(places_of(scope, text.find(scope, filter).value()) == places_of(answer));
    REQUIRE(text.is_widened() == answer.widened);
    REQUIRE(text.is_partial() == answer.is_partial);
  }
}

TEST_CASE("a view that fails is blamed, and left out when it is asked again") {
  CorpusMaker maker(3);
  Corpus corpus = maker.corpus(3, 100, 8);
  const Aggregation asked{.text = "w0"};
  TextMatches text(asked, {}, 0);
  corpus.indexes[1]->failing = Failing::documents;
  Scope scope(corpus.views);
  const auto found = text.find(scope, {});
  REQUIRE_FALSE(found);
  REQUIRE(scope.exclude_failed(found.error()));
  CHECK(std::vector<u32>(scope.active().begin(), scope.active().end()) == std::vector<u32>{0, 2});
  const auto rest = text.find(scope, {}).value();
  CHECK(rest.size() == 2);
  const std::vector<IndexView> sound = {corpus.views[0], corpus.views[2]};
  CHECK(rest[0].count() + rest[1].count() == search(sound, {.text = "w0"}, {}).value().total);
}

}  // namespace
}  // namespace shale::query::testing

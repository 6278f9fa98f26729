#include "query/leaving.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("leaving: sums are those of the segments, each under its rule") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(3, 100, 6);
    std::vector<Leaving> leaving;
    leaving.reserve(corpus.views.size());
    for (const IndexView& view : corpus.views) leaving.emplace_back(view.index->document_count());
    std::vector<RetentionRow> expected(retention_rules);
    const u32 share = maker.pick<u32>({2, 30, 100});
    for (const auto& [place, at] : corpus.places) {
      if (!maker.chance(share)) continue;
      const Live& live = corpus.live[at];
      const u32 rule = maker.below(retention_rules);
      leaving[place.first].add(RetentionRule(rule), place.second);
      ++expected[rule].segments;
      expected[rule].text_bytes += live.text.size();
      expected[rule].tokens += live.metadata.tokens.value_or(0);
    }
    const RetentionPlan plan = sum_of_leaving(corpus.views, leaving).value();
    RetentionRow all;
    for (usize rule = 0; rule < retention_rules; ++rule) {
      expected[rule].rule = rule_name(RetentionRule(rule));
      REQUIRE(plan.rows[rule] == expected[rule]);
      all.segments += expected[rule].segments;
      all.text_bytes += expected[rule].text_bytes;
      all.tokens += expected[rule].tokens;
    }
    REQUIRE(plan.segments == all.segments);
    REQUIRE(plan.text_bytes == all.text_bytes);
    REQUIRE(plan.tokens == all.tokens);
  }
}

TEST_CASE("leaving: what is taken out is in no rule any more") {
  Leaving leaving(1000);
  CHECK(leaving.count() == 0);
  CHECK(leaving.to_vector().empty());
  CHECK(leaving.by(RetentionRule::max_age).limit() == 0);
  leaving.add(RetentionRule::max_age, 999);
  leaving.add(RetentionRule::expires, 3);
  DenseSet more(1000);
  more.add(64);
  leaving.add_all(RetentionRule::max_age, more);
  CHECK(leaving.to_vector() == std::vector<u32>{3, 64, 999});
  CHECK(leaving.contains(64));
  leaving.remove(64);
  leaving.remove(5);
  CHECK_FALSE(leaving.contains(64));
  CHECK(leaving.count() == 2);
}

TEST_CASE("leaving: an index that cannot be read is no sum") {
  std::vector<Document> documents(3);
  documents[1].metadata.id = "b";
  auto index = std::make_shared<MemoryIndex>(documents);
  index->failing = Failing::numbers;
  const std::vector<IndexView> views{view_of(index)};
  std::vector<Leaving> leaving{Leaving(3)};
  CHECK(sum_of_leaving(views, leaving));
  leaving[0].add(RetentionRule::expires, 1);
  CHECK_FALSE(sum_of_leaving(views, leaving));
}

}  // namespace
}  // namespace shale::query::testing

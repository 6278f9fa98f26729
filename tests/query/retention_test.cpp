// The rules against a slow implementation that shares no code with them (slow_retention.hpp).
#include "query/retention.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/slow_retention.hpp"

namespace shale::query::testing {
namespace {

using shale::testing::KeptSegment;
using shale::testing::SlowRetention;
using shale::testing::SlowRules;

using Ranges = std::vector<std::optional<CreatedRange>>;

RetentionChoice chosen(const std::vector<IndexView>& views, const RetentionRules& rules, i64 now,
                       Ranges ranges = {}) {
  ranges.resize(views.size());
  return choose_leaving(views, ranges, rules, now).value();
}

std::map<std::string, std::string> told(const std::vector<IndexView>& views,
                                        const RetentionChoice& choice) {
  std::map<std::string, std::string> gone;
  for (usize at = 0; at < views.size(); ++at) {
    for (usize rule = 0; rule < retention_rules; ++rule) {
      for (const u32 doc : choice.leaving[at].by(RetentionRule(rule)).to_vector()) {
        const std::string id = views[at].index->id_of(DocNo(doc)).value();
        REQUIRE(gone.emplace(id, rule_name(RetentionRule(rule))).second);
      }
    }
  }
  return gone;
}

RetentionRules some_rules(CorpusMaker& maker, u64 text_bytes) {
  RetentionRules rules;
  rules.expire = maker.chance(50);
  if (maker.chance(50)) rules.max_age_seconds = maker.below(6) * 43'200 + maker.below(2);
  if (maker.chance(50)) rules.keep_last_per_task = 1 + maker.below(20);
  if (maker.chance(50)) rules.max_bytes = 1 + maker.below(u32(text_bytes) + 2);
  return rules;
}

// All live documents of the view are in it, and no more is known.
CreatedRange range_of(const Corpus& corpus, u32 view, CorpusMaker& maker) {
  CreatedRange range{INT64_MAX, INT64_MIN};
  for (u32 doc = 0; doc < corpus.views[view].index->document_count(); ++doc) {
    i64 created = 0;
    corpus.views[view].index->numbers(Field::created, doc, {&created, 1}).value();
    range.first = std::min(range.first, created);
    range.end = std::max(range.end, created + 1);
  }
  if (maker.chance(50)) range.end += day_us;
  return range;
}

TEST_CASE("retention: the rules choose what a slow reader of them would") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  u64 gone = 0, pinned = 0;
  for (int round = 0; round < 300; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(4), 60, 6);
    std::vector<KeptSegment> all;
    u64 bytes = 0;
    for (const Live& live : corpus.live) {
      all.push_back({live.metadata, live.text.size()});
      bytes += live.text.size();
    }
    Ranges ranges(corpus.views.size());
    for (u32 view = 0; view < ranges.size(); ++view) {
      if (maker.chance(50)) ranges[view] = range_of(corpus, view, maker);
    }
    const RetentionRules rules = some_rules(maker, bytes);
    const i64 now = corpus_start + i64(maker.below(8)) * day_us / 2;
    const RetentionChoice choice = chosen(corpus.views, rules, now, ranges);
    const SlowRetention expected = SlowRules(all, rules, now).run();
    REQUIRE(told(corpus.views, choice) == expected.gone);
    REQUIRE(choice.pinned == expected.pinned.size());
    u64 live = 0;
    for (const Leaving& one : choice.leaving) live += one.live;
    REQUIRE(live == all.size());
    gone += expected.gone.size();
    pinned += expected.pinned.size();
  }
  CHECK(gone > 1000);
  CHECK(pinned > 100);
}

Document made_at(const std::string& id, i64 created) {
  Document document;
  document.metadata.id = id;
  document.metadata.created_at.microseconds = created;
  document.text = "ten bytes.";
  return document;
}

TEST_CASE("retention: nothing goes without a rule, nor by an age longer than all time") {
  const std::vector<IndexView> views{view_of(
      std::make_shared<MemoryIndex>(std::vector{made_at("a", INT64_MIN + 1), made_at("b", 0)}))};
  CHECK_FALSE(has_rules({.expire = false}));
  CHECK(has_rules({}));
  CHECK(chosen(views, {.expire = false}, 0).leaving[0].count() == 0);
  CHECK(chosen(views, {.max_age_seconds = ~u64(0)}, -5).leaving[0].count() == 0);
  CHECK(chosen(views, {.max_age_seconds = ~u64(0)}, INT64_MAX).leaving[0].count() == 0);
  CHECK(chosen(views, {.max_age_seconds = 1}, 1'000'000).leaving[0].count() == 1);
  CHECK(chosen(views, {.max_age_seconds = 1}, 1'000'001).leaving[0].count() == 2);
}

TEST_CASE("retention: of one moment the smallest ids stay") {
  const std::vector<IndexView> views{
      view_of(std::make_shared<MemoryIndex>(std::vector{made_at("b", 7), made_at("c", 7)})),
      view_of(std::make_shared<MemoryIndex>(std::vector{made_at("a", 7), made_at("d", 7)}))};
  CHECK(told(views, chosen(views, {.max_bytes = 20}, 7)) ==
        std::map<std::string, std::string>{{"c", "max_bytes"}, {"d", "max_bytes"}});
  CHECK(told(views, chosen(views, {.max_bytes = 30}, 7)).size() == 1);
  CHECK(told(views, chosen(views, {.max_bytes = 40}, 7)).empty());
  CHECK(told(views, chosen(views, {.max_bytes = 9}, 7)).size() == 4);
}

TEST_CASE("retention: what cannot be read stays, and is told") {
  auto damaged = std::make_shared<MemoryIndex>(std::vector{made_at("a", 1)});
  damaged->failing = Failing::numbers;
  const std::vector<IndexView> views{
      view_of(damaged), view_of(std::make_shared<MemoryIndex>(std::vector{made_at("b", 2)}))};
  const RetentionChoice choice = chosen(views, {.max_age_seconds = 1}, 9'000'000);
  REQUIRE(choice.faults.size() == 1);
  CHECK(choice.leaving[0].count() == 0);
  CHECK(choice.leaving[1].count() == 1);
}

}  // namespace
}  // namespace shale::query::testing

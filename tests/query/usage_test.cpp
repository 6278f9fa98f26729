// The analysis of usage: its sums against a linear scan, its rules against the formula.
#include <cmath>

#include "query/aggregate.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr i64 now_us = corpus_start + 10 * day_us;
constexpr i64 hour_us = day_us / 24;

Document document_of(const std::string& type, std::optional<u32> tokens, i64 touched = now_us) {
  Document document;
  document.metadata.type = type;
  document.metadata.tokens = tokens;
  document.metadata.touched_at = {touched, true};
  return document;
}

bool is_near(double a, double b) { return std::abs(a - b) < 1e-4; }

Usage usage_of(std::vector<Document> documents, std::optional<u64> limit = std::nullopt) {
  const std::vector<IndexView> views{view_of(std::make_shared<MemoryIndex>(std::move(documents)))};
  return usage(views, {.limit = limit, .now = now_us}).value();
}

std::vector<std::pair<Advice, Priority>> advice_of(const Usage& usage) {
  std::vector<std::pair<Advice, Priority>> all;
  for (const Recommendation& one : usage.recommendations) {
    CHECK(one.sentence.ends_with('.'));
    all.emplace_back(one.advice, one.priority);
  }
  return all;
}

using Advices = std::vector<std::pair<Advice, Priority>>;

// -- sums --

using Shares = std::map<std::string, UsageShare>;

void add(Shares& shares, const std::string& value, const Metadata& metadata) {
  UsageShare& share = shares[value];
  share.value = value;
  ++share.count;
  share.tokens += metadata.tokens.value_or(0);
  share.uncounted += metadata.tokens ? 0 : 1;
}

void check_shares(const std::vector<UsageShare>& found, Shares expected, const Usage& all) {
  REQUIRE(found.size() == expected.size());
  for (const UsageShare& share : found) {
    UsageShare& wanted = expected.at(share.value);
    wanted.count_percent = 100 * double(wanted.count) / double(all.segments);
    wanted.token_percent = all.tokens == 0 ? 0 : 100 * double(wanted.tokens) / double(all.tokens);
    REQUIRE(share == wanted);
  }
  for (usize i = 1; i < found.size(); ++i) REQUIRE(found[i - 1].tokens >= found[i].tokens);
}

TEST_CASE("usage agrees with a linear scan") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 150; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 3);
    const Wanted wanted = random_filter(maker);
    INFO("where" << wanted.text);
    const Usage found = usage(corpus.views, {.where = wanted.text, .now = now_us}).value();
    Usage all;
    Shares types, tasks, tiers;
    std::optional<TimeRange> touched;
    for (const Live& live : corpus.live) {
      if (!wanted.holds(live)) continue;
      const Metadata& metadata = live.metadata;
      ++all.segments;
      all.tokens += metadata.tokens.value_or(0);
      all.uncounted += metadata.tokens ? 0 : 1;
      all.pinned += metadata.pinned ? 1 : 0;
      all.pinned_tokens += metadata.pinned ? metadata.tokens.value_or(0) : 0;
      add(types, metadata.type, metadata);
      add(tasks, metadata.task.value_or(""), metadata);
      add(tiers, std::string(tier_name(metadata.tier)), metadata);
      const i64 time = metadata.touched_at.microseconds;
      if (!touched) touched = TimeRange{time, time};
      touched = TimeRange{std::min(touched->first, time), std::max(touched->last, time)};
    }
    REQUIRE(found.segments == all.segments);
    REQUIRE(found.tokens == all.tokens);
    REQUIRE(found.uncounted == all.uncounted);
    REQUIRE(found.pinned == all.pinned);
    REQUIRE(found.pinned_tokens == all.pinned_tokens);
    REQUIRE(found.touched == touched);
    check_shares(found.types, types, all);
    check_shares(found.tasks, tasks, all);
    check_shares(found.tiers, tiers, all);
    REQUIRE_FALSE(found.limit);
    REQUIRE_FALSE(found.percent);
    REQUIRE_FALSE(found.remaining);
  }
}

TEST_CASE("shares come by tokens, then segments, then value") {
  const Usage found = usage_of({document_of("b", 5), document_of("a", 5), document_of("c", 9),
                                document_of("d", 2), document_of("d", 3), document_of("e", {})});
  std::vector<std::string> order;
  for (const UsageShare& share : found.types) order.push_back(share.value);
  CHECK(order == std::vector<std::string>{"c", "d", "a", "b", "e"});
  CHECK(found.types[4].uncounted == 1);
  CHECK(found.types[4].token_percent == 0);
}

// -- the limit --

TEST_CASE("what is used of a limit, and what it asks for") {
  const auto advice = [](u32 tokens) {
    return advice_of(usage_of({document_of("code", tokens), document_of("note", 0)}, 1000));
  };
  CHECK(advice(499).empty());
  CHECK(advice(500) == Advices{{Advice::watch, Priority::low}});
  CHECK(advice(599) == Advices{{Advice::watch, Priority::low}});
  CHECK(advice(600) == Advices{{Advice::stash, Priority::medium}});
  CHECK(advice(799) == Advices{{Advice::stash, Priority::medium}});
  CHECK(advice(800) == Advices{{Advice::prune, Priority::high}});
  CHECK(advice(899) == Advices{{Advice::prune, Priority::high}});
  CHECK(advice(900) == Advices{{Advice::prune, Priority::urgent}});
  CHECK(advice(4000) == Advices{{Advice::prune, Priority::urgent}});
  const Usage over = usage_of({document_of("code", 1250)}, 1000);
  CHECK(over.limit == 1000);
  CHECK(over.percent == 125);
  CHECK(over.remaining == -250);
  CHECK(over.health == 0);
  CHECK(usage_of({document_of("code", 11)}, UINT64_MAX).remaining == INT64_MAX);
  CHECK(usage_of({document_of("code", 11)}, u64(INT64_MAX) + 11).remaining == INT64_MAX);
  CHECK(usage({}, {.limit = 0}).error().code == ErrorCode::invalid_argument);
  CHECK(usage({}, {.where = "colour:red"}).error().code == ErrorCode::invalid_argument);
}

// -- the other rules --

TEST_CASE("the oldest, logs and pins are told") {
  CHECK(advice_of(usage_of({document_of("a", 1, now_us - day_us)})).empty());
  CHECK(advice_of(usage_of({document_of("a", 1, now_us - day_us - 1)})) ==
        Advices{{Advice::review_old, Priority::low}});
  std::vector<Document> logs(10, document_of("log", 1));
  for (usize i = 0; i < 4; ++i) logs[i].metadata.type = "note";
  CHECK(advice_of(usage_of(logs)).empty());  // 60 % are not more than 60 %
  logs[0].metadata.type = "log";
  CHECK(advice_of(usage_of(logs)) == Advices{{Advice::trim_logs, Priority::low}});
  for (Document& document : logs) document.metadata.type = "code";
  CHECK(advice_of(usage_of(logs)).empty());
  for (Document& document : logs) document.metadata.pinned = true;
  CHECK(advice_of(usage_of(logs)) == Advices{{Advice::unpin, Priority::low}});
  logs[3].metadata.pinned = false;
  CHECK(advice_of(usage_of(logs)).empty());
  CHECK(advice_of(usage_of({})).empty());
}

TEST_CASE("ages are those of the first and the last touch") {
  const Usage found = usage_of({document_of("a", 1, now_us - 5 * hour_us),
                                document_of("a", 1, now_us + 7), document_of("a", 1, now_us - 9)});
  CHECK(found.touched == TimeRange{now_us - 5 * hour_us, now_us + 7});
  CHECK(found.oldest_age == 5 * hour_us);
  CHECK(found.newest_age == 0);
  CHECK_FALSE(usage_of({}).touched);
  CHECK_FALSE(usage_of({}).oldest_age);
  CHECK(is_near(usage_of({document_of("a", 1, INT64_MIN + 1)}).health, 85));
}

TEST_CASE("health") {
  CHECK(usage_of({}).health == 100);                          // 105, cut
  CHECK(usage_of({document_of("a", 50)}, 100).health == 55);  // one segment: 5
  CHECK(usage_of({document_of("a", 20), document_of("a", 30)}, 100).health == 50);  // one type: 0
  CHECK(is_near(usage_of({document_of("a", 20), document_of("b", 30)}, 100).health, 60));
  // Three of one, one of another: an entropy of .8113 bits of at most 1.
  std::vector<Document> uneven(4, document_of("a", 10));
  uneven[0].metadata.type = "b";
  CHECK(is_near(usage_of(uneven, 100).health, 60 + 10 * 0.811278));
  // Ages count twice a day, up to 20.
  uneven[1].metadata.touched_at = {now_us - 36 * hour_us, true};
  CHECK(is_near(usage_of(uneven, 100).health, 57 + 10 * 0.811278));
  uneven[1].metadata.touched_at = {now_us - 300 * day_us, true};
  CHECK(is_near(usage_of(uneven, 100).health, 40 + 10 * 0.811278));
}

TEST_CASE("a segment without a count is never guessed") {
  const Usage found = usage_of({document_of("a", {}), document_of("a", 3)}, 10);
  CHECK(found.segments == 2);
  CHECK(found.tokens == 3);
  CHECK(found.uncounted == 1);
  CHECK(found.remaining == 7);
}

// -- several projects, damage --

TEST_CASE("the usage of several projects is that of one with all their segments") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 50; ++round) {
    const Corpus corpus = maker.corpus(3, 40, 2);
    const UsageOptions options{.limit = 5000, .now = now_us};
    std::vector<Usage> parts;
    for (const IndexView& view : corpus.views) {
      parts.push_back(usage(std::span(&view, 1), options).value());
    }
    const Usage joined = joined_usage(parts, options);
    const Usage whole = usage(corpus.views, options).value();
    REQUIRE(joined.segments == whole.segments);
    REQUIRE(joined.tokens == whole.tokens);
    REQUIRE(joined.uncounted == whole.uncounted);
    REQUIRE(joined.pinned_tokens == whole.pinned_tokens);
    REQUIRE(joined.types == whole.types);
    REQUIRE(joined.tasks == whole.tasks);
    REQUIRE(joined.tiers == whole.tiers);
    REQUIRE(joined.percent == whole.percent);
    REQUIRE(joined.remaining == whole.remaining);
    REQUIRE(joined.touched == whole.touched);
    REQUIRE(is_near(joined.health, whole.health));
    REQUIRE(joined.recommendations == whole.recommendations);
  }
}

TEST_CASE("a damaged view is a fault, and the usage that of the others") {
  CorpusMaker maker(2);
  Corpus corpus = maker.corpus(2, 100, 3);
  const std::vector<IndexView> sound = {corpus.views[0]};
  corpus.indexes[1]->failing = Failing::numbers;
  const Usage found = usage(corpus.views, {.now = now_us}).value();
  REQUIRE(found.faults.size() == 1);
  CHECK(found.faults[0].file == "planted.shard");
  CHECK(found.types == usage(sound, {.now = now_us}).value().types);
  const std::vector<Usage> twice = {found, found};
  CHECK(joined_usage(twice, {}).faults.size() == 2);
}

}  // namespace
}  // namespace shale::query::testing

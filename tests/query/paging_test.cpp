// Pages of a search put together against the whole of it, and recency against brute force, bit for
// bit: over indexes with and without ranges, dead documents, equal scores, times and pages of any
// size.
#include "query/engine.hpp"
#include "query/recency.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

struct Told {
  std::string id;
  float score = 0;
  i64 created = 0;
  bool operator==(const Told&) const = default;
};

std::vector<Told> told(const RankedAnswer& answer) {
  std::vector<Told> all;
  for (const Ranked& hit : answer.hits) all.push_back({hit.id, hit.score, hit.created});
  return all;
}

constexpr i64 moment = corpus_start + 3 * day_us;

// As the store makes them.
Cursor start_at(i64 now) {
  Cursor cursor;
  cursor.now = now;
  return cursor;
}
Cursor behind(const RankedAnswer& answer) {
  const Ranked& last = answer.hits.back();
  Cursor cursor = start_at(answer.now);
  cursor.widened = answer.widened;
  cursor.after = OrderKey{key_of(last.score), last.created, last.id};
  return cursor;
}

RankedAnswer page(const Corpus& corpus, const Query& query, const Cursor& from) {
  RankedAnswer answer = search(corpus.views, query, {}, &from).value();
  REQUIRE(answer.faults.empty());
  return answer;
}

// The whole order, which pages of nothing but one size have been compared with in search_test.cpp.
std::vector<Told> whole(const Corpus& corpus, Query query, bool widened) {
  query.limit = 1'000'000;
  Cursor from = start_at(moment);
  from.widened = widened;
  return told(page(corpus, query, from));
}

void page_through(CorpusMaker& maker, const Corpus& corpus, Query query,
                  const std::vector<usize>& limits) {
  query.limit = maker.pick(limits);
  RankedAnswer answer = search(corpus.views, query, {}).value();
  // Ages and recency count from one moment on all pages, here from that of the whole order.
  Cursor first = start_at(moment);
  first.widened = answer.widened;
  answer = page(corpus, query, first);
  REQUIRE(answer.widened == first.widened);
  const std::vector<Told> expected = whole(corpus, query, first.widened);
  REQUIRE(answer.total == expected.size());
  std::vector<Told> all = told(answer);
  while (answer.more) {
    REQUIRE(answer.hits.size() == query.limit);
    const Cursor next = behind(answer);
    query.limit = maker.pick(limits);
    answer = page(corpus, query, next);
    REQUIRE(answer.total == expected.size());
    REQUIRE(answer.widened == first.widened);
    REQUIRE_FALSE(answer.hits.empty());
    const std::vector<Told> more = told(answer);
    all.insert(all.end(), more.begin(), more.end());
    REQUIRE(all.size() <= expected.size());
  }
  REQUIRE(all == expected);
}

Query random_query(CorpusMaker& maker) {
  Query query;
  if (maker.chance(90)) query.text = maker.word();
  if (maker.chance(70)) query.text += " " + maker.word();
  if (maker.chance(20)) query.text += " \"" + maker.word() + " " + maker.word() + "\"";
  if (maker.chance(20)) query.text += " w1*";
  if (maker.chance(20)) query.text += " type:code";
  if (maker.chance(20)) query.text += " OR type:code";
  if (maker.chance(20)) query.text += " OR -" + maker.word();
  if (maker.chance(30)) query.where = random_filter(maker).text;
  query.match = maker.pick<Match>({Match::all, Match::any, Match::auto_});
  query.snippets = false;
  if (maker.chance(50)) {
    query.recency = std::chrono::microseconds(maker.pick<i64>({1, day_us, 30 * day_us}));
  }
  return query;
}

TEST_CASE("pages of any size make the whole order, each hit once") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(4), 100, 1 + maker.below(10));
    for (int i = 0; i < 4; ++i) {
      const Query query = random_query(maker);
      INFO("text " << query.text << " where " << query.where);
      page_through(maker, corpus, query, {1, 2, 7, 50});
    }
  }
}

TEST_CASE("pages over ranges make the whole order: pruning forgets nobody") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 4; ++round) {
    const Corpus corpus = maker.corpus(2, 9000, 1 + maker.below(12));
    for (const auto& index : corpus.indexes) index->range_df_min = maker.pick<u32>({1, 300});
    for (int i = 0; i < 3; ++i) {
      Query query = random_query(maker);
      query.match = Match::any;
      INFO("text " << query.text << " where " << query.where);
      page_through(maker, corpus, query, {37, 64, 65, 300, 2000});
    }
  }
}

TEST_CASE("thousands that tie in score and time are paged through by id") {
  CorpusMaker maker(7);
  std::vector<Document> documents;
  for (u32 i = 0; i < 5000; ++i) {
    Document& document = documents.emplace_back();
    document.metadata = maker.metadata(CorpusMaker::numbered("m", i * 7919 % 5003));
    document.metadata.created_at = {corpus_start + i64(i % 2), true};
    document.text = "same words";
  }
  Corpus corpus;
  corpus.indexes.push_back(std::make_shared<MemoryIndex>(std::move(documents)));
  corpus.indexes[0]->range_df_min = 1;
  corpus.views.push_back(view_of(corpus.indexes[0]));
  for (const char* text : {"same words", ""}) {
    page_through(maker, corpus, {.text = text, .match = Match::any}, {700, 1100});
  }
}

TEST_CASE("recency is every score times its factor, sorted anew: exactly that") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 40; ++round) {
    const bool is_large = round % 10 == 0;
    const Corpus corpus = maker.corpus(2, is_large ? 5000 : 150, 8);
    for (const auto& index : corpus.indexes) index->range_df_min = maker.pick<u32>({1, ~u32(0)});
    Query query = random_query(maker);
    query.limit = maker.pick<usize>({1, 10, 100});
    query.recency = std::nullopt;
    Cursor from = start_at(moment);
    from.widened = maker.chance(50) && query.match == Match::auto_;
    std::vector<Told> expected = whole(corpus, query, from.widened);
    const auto half_life = std::chrono::microseconds(maker.pick<i64>({1000, day_us, 9 * day_us}));
    const Recency recency(half_life, moment);
    for (Told& one : expected) one.score = recency.apply(one.score, one.created);
    std::sort(expected.begin(), expected.end(), [](const Told& a, const Told& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.created != b.created ? a.created > b.created : a.id < b.id;
    });
    query.recency = half_life;
    const RankedAnswer answer = page(corpus, query, from);
    REQUIRE(answer.total == expected.size());
    expected.resize(std::min(expected.size(), query.limit));
    INFO("text " << query.text << " where " << query.where << " limit " << query.limit);
    REQUIRE(told(answer) == expected);
  }
}

TEST_CASE("a half-life is positive, and a time that cannot be read is a fault of its view") {
  CorpusMaker maker(11);
  Corpus corpus = maker.corpus(2, 100, 10);
  Query query{.text = "w0 w1", .match = Match::any, .recency = std::chrono::seconds(0)};
  CHECK(search(corpus.views, query, {}).error().code == ErrorCode::invalid_argument);
  query.recency = std::chrono::seconds(-5);
  CHECK(search(corpus.views, query, {}).error().code == ErrorCode::invalid_argument);
  query.recency = std::chrono::hours(5);
  corpus.indexes[0]->failing = Failing::numbers;
  CHECK(search(corpus.views, query, {}).value().faults.size() == 1);
}

TEST_CASE("no hits asked for: the total and nothing that follows") {
  CorpusMaker maker(12);
  const Corpus corpus = maker.corpus(2, 100, 10);
  Query query{.text = "w0", .limit = 0};
  const RankedAnswer none = search(corpus.views, query, {}).value();
  CHECK(none.total > 0);
  CHECK(none.hits.empty());
  CHECK_FALSE(none.more);
  query.limit = 1;
  const RankedAnswer one = search(corpus.views, query, {}).value();
  CHECK(one.more);
  query.limit = 0;
  const RankedAnswer behind_one = page(corpus, query, behind(one));
  CHECK(behind_one.total == one.total);
  CHECK_FALSE(behind_one.more);
  query.limit = SIZE_MAX;
  CHECK(page(corpus, query, behind(one)).hits.size() == one.total - 1);
}

TEST_CASE("widening goes by the number asked for, and later pages by the first") {
  CorpusMaker maker(13);
  const Corpus corpus = maker.corpus(2, 200, 10);
  Query query{.text = "w0 w1", .match = Match::all};
  const u64 all = search(corpus.views, query, {}).value().total;
  REQUIRE(all > 2);
  query.match = Match::auto_;
  query.limit = 0;
  CHECK_FALSE(search(corpus.views, query, {}).value().widened);
  query.widen_below = all;
  CHECK_FALSE(search(corpus.views, query, {}).value().widened);
  query.widen_below = all + 1;
  CHECK(search(corpus.views, query, {}).value().widened);
  query.limit = 2;
  query.widen_below = std::nullopt;
  const RankedAnswer first = search(corpus.views, query, {}).value();
  CHECK_FALSE(first.widened);
  query.limit = 100'000;  // more than there are
  const RankedAnswer next = page(corpus, query, behind(first));
  CHECK_FALSE(next.widened);
  CHECK(next.total == all);
  query.text = "w0 nowhere";
  query.limit = 2;
  const RankedAnswer wide = search(corpus.views, query, {}).value();
  REQUIRE(wide.widened);
  REQUIRE(wide.total > 4);
  const RankedAnswer second = page(corpus, query, behind(wide));
  CHECK(second.widened);
  CHECK(second.total == wide.total);
  CHECK(second.hits.size() == 2);
}

}  // namespace
}  // namespace shale::query::testing

#include "query/cursor.hpp"

#include <random>
#include <set>

#include "base/base64.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

Cursor sample() {
  Cursor cursor;
  cursor.edition = 7;
  cursor.lsn = u64(3) << 40 | 12345;
  cursor.asked = 0x1234'5678'9abc'def0;
  cursor.now = corpus_start;
  cursor.widened = true;
  cursor.after = OrderKey{key_of(1.25f), corpus_start - 1, "src/a b.cpp#1"};
  return cursor;
}

TEST_CASE("what a cursor says comes back") {
  const Cursor cursor = sample();
  CHECK(decode_cursor(encode_cursor(cursor)).value() == cursor);
  Cursor first = cursor;
  first.after.reset();
  first.widened = false;
  CHECK(decode_cursor(encode_cursor(first)).value() == first);
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int i = 0; i < 2000; ++i) {
    Cursor one = cursor;
    one.edition = maker.below(1000);
    one.widened = maker.chance(50);
    one.now = -i64(maker.below(1000));
    const float score = float(maker.below(100)) / 7;
    one.after = OrderKey{key_of(score), maker.chance(10) ? no_number : i64(maker.below(9)),
                         std::string(1 + maker.below(255), char(maker.below(256)))};
    const std::string text = encode_cursor(one);
    REQUIRE(decode_cursor(text).value() == one);
    REQUIRE(score_of(one.after->key) == score);
    REQUIRE(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_") == std::string::npos);
    REQUIRE(text.front() != '-');  // it would be an option
  }
}

TEST_CASE("the order of keys is that of scores") {
  float before = 0;
  for (const float score : {0.0f, 1e-30f, 0.5f, 1.0f, 1.0000001f, 3.5f, 1e30f}) {
    CHECK((score == 0 || key_of(score) > key_of(before)));
    CHECK(score_of(key_of(score)) == score);
    before = score;
  }
}

TEST_CASE("anything else is no cursor") {
  const std::string sound = encode_cursor(sample());
  for (usize i = 0; i < sound.size(); ++i) {
    std::string changed = sound;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO(changed);
    const auto read = decode_cursor(changed);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::invalid_argument);
    CHECK_FALSE(decode_cursor(std::string_view(sound).substr(0, i)));
  }
  for (const char* text : {"", "x", "garbage", "all.W10=", "AAAA", "\xff\xfe", "A+/="}) {
    INFO(text);
    const auto read = decode_cursor(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("no cursor") != std::string::npos);
  }
  CHECK_FALSE(decode_cursor(sound + "AAAA"));
  CHECK_FALSE(decode_cursor(sound + "="));
  Cursor impossible = sample();
  impossible.after->key = key_of(-1);
  CHECK_FALSE(decode_cursor(encode_cursor(impossible)));
  impossible.after->key = key_of(std::numeric_limits<float>::infinity());
  CHECK_FALSE(decode_cursor(encode_cursor(impossible)));
  impossible = sample();
  impossible.after->id = "";
  CHECK_FALSE(decode_cursor(encode_cursor(impossible)));
}

TEST_CASE("a cursor is of one query in one project") {
  const auto of = [](const Query& query, u64 project) {
    Cursor cursor = sample();
    cursor.asked = asked_hash(query, project);
    return encode_cursor(cursor);
  };
  const Query query{.text = "a", .where = "type:b"};
  const std::string cursor = of(query, 5);
  CHECK(decode_cursor(cursor, query, 5));
  std::vector<Query> others(5, query);
  others[0].text = "b";
  others[1].where = "";
  others[2].match = Match::any;
  others[3].recency = std::chrono::hours(1);
  others[4].text = "atype:b";
  others[4].where = "";
  std::set<u64> hashes = {asked_hash(query, 5), asked_hash(query, 6)};
  for (const Query& other : others) {
    const auto read = decode_cursor(cursor, other, 5);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::invalid_argument);
    CHECK(read.error().message.find("another query") != std::string::npos);
    hashes.insert(asked_hash(other, 5));
  }
  CHECK(hashes.size() == 7);
  CHECK_FALSE(decode_cursor(cursor, query, 6));
  Query same = query;
  same.limit = 99;
  same.snippets = false;
  same.facets = {"type"};
  same.explain = true;
  CHECK(decode_cursor(cursor, same, 5));
}

TEST_CASE("behind some hits of a page goes on behind the last of them") {
  Answer answer;
  answer.page = encode_cursor(sample());
  CHECK(cursor_behind(answer, 3) == answer.page);
  for (const char* id : {"a", "b", "c"}) {
    Hit& hit = answer.hits.emplace_back();
    hit.id = id;
    hit.score = 2.5f;
    hit.created_at.microseconds = corpus_start;
  }
  CHECK(cursor_behind(answer, 0) == answer.page);
  Cursor expected = sample();
  expected.after = OrderKey{key_of(2.5f), corpus_start, "b"};
  CHECK(decode_cursor(cursor_behind(answer, 2)).value() == expected);
  expected.after->id = "c";
  CHECK(decode_cursor(cursor_behind(answer, 100)).value() == expected);
  answer.page = "";
  CHECK(cursor_behind(answer, 2).empty());
}

}  // namespace
}  // namespace shale::query::testing

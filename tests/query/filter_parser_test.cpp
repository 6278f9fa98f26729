#include <cmath>
#include <random>

#include "query/filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

using Kind = Clause::Kind;
constexpr i64 now = 1'800'000'000'000'000;

Clause one(std::string_view where) {
  const Filter filter = parse_filter(where, now).value();
  REQUIRE(filter.clauses.size() == 1);
  return filter.clauses.front();
}

Error refused(std::string_view where) {
  const Result<Filter> filter = parse_filter(where, now);
  INFO(where);
  REQUIRE_FALSE(filter);
  CHECK(filter.error().code == ErrorCode::invalid_argument);
  return filter.error();
}

TEST_CASE("nothing is the filter that all pass") {
  CHECK(parse_filter("", now).value().empty());
  CHECK(parse_filter(" \t\n", now).value().empty());
}

TEST_CASE("clauses are parted by white space") {
  const Filter filter = parse_filter("  type:code\ttag:a  -tag:b ", now).value();
  REQUIRE(filter.clauses.size() == 3);
  CHECK(filter.clauses[0].field == Field::type);
  CHECK(filter.clauses[0].value == "code");
  CHECK(filter.clauses[1].field == Field::tag);
  CHECK_FALSE(filter.clauses[1].negated);
  CHECK(filter.clauses[2].value == "b");
  CHECK(filter.clauses[2].negated);
}

TEST_CASE("values may be quoted") {
  CHECK(one("task:\"two words\"").value == "two words");
  CHECK(one("task:\"a \\\"b\\\" \\\\ \\n\"").value == "a \"b\" \\ \\n");
  CHECK(one("task:\"\"").value.empty());
  CHECK(one("file:\"*.cpp\"").kind == Kind::equals);
  CHECK(one("file:\"*\"").kind == Kind::equals);
  CHECK(one("task:say\"hi\"").value == "say\"hi\"");
}

TEST_CASE("globs and presence") {
  CHECK(one("file:src/*.cpp").kind == Kind::glob);
  CHECK(one("id:m?").kind == Kind::glob);
  CHECK(one("file:src/a.cpp").kind == Kind::equals);
  for (const char* where : {"file:*", "id:*", "tokens:*", "attr.n:*", "tier:*", "lines:*"}) {
    CHECK(one(where).kind == Kind::present);
  }
  CHECK(one("attr.n:a*").kind == Kind::equals);
}

TEST_CASE("numbers") {
  const auto range = [](std::string_view where) {
    const Clause clause = one(where);
    CHECK(clause.kind == Kind::range);
    return std::pair(clause.low, clause.high);
  };
  CHECK(range("tokens:5") == std::pair<i64, i64>(5, 5));
  CHECK(range("tokens:>=5") == std::pair<i64, i64>(5, INT64_MAX));
  CHECK(range("tokens:>5") == std::pair<i64, i64>(6, INT64_MAX));
  CHECK(range("tokens:<=5") == std::pair<i64, i64>(INT64_MIN, 5));
  CHECK(range("tokens:<5") == std::pair<i64, i64>(INT64_MIN, 4));
  CHECK(range("tokens:5..9") == std::pair<i64, i64>(5, 9));
  CHECK(range("tokens:5..") == std::pair<i64, i64>(5, INT64_MAX));
  CHECK(range("tokens:..9") == std::pair<i64, i64>(INT64_MIN, 9));
  CHECK(range("bytes:4K..1M") == std::pair<i64, i64>(4096, 1 << 20));
  CHECK(range("lines:120") == std::pair<i64, i64>(120, 120));
  CHECK(one("lines:120").field == Field::line_first);
}

TEST_CASE("times") {
  const Clause day = one("created:2026-03-01");
  CHECK(day.high - day.low == 86'400'000'000 - 1);
  CHECK(one("created:>2026-03-01").low == day.high + 1);
  CHECK(one("created:>=2026-03-01").low == day.low);
  CHECK(one("created:<2026-03-01").high == day.low - 1);
  CHECK(one("created:<=2026-03-01").high == day.high);
  CHECK(one("created:2026-02-28..2026-03-01").high == day.high);
  const Clause week = one("touched:7d");
  CHECK(week.low == now - 7 * 86'400'000'000);
  CHECK(week.high == INT64_MAX);
  CHECK(one("touched:<7d").high == now - 7 * 86'400'000'000 - 1);
  CHECK(one("touched:2d..1d").low == now - 2 * 86'400'000'000);
}

TEST_CASE("attributes") {
  CHECK(one("attr.key:value").attribute == "key");
  CHECK(one("attr..size:>=10").attribute == ".size");
  const Clause above = one("attr.n:>1.5");
  CHECK(above.kind == Kind::range);
  CHECK(above.low == 2);
  CHECK(above.low_number.value() > 1.5);
  CHECK_FALSE(above.high_number);
  const Clause below = one("attr.n:<2");
  CHECK(below.high == 1);
  CHECK(below.high_number.value() < 2.0);
  const Clause exact = one("attr.n:>=1770000000000000001");
  CHECK(exact.low == 1'770'000'000'000'000'001);
  CHECK(one("attr.path:../x").kind == Kind::equals);
  CHECK(one("attr.path:../x").value == "../x");
  CHECK_FALSE(one("attr.path:1..x").low_number);
}

TEST_CASE("an attribute value means every kind it can be spelt as") {
  const auto accepted = [](std::string_view where) { return accepted_attributes(one(where)); };
  CHECK(accepted("attr.n:5") == std::vector<AttributeValue>{"5", i64(5), 5.0, Json{"5"}});
  CHECK(accepted("attr.n:true") == std::vector<AttributeValue>{"true", true, Json{"true"}});
  CHECK(accepted("attr.n:\"5\"") == std::vector<AttributeValue>{"5"});
  CHECK(accepted("attr.n:nan") == std::vector<AttributeValue>{"nan", Json{"nan"}});
}

TEST_CASE("errors name the clause and where it stands") {
  const Error error = refused("type:code tokens:>many");
  CHECK(error.message.find("clause 2") != std::string::npos);
  CHECK(error.message.find("tokens:>many") != std::string::npos);
  CHECK(error.message.find("byte 10") != std::string::npos);
  CHECK(error.offset == 10);
  for (const char* where : {"word",
                            "type:",
                            "colour:red",
                            ":x",
                            "-",
                            "line_first:3",
                            "attr:x",
                            "attr.:x",
                            "tier:hot",
                            "generation:middle",
                            "pinned:maybe",
                            "tokens:",
                            "tokens:x",
                            "tokens:1.5",
                            "tokens:..",
                            "tokens:1..x",
                            "tokens:9223372036854775807",
                            "bytes:9007199254740992M",
                            "tokens:5K",
                            "created:soon",
                            "created:>",
                            "attr.n:>x",
                            "task:\"open",
                            "task:\"a\"b"}) {
    refused(where);
  }
}

TEST_CASE("no text makes the parser fall") {
  // Every short text over the characters that matter.
  const std::string letters = "-:\".*> \\5";
  u64 accepted_count = 0;
  for (u32 n = 0; n < 9 * 9 * 9 * 9; ++n) {
    std::string value;
    for (u32 rest = n, i = 0; i < 4; ++i, rest /= 9) value += letters[rest % 9];
    for (const char* field : {"tag:", "attr.n:", "tokens:", ""}) {
      accepted_count += parse_filter(field + value, now).has_value() ? 1 : 0;
    }
  }
  CHECK(accepted_count > 1000);
}

TEST_CASE("each error says what is wrong with its clause") {
  const auto says = [](const std::string& clause, const std::string& reason) {
    const Error error = refused("type:a   " + clause + " type:b");
    INFO(error.message);
    CHECK(error.offset == 9);
    CHECK(error.message.find("Filter clause 2 (") == 0);
    CHECK(error.message.find(", byte 9): ") != std::string::npos);
    CHECK(error.message.find(reason) != std::string::npos);
  };
  says("word", "has no `:`");
  says("-", "has no `:`");
  says("task:", "has no value");
  says("task:\"a", "quotes do not match");
  says("task:\"a\"b", "quotes do not match");
  says("colour:red", "no field of that name");
  says("line_last:1", "no field of that name");
  says("attr:1", "no field of that name");
  says("attr.:1", "the attribute has no name");
  says("tier:Working", "a tier is working, stashed or archive");
  says("generation:", "has no value");
  says("generation:Old", "a generation is young or old");
  says("pinned:1", "pinned is true or false");
  says("tokens:1e3", "not a number");
  says("tokens:+1", "not a number");
  says("tokens:1...3", "not a number");
  says("tokens:>=1..3", "not a number");
  says("tokens:>", "not a number");
  says("bytes:K", "not a number");
  says("bytes:1G", "not a number");
  says("attr.n:>=", "not a number");
  says("attr.n:<nan", "not a number");
  says("created:2026-02-30", "neither a date, nor a time, nor an age");
  says("touched:1d..x", "neither a date, nor a time, nor an age");
}

TEST_CASE("numbers end at 2^62, with their unit") {
  CHECK(one("tokens:4611686018427387904").low == i64(1) << 62);
  CHECK(one("tokens:>4611686018427387904").low == (i64(1) << 62) + 1);
  CHECK(one("tokens:<-4611686018427387904").high == -(i64(1) << 62) - 1);
  refused("tokens:4611686018427387905");
  refused("tokens:-4611686018427387905");
  CHECK(one("bytes:4503599627370496K").high == i64(1) << 62);
  refused("bytes:4503599627370497K");
  CHECK(one("bytes:4398046511104M").high == i64(1) << 62);
  refused("bytes:4398046511105M");
  CHECK(one("bytes:3k").low == 3072);
  CHECK(one("bytes:>=-2K").low == -2048);
  CHECK(one("tokens:-5..-3").low == -5);
  CHECK(one("tokens:-5..-3").high == -3);
}

TEST_CASE("every field is known by its names, and each takes what it takes") {
  const std::pair<const char*, Field> names[] = {
      {"type:x", Field::type},         {"task:x", Field::task},
      {"file:x", Field::file},         {"topic:x", Field::topic},
      {"tag:x", Field::tag},           {"tags:x", Field::tag},
      {"tier:archive", Field::tier},   {"generation:old", Field::generation},
      {"pinned:false", Field::pinned}, {"id:x", Field::id},
      {"created:1d", Field::created},  {"created_at:1d", Field::created},
      {"touched:1d", Field::touched},  {"touched_at:1d", Field::touched},
      {"tokens:1", Field::tokens},     {"lines:1", Field::line_first},
      {"words:1", Field::words},       {"bytes:1", Field::bytes},
      {"refcount:1", Field::refcount}, {"gc_survival_count:1", Field::gc_survival_count},
      {"attr.x:1", Field::attribute}};
  for (const auto& [where, field] : names) {
    INFO(where);
    CHECK(one(where).field == field);
    CHECK(one(std::string("-") + where).negated);
    CHECK(is_number(field) == (one(where).kind == Kind::range));
  }
  for (const char* const where : {"type:a*", "task:a*", "file:a*", "topic:a*", "tag:a*", "id:a*"}) {
    CHECK(one(where).kind == Kind::glob);
  }
  refused("tier:a*");
  refused("Type:x");
}

TEST_CASE("a value holds what stands behind the first colon") {
  CHECK(one("file:c:/x").value == "c:/x");
  CHECK(one("attr.a:b:c").attribute == "a");
  CHECK(one("attr.a:b:c").value == "b:c");
  CHECK(one("task:-x").value == "-x");
  CHECK_FALSE(one("task:-x").negated);
  CHECK(one("id:\xc3\xa4").value == "\xc3\xa4");
  CHECK(one("task:a\\b").value == "a\\b");
  CHECK(one("task:\"\\\\\"").value == "\\");
  CHECK(one("task:\"\\\"\"").value == "\"");
}

TEST_CASE("clauses come back whatever their values hold") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string letters = "ab \t\"\\:.*?-<>=";
  for (int round = 0; round < 2000; ++round) {
    std::string where;
    std::vector<Clause> expected(random() % 5);
    for (Clause& clause : expected) {
      for (u32 n = u32(random() % 8); n > 0; --n)
        clause.value += letters[random() % letters.size()];
      clause.negated = random() % 2 == 0;
      clause.field = random() % 2 == 0 ? Field::task : Field::attribute;
      std::string quoted;
      for (const char c : clause.value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
      }
      where += clause.negated ? " -" : "\n";
      where += clause.field == Field::task ? "task:\"" : "attr.key:\"";
      where += quoted + "\"\t";
    }
    INFO(where);
    const Filter filter = parse_filter(where, now).value();
    REQUIRE(filter.clauses.size() == expected.size());
    for (usize i = 0; i < expected.size(); ++i) {
      const Clause& clause = filter.clauses[i];
      REQUIRE(clause.value == expected[i].value);
      REQUIRE(clause.negated == expected[i].negated);
      REQUIRE(clause.field == expected[i].field);
      REQUIRE(clause.kind == Kind::equals);
      REQUIRE(clause.quoted);
    }
  }
}

TEST_CASE("one clause alone is the clause it is in a filter") {
  for (const char* const where :
       {"file:src/*.cpp", "-tokens:>=5", "task:\"a \\\" b\"", "attr.n:..", "lines:3..9", "tag:*"}) {
    INFO(where);
    const Clause clause = parse_clause(where, now).value();
    const Clause expected = one(where);
    CHECK(clause.field == expected.field);
    CHECK(clause.kind == expected.kind);
    CHECK(clause.negated == expected.negated);
    CHECK(clause.quoted == expected.quoted);
    CHECK(clause.value == expected.value);
    CHECK(clause.low == expected.low);
    CHECK(clause.high == expected.high);
  }
  for (const char* const text : {"", " ", "word", "tag:", "tag:a tag:b", " tag:a", "tag:a ",
                                 "tag:\"a\" b", "tag:\"a\"b", "colour:red", "created:nonsense"}) {
    INFO(text);
    const Result<Clause> clause = parse_clause(text, now);
    REQUIRE_FALSE(clause);
    CHECK(clause.error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a quoted value ends at the first quote that no backslash quotes") {
  CHECK(quoted_bytes("\"\"") == 2);
  CHECK(quoted_bytes("\"a b\" c\"") == 5);
  CHECK(quoted_bytes("\"a\\\"b\"") == 6);
  CHECK(quoted_bytes("\"a\\\\\"b\"") == 5);
  CHECK(quoted_bytes("\"a\\n\"") == 5);
  for (const char* const open : {"", "\"", "a\"b\"", " \"\"", "\"a", "\"a\\\"", "\"\\"}) {
    INFO(open);
    CHECK(quoted_bytes(open) == 0);
  }
}

TEST_CASE("bounds of attributes are the nearest integer and the nearest number") {
  const auto low = [](std::string_view where) {
    const Clause clause = one(where);
    return std::pair(clause.low, clause.low_number.value());
  };
  const auto high = [](std::string_view where) {
    const Clause clause = one(where);
    return std::pair(clause.high, clause.high_number.value());
  };
  CHECK(low("attr.n:>=2") == std::pair(i64(2), 2.0));
  CHECK(low("attr.n:>=1.5") == std::pair(i64(2), 1.5));
  CHECK(low("attr.n:>=-1.5") == std::pair(i64(-1), -1.5));
  CHECK(low("attr.n:>2").first == 3);
  CHECK(low("attr.n:>2").second == std::nextafter(2.0, 3.0));
  CHECK(low("attr.n:>-1.5").first == -1);
  CHECK(high("attr.n:<=2") == std::pair(i64(2), 2.0));
  CHECK(high("attr.n:<=-1.5") == std::pair(i64(-2), -1.5));
  CHECK(high("attr.n:<-1.5").first == -2);
  CHECK(high("attr.n:<2").first == 1);
  CHECK(high("attr.n:<2").second == std::nextafter(2.0, 1.0));
  CHECK(low("attr.n:0.5..3").first == 1);
  CHECK(high("attr.n:0.5..3") == std::pair(i64(3), 3.0));
  CHECK(high("attr.n:..-1") == std::pair(i64(-1), -1.0));
  CHECK_FALSE(one("attr.n:..-1").low_number);
  CHECK(one("attr.n:\">5\"").kind == Kind::equals);
  CHECK(one("attr.n:..").value == "..");
  CHECK(one("attr.n:a..b").value == "a..b");
}

TEST_CASE("a value in quotes is spelt so that it comes back") {
  for (const std::string value : {"", "a", "two words", "\"quoted\"", "back\\slash", "\\\"",
                                  "a*?[b]", ">=7d", "ä ö", "\ttab\n"}) {
    const std::string spelt = quoted_value(value);
    INFO(spelt);
    CHECK(quoted_bytes(spelt) == spelt.size());
    const Clause clause = one("task:" + spelt);
    CHECK(clause.kind == Kind::equals);
    CHECK(clause.quoted);
    CHECK(clause.value == value);
  }
}

TEST_CASE("a filter knows whether another moment would find others") {
  const auto depends = [](std::string_view where) {
    return parse_filter(where, now).value().depends_on_now();
  };
  for (const char* const where :
       {"created:7d", "touched:<2h", "-created:>30m", "created:2w..1d", "created:..90s",
        "type:code created:1d", "accessed:>=2020-01-01", "accesses:>=3", "-accesses:0"}) {
    INFO(where);
    CHECK(depends(where));
  }
  for (const char* const where :
       {"", "type:code", "created:>=2020-01-01", "touched:2026-03-01T12:00Z", "tokens:7",
        "created:2020-01-01..2021-01-01", "task:7d", "attr.n:>7", "-pinned:true"}) {
    INFO(where);
    CHECK_FALSE(depends(where));
  }
}

}  // namespace
}  // namespace shale::query

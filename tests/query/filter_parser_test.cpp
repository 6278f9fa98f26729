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

}  // namespace
}  // namespace shale::query

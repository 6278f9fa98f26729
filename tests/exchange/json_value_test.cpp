#include "exchange/json_value.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

// Runs `use` on the value of {"k":<json>}.
template <class Use>
void with_value(const std::string& json, Use use) {
  const simdjson::padded_string text("{\"k\":" + json + "}");
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  REQUIRE(parser.iterate(text).get(document) == simdjson::SUCCESS);
  simdjson::ondemand::value found;
  REQUIRE(document["k"].get(found) == simdjson::SUCCESS);
  JsonValue value("k", found);
  use(value);
}

}  // namespace

TEST_CASE("json value: each kind in its C++ type") {
  with_value("\"a\"", [](JsonValue& v) { CHECK(v.string().value() == "a"); });
  with_value("12 ", [](JsonValue& v) { CHECK(v.name_text().value() == "12"); });
  with_value("true", [](JsonValue& v) { CHECK(v.boolean().value()); });
  with_value("4294967295", [](JsonValue& v) { CHECK(v.count().value() == UINT32_MAX); });
  with_value("[1,2]", [](JsonValue& v) { CHECK(v.line_range().value() == LineRange{1, 2}); });
  with_value("[\"a\",3]", [](JsonValue& v) {
    CHECK(v.strings().value() == std::vector<std::string>{"a", "3"});
  });
  with_value("null", [](JsonValue& v) { CHECK(v.is_null().value()); });
  with_value("0", [](JsonValue& v) { CHECK_FALSE(v.is_null().value()); });
  with_value("-7", [](JsonValue& v) { CHECK(v.time().value().microseconds == -7'000'000); });
}

TEST_CASE("json value: a wrong kind is named with its key") {
  with_value("[]", [](JsonValue& v) {
    CHECK(v.string("a word").error().message == "\"k\" must be a word.");
  });
  with_value("\"1\"", [](JsonValue& v) { CHECK_FALSE(v.count()); });
  with_value("1.0", [](JsonValue& v) { CHECK_FALSE(v.name_text()); });
  with_value("{}", [](JsonValue& v) { CHECK_FALSE(v.time()); });
}

TEST_CASE("json value: members in order, nested values as they stand") {
  with_value("{\"a\":{\"x\" : [1]} ,\"b\":2.5}", [](JsonValue& v) {
    std::vector<std::string> keys;
    std::vector<AttributeValue> values;
    REQUIRE(v.members([&](std::string_view key, JsonValue& member) -> Result<void> {
      keys.emplace_back(key);
      values.push_back(member.attribute().value());
      return {};
    }));
    CHECK(keys == std::vector<std::string>{"a", "b"});
    CHECK(values == std::vector<AttributeValue>{Json{"{\"x\" : [1]}"}, 2.5});
  });
}

TEST_CASE("json value: every problem of a line has a sentence of its own") {
  const std::pair<simdjson::error_code, const char*> problems[] = {
      {simdjson::UTF8_ERROR, "not UTF-8 (such text travels as \"text_base64\")"},
      {simdjson::STRING_ERROR, "a bad escape"},
      {simdjson::UNESCAPED_CHARS, "a control character that is not escaped"},
      {simdjson::UNCLOSED_STRING, "a string does not end"},
      {simdjson::INCOMPLETE_ARRAY_OR_OBJECT, "an object or array does not end"},
      {simdjson::DEPTH_ERROR, "nested too deeply"},
      {simdjson::NUMBER_ERROR, "a number is malformed or too large"},
      {simdjson::NUMBER_OUT_OF_RANGE, "a number is malformed or too large"},
      {simdjson::TAPE_ERROR, "its punctuation is wrong"}};
  for (const auto& [code, sentence] : problems) {
    const Unexpected problem = bad_json(code);
    CHECK(problem.error.code == ErrorCode::invalid_argument);
    CHECK(problem.error.message.starts_with("The line is not valid JSON: "));
    CHECK(problem.error.message.ends_with(std::string(sentence) + "."));
  }
}

TEST_CASE("json value: counts are whole numbers of 32 bits") {
  for (const char* good : {"0", "1", "4294967295"}) {
    with_value(good, [&](JsonValue& v) { CHECK(std::to_string(v.count().value()) == good); });
  }
  for (const char* bad : {"-1", "4294967296", "99999999999999999999", "1.0", "1e3", "0.5", "\"1\"",
                          "null", "true", "[1]", "{}"}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) {
      const auto count = v.count();
      REQUIRE_FALSE(count);
      CHECK(count.error().message == "\"k\" must be a whole number from 0 to 4294967295.");
    });
  }
}

TEST_CASE("json value: names may be numbers, digit by digit") {
  for (const char* good : {"0", "-5", "123456789012345678901234567890", "18446744073709551616"}) {
    with_value(good, [&](JsonValue& v) { CHECK(v.name_text().value() == good); });
  }
  with_value("7\t \r", [](JsonValue& v) { CHECK(v.name_text().value() == "7"); });
  with_value("\"01\"", [](JsonValue& v) { CHECK(v.name_text().value() == "01"); });
  for (const char* bad : {"1.5", "1e2", "-", "01", "-01", "1x", "true", "null", "[]"}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) { CHECK_FALSE(v.name_text()); });
  }
}

TEST_CASE("json value: strings are whole, escapes resolved") {
  with_value(R"("a\u0000\n\"\\\/\ud83d\ude00")", [](JsonValue& v) {
    CHECK(v.string().value() == std::string_view("a\0\n\"\\/\xF0\x9F\x98\x80", 10));
  });
  for (const char* bad : {R"("\ud83d")", R"("\ude00\ud83d")", R"("\u00g0")", R"("\q")"}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) {
      CHECK(v.string().error().message.find("bad escape") != std::string::npos);
    });
  }
}

TEST_CASE("json value: times are texts or seconds") {
  const auto us = [](const std::string& json) {
    i64 result = 0;
    with_value(json, [&](JsonValue& v) { result = v.time().value().microseconds; });
    return result;
  };
  CHECK(us("\"1970-01-01T00:00:01Z\"") == 1'000'000);
  CHECK(us("1e3") == 1'000'000'000);
  CHECK(us("0.000001") == 1);
  CHECK(us("9223372036854") == 9'223'372'036'854'000'000);
  for (const char* bad : {"9223372036855", "18446744073709551615", "1e13", "true", "null", "[]",
                          "\"\"", "\"1\"", "\"noon\""}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) {
      CHECK(v.time().error().message.starts_with("\"k\" must be an RFC 3339 time"));
    });
  }
}

TEST_CASE("json value: arrays answer for every element") {
  with_value("[ ]", [](JsonValue& v) { CHECK(v.strings().value().empty()); });
  with_value("[4294967295, 0]", [](JsonValue& v) {
    CHECK(v.line_range().value() == LineRange{UINT32_MAX, 0});
  });
  for (const char* bad : {"[]", "[1]", "[1,2,3]", "[1,\"2\"]", "[1,null]", "[1,-2]", "{\"a\":1}",
                          "\"1:2\"", "null"}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) { CHECK_FALSE(v.line_range()); });
  }
  for (const char* bad : {"[\"a\",null]", "[[\"a\"]]", "[true]", "[1.5]", "\"a\"", "{}", "null"}) {
    INFO(bad);
    with_value(bad,
               [](JsonValue& v) { CHECK(v.strings().error().message.find("\"k\" must be") == 0); });
  }
}

TEST_CASE("json value: attributes keep their kind") {
  const std::pair<const char*, AttributeValue> kinds[] = {
      {"\"1\"", std::string("1")},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", Json{"9223372036854775808"}},
      {"-9223372036854775809", Json{"-9223372036854775809"}},
      {"1.0", 1.0},
      {"1e2", 100.0},
      {"5e-324", 5e-324},
      {"false", false},
      {"null", Json{"null"}},
      {"[ 1 ,\"]\"]  ", Json{"[ 1 ,\"]\"]"}},
      {"{\"a\" : {} }\t", Json{"{\"a\" : {} }"}}};
  for (const auto& kind : kinds) {
    INFO(kind.first);
    with_value(kind.first, [&](JsonValue& v) { CHECK(v.attribute().value() == kind.second); });
  }
  for (const char* bad : {"1e999", "-1e999", "01", "1.", "tru", "nul", "[1,]", "{\"a\":}", "[01]",
                          "[\"\\x\"]", "{\"a\" 1}"}) {
    INFO(bad);
    with_value(bad, [](JsonValue& v) { CHECK_FALSE(v.attribute()); });
  }
}

TEST_CASE("json value: a walk over members ends with the first refusal") {
  with_value("{\"a\":1,\"b\\u0041\":2,\"c\":3}", [](JsonValue& v) {
    std::string keys;
    const auto walked = v.members([&](std::string_view key, JsonValue& member) -> Result<void> {
      keys.append(key).append(" ");
      if (member.count().value() == 2) return member.wrong("less");
      return {};
    });
    REQUIRE_FALSE(walked);
    CHECK(walked.error().message == "\"bA\" must be less.");
    CHECK(keys == "a bA ");
  });
  const auto accept = [](std::string_view, const JsonValue&) -> Result<void> { return {}; };
  with_value("null", [&](JsonValue& v) { CHECK(v.members(accept)); });
  with_value("[]", [&](JsonValue& v) {
    CHECK(v.members(accept).error().message == "\"k\" must be an object.");
  });
  with_value("{\"a\":1,}", [&](JsonValue& v) { CHECK_FALSE(v.members(accept)); });
}

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

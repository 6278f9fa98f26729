#include "exchange/json_text.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace shale::exchange;

namespace {
std::string as_json(std::string_view text) {
  std::string out = "x";  // appends, does not replace
  append_json_string(out, text);
  return out.substr(1);
}
}  // namespace

TEST_CASE("json text: strings are escaped as JSON wants") {
  CHECK(as_json("") == "\"\"");
  CHECK(as_json("plain \xC3\xA9") == "\"plain \xC3\xA9\"");
  CHECK(as_json("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(as_json("\n\r\t") == "\"\\n\\r\\t\"");
  CHECK(as_json(std::string_view("\0\x1f", 2)) == "\"\\u0000\\u001f\"");
}

TEST_CASE("json text: another parser reads every single byte back") {
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', char(c), 'b'};
    CHECK(nlohmann::json::parse(as_json(text)).get<std::string>() == text);
  }
}

TEST_CASE("json text: what is JSON") {
  for (const char* good : {"null", "1", "-1.5e3", "\"a\"", "[]", "{}", "[1, {\"a\": null}]"}) {
    INFO(good);
    CHECK(is_json(good));
  }
  for (const char* bad :
       {"", " ", "nul", "[1,,2]", "{\"a\"}", "[1", "1 2", "{} {}", "'a'", "[\"\xff\"]"}) {
    INFO(bad);
    CHECK_FALSE(is_json(bad));
  }
}

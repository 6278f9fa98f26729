#include "exchange/json_text.hpp"

#include <nlohmann/json.hpp>
#include <random>

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

TEST_CASE("json text: random strings are read back by another parser, on one line") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string pieces[] = {
      "\"", "\\", "\n",       "\r",           std::string(1, '\0'), "\x1f",
      "/",  "u0", "\xC3\xA9", "\xE2\x80\xA8", "\xF0\x9F\x98\x80",   "\x7f"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (auto i = random() % 40; i > 0; --i) {
      text += random() % 2 == 0 ? pieces[random() % std::size(pieces)]
                                : std::string(random() % 50, 'x');
    }
    const std::string json = as_json(text);
    REQUIRE(nlohmann::json::parse(json).get<std::string>() == text);
    REQUIRE(json.find_first_of("\n\r") == std::string::npos);
    REQUIRE(is_json(json));
  }
}

TEST_CASE("json text: nothing nested too deeply passes, and nothing crashes") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(is_json(nested(500)));
  CHECK_FALSE(is_json(nested(1'000'000)));
  CHECK_FALSE(is_json(std::string(1'000'000, '[')));
  CHECK_FALSE(is_json(std::string(1'000'000, '{')));
  CHECK_FALSE(is_json(std::string(1'000'000, '"')));
  CHECK_FALSE(is_json(std::string("1\0", 2)));
  CHECK_FALSE(is_json(std::string("\"\0\"", 3)));
  CHECK_FALSE(is_json("\xEF\xBB\xBFx"));
  CHECK_FALSE(is_json("NaN"));
  CHECK_FALSE(is_json("[1] // one"));
}

#include "exchange/sha256_text.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

TEST_CASE("sha256 text: both cases are read, lower case is written") {
  std::string text;
  for (int i = 0; i < 32; ++i) text += i % 2 == 0 ? "0f" : "A9";
  const auto hash = parse_sha256(text);
  REQUIRE(hash);
  CHECK((*hash)[0] == 0x0f);
  CHECK((*hash)[1] == 0xa9);
  std::string lower = text;
  for (char& c : lower) c = c == 'A' ? 'a' : c;
  CHECK(sha256_text(*hash) == lower);
}

TEST_CASE("sha256 text: nothing else is one") {
  const std::string good(64, 'a');
  REQUIRE(parse_sha256(good));
  CHECK_FALSE(parse_sha256(""));
  CHECK_FALSE(parse_sha256(good + "a"));
  CHECK_FALSE(parse_sha256(good.substr(1)));
  for (const char c : {'g', 'G', ' ', '/', ':', '@', '`', '\0'}) {
    std::string bad = good;
    bad[63] = c;
    CHECK_FALSE(parse_sha256(bad));
  }
}

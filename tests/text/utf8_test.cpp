#include "text/utf8.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

std::string encoded(u32 code) {
  std::string text;
  append_utf8(code, text);
  return text;
}

TEST_CASE("every character comes back as it went") {
  usize wrong = 0;
  for (u32 code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const std::string text = encoded(code);
    const Character back = decode_utf8(text);
    const Character with_more = decode_utf8(text + "\x80z");
    if (back.code != code || back.bytes != text.size()) ++wrong;
    if (with_more.code != code || with_more.bytes != text.size()) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(encoded('a') == "a");
  CHECK(encoded(0xE9) == "\xC3\xA9");
  CHECK(encoded(0x20AC) == "\xE2\x82\xAC");
  CHECK(encoded(0x1F600) == "\xF0\x9F\x98\x80");
}

TEST_CASE("what is no character has no bytes") {
  const std::string_view bad[] = {
      "",
      "\x80",  // a continuation alone
      "\xBF",
      "\xC0\x80",  // overlong forms
      "\xC1\xBF",
      "\xE0\x9F\xBF",
      "\xF0\x8F\xBF\xBF",
      "\xED\xA0\x80",  // surrogates
      "\xED\xBF\xBF",
      "\xF4\x90\x80\x80",  // over U+10FFFF
      "\xF5\x80\x80\x80",
      "\xFE",
      "\xFF",
      "\xC3",  // cut
      "\xE2\x82",
      "\xF0\x9F\x98",
      "\xC3z",  // no continuation
      "\xE2\x82z",
      "\xF0\x9F\x98z",
      "\xE2z\x82",
  };
  for (const std::string_view text : bad) {
    CAPTURE(text);
    CHECK(decode_utf8(text).bytes == 0);
  }
}

TEST_CASE("the first and last characters around the holes are characters") {
  CHECK(decode_utf8("\xED\x9F\xBF").code == 0xD7FF);
  CHECK(decode_utf8("\xEE\x80\x80").code == 0xE000);
  CHECK(decode_utf8("\xF4\x8F\xBF\xBF").code == 0x10FFFF);
  CHECK(decode_utf8(std::string_view("\0", 1)).bytes == 1);
}

TEST_CASE("of random bytes those are characters that encoding a number gives") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  usize characters = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text(1 + random() % 4, ' ');
    for (char& c : text) c = char(0x80 | random());  // no ASCII: most would be that
    const Character found = decode_utf8(text);
    // Reads each length without a look at any rule; only what is written so again counts.
    u32 expected = 0;
    for (usize bytes = 2; bytes <= text.size(); ++bytes) {
      u32 code = u32(u8(text[0])) & (0x7Fu >> bytes);
      for (usize i = 1; i < bytes; ++i) code = code << 6 | (u32(u8(text[i])) & 63);
      const bool surrogate = code >= 0xD800 && code < 0xE000;
      if (code > 0x10FFFF || surrogate || encoded(code) != text.substr(0, bytes)) continue;
      expected = u32(bytes);
      REQUIRE(found.code == code);
    }
    REQUIRE(found.bytes == expected);
    characters += expected > 0 ? 1 : 0;
  }
  CHECK(characters > 1000);
}

TEST_CASE("a border in text of nothing but continuations goes back to the start") {
  CHECK(character_border("\x80\x80\x80", 2) == 0);
  CHECK(character_border("a\x80\x80", 2) == 0);
  CHECK(character_border("a\x80\x80", 3) == 3);
  CHECK(character_border("", 0) == 0);
  CHECK(character_border("", 9) == 0);
}

TEST_CASE("a border never cuts a character") {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";  // 1 2 3 4 1
  const usize borders[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (usize bytes = 0; bytes < std::size(borders); ++bytes) {
    CAPTURE(bytes);
    CHECK(character_border(text, bytes) == borders[bytes]);
  }
}

}  // namespace
}  // namespace shale

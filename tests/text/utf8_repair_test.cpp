// Repaired text, against the rule as it is written down: a character at a time.
#include "text/utf8_repair.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"
#include "text/utf8.hpp"

namespace shale {
namespace {

std::string repaired(std::string_view text) {
  std::string out;
  append_repaired(text, out);
  return out;
}

TEST_CASE("repair: one replacement for each maximal part of a broken character") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(repaired("") == "");
  CHECK(repaired("plain \xC3\xA9") == "plain \xC3\xA9");
  CHECK(repaired("\x80") == bad);
  CHECK(repaired("a\xE4\xB8z") == "a" + bad + "z");
  CHECK(repaired("\xE4\xB8") == bad);
  CHECK(repaired("\xF0\x9F\x99") == bad);
  CHECK(repaired("\xF0\x9F\x99\xF0\x9F\x99\x82") == bad + "\xF0\x9F\x99\x82");
  CHECK(repaired("\xED\xA0\x80") == bad + bad + bad);  // a surrogate
  CHECK(repaired("\xE0\x80\x80") == bad + bad + bad);  // overlong
  CHECK(repaired("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  CHECK(repaired("\xF5\x80") == bad + bad);
  CHECK(repaired("\xC0\xAF") == bad + bad);
}

// Bytes at the start of `text` that could begin a character, none of which is one.
usize maximal_part(std::string_view text) {
  static constexpr std::string_view ends[] = {"",
                                              "\x80",
                                              "\x80\x80",
                                              "\xBF",
                                              "\xBF\xBF",
                                              "\xBF\xBF\xBF",
                                              "\x80\x80\x80",
                                              "\x90\x80\x80",
                                              "\x8F\x80\x80"};
  for (usize bytes = std::min<usize>(3, text.size()); bytes > 1; --bytes) {
    for (const std::string_view end : ends) {
      const std::string whole = std::string(text.substr(0, bytes)).append(end);
      if (decode_utf8(whole).bytes == whole.size()) return bytes;
    }
  }
  return 1;
}

std::string repaired_by_rule(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const usize whole = decode_utf8(text).bytes;
    out += whole != 0 ? text.substr(0, whole) : "\xEF\xBF\xBD";
    text.remove_prefix(whole != 0 ? whole : maximal_part(text));
  }
  return out;
}

// Of bytes at which something changes: lengths and bounds of characters.
std::string random_bytes(std::mt19937& random, usize longest) {
  static constexpr std::string_view edges =
      "Az\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF";
  const u32 kind = u32(random() % 4);
  std::string text;
  for (usize left = random() % (longest + 1); left > 0; --left) {
    if (kind == 0) text += char(random());
    if (kind == 1) text += edges[random() % edges.size()];
    if (kind == 2)
      text += random() % 3 != 0 ? char(0x80 | random() % 64) : char(0xE0 | random() % 24);
    if (kind == 3) append_utf8(random() % 2 != 0 ? 'a' : 0x80 + u32(random() % 0xD000), text);
  }
  if (kind == 3 && !text.empty()) text[random() % text.size()] = char(random());
  return text;
}

TEST_CASE("repair: what the rule makes of random bytes, behind what stands there already") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::string out = "before";
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_bytes(random, 200);
    // Of its own size on the heap, so that a sanitizer sees a read behind it.
    const std::vector<char> alone(text.begin(), text.end());
    out.resize(6);
    append_repaired({alone.data(), alone.size()}, out);
    REQUIRE(out == "before" + repaired_by_rule(text));
  }
}

TEST_CASE("repair: a character, whole or broken, at each place of a block and at the end") {
  for (const std::string_view character : {"\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x99\x82",
                                           "\xE4\xB8", "\xF0\x9F\x99", "\xED\xA0\x80"}) {
    for (usize before = 0; before < 140; ++before) {
      const std::string start = std::string(before, 'x') + std::string(character);
      for (const std::string_view end : {"", "y", "\x80", "\xE4\xB8\xAD"}) {
        const std::string text = start + std::string(end);
        REQUIRE(repaired(text) == repaired_by_rule(text));
        REQUIRE(repaired(text + std::string(70, 'z')) ==
                repaired_by_rule(text) + std::string(70, 'z'));
      }
    }
  }
}

}  // namespace
}  // namespace shale

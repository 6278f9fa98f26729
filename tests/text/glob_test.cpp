#include "text/glob.hpp"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "base/integers.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

// A second reading of the rules for `*`, `**`, `?` and literals: by recursion, for small inputs.
bool plain_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    const bool is_double = pattern.starts_with("**");
    const std::string_view rest = pattern.substr(is_double ? 2 : 1);
    if (plain_match(rest, text)) return true;
    return !text.empty() && (is_double || text[0] != '/') && plain_match(pattern, text.substr(1));
  }
  if (text.empty()) return false;
  const bool same = pattern[0] == '?' ? text[0] != '/' : pattern[0] == text[0];
  return same && plain_match(pattern.substr(1), text.substr(1));
}

TEST_CASE("literals match themselves") {
  CHECK(glob_match("", ""));
  CHECK(glob_match("src/a.cpp", "src/a.cpp"));
  CHECK_FALSE(glob_match("src/a.cpp", "src/a.cp"));
  CHECK_FALSE(glob_match("src/a.cp", "src/a.cpp"));
  CHECK_FALSE(glob_match("", "a"));
  CHECK_FALSE(glob_match("A", "a"));
}

TEST_CASE("a star stays within a folder, two stars do not") {
  CHECK(glob_match("*", ""));
  CHECK(glob_match("*.cpp", "a.cpp"));
  CHECK(glob_match("src/*.cpp", "src/.cpp"));
  CHECK_FALSE(glob_match("src/*.cpp", "src/x/a.cpp"));
  CHECK_FALSE(glob_match("*", "a/b"));
  CHECK(glob_match("*/*", "a/b"));
  CHECK(glob_match("**", "a/b/c"));
  CHECK(glob_match("**", ""));
  CHECK(glob_match("src/**.cpp", "src/x/y/a.cpp"));
  CHECK(glob_match("src/**/*.cpp", "src/x/y/a.cpp"));
  CHECK_FALSE(glob_match("src/**/*.cpp", "src/x/y/a.hpp"));
  CHECK(glob_match("***", "a/b"));
  CHECK(glob_match("a*b*c", "a-b-b-c"));
  CHECK(glob_match("**/b*/c", "a/b/b2/c"));  // the first b must be given up
}

TEST_CASE("a question mark is one character") {
  CHECK(glob_match("a?c", "abc"));
  CHECK(glob_match("a?c",
                   "a\xC3\xA9"
                   "c"));
  CHECK(glob_match("a?c",
                   "a\xFF"
                   "c"));  // a byte that is none counts as one
  CHECK_FALSE(glob_match("a?c", "a/c"));
  CHECK_FALSE(glob_match("a?c", "ac"));
  CHECK_FALSE(glob_match("?", "\xC3\xA9z"));
  CHECK(glob_match("\xC3*", "\xC3z"));
  CHECK_FALSE(glob_match("\xC3*", "\xC3\xA9"));  // nor is it the first byte of a character
  CHECK_FALSE(glob_match("\\\xC3?", "\xC3\xA9"));
}

TEST_CASE("classes") {
  CHECK(glob_match("[a-c]x", "bx"));
  CHECK_FALSE(glob_match("[a-c]x", "dx"));
  CHECK(glob_match("[!a-c]x", "dx"));
  CHECK_FALSE(glob_match("[!a-c]x", "bx"));
  CHECK(glob_match("[abz-]", "-"));
  CHECK(glob_match("[]a]", "]"));
  CHECK(glob_match("[!]a]", "b"));
  CHECK_FALSE(glob_match("[!]a]", "]"));
  CHECK(glob_match("[\\]x]", "]"));
  CHECK(glob_match("[\\]x]", "x"));
  CHECK(glob_match("[\xC3\xA0-\xC3\xBF]", "\xC3\xA9"));  // à-ÿ holds é
  CHECK_FALSE(glob_match("[\xC3\xA0-\xC3\xBF]", "z"));
  CHECK_FALSE(glob_match("[!a]", "/"));
  CHECK_FALSE(glob_match("[.-0]", "/"));  // in the range, and yet no
  CHECK_FALSE(glob_match("[c-a]", "b"));  // an empty range
}

TEST_CASE("what looks like a class and is none stands for itself") {
  CHECK(glob_match("a[b", "a[b"));
  CHECK(glob_match("[]", "[]"));
  CHECK(glob_match("[!]", "[!]"));
  CHECK_FALSE(glob_match("[", "x"));
}

TEST_CASE("a backslash quotes") {
  CHECK(glob_match("\\*", "*"));
  CHECK_FALSE(glob_match("\\*", "a"));
  CHECK(glob_match("a\\?b", "a?b"));
  CHECK(glob_match("\\[a]", "[a]"));
  CHECK(glob_match("\\\\", "\\"));
  CHECK(glob_match("\\", "\\"));  // at the end it quotes nothing
  CHECK(glob_match("\\a", "a"));
}

TEST_CASE("prefix and presence of special characters") {
  CHECK(glob_literal_prefix("src/a.cpp") == "src/a.cpp");
  CHECK(glob_literal_prefix("src/*.cpp") == "src/");
  CHECK(glob_literal_prefix("?").empty());
  CHECK(glob_literal_prefix("ab[c]") == "ab");
  CHECK(glob_literal_prefix("ab\\*") == "ab");
  CHECK_FALSE(has_glob("src/a.cpp"));
  for (const std::string_view pattern : {"*", "a?", "[a", "a\\b"}) CHECK(has_glob(pattern));
}

TEST_CASE("random patterns match as the rules say, and only behind their prefix") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto pick = [&](std::string_view from, usize most) {
    std::string text;
    for (usize left = random() % (most + 1); left > 0; --left) text += from[random() % from.size()];
    return text;
  };
  usize matches = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string pattern = pick("ab/**?", 8);
    // Three stars are two for the matcher; the plain reading needs it spelled so.
    for (usize at; (at = pattern.find("***")) != std::string::npos;) pattern.erase(at, 1);
    const std::string text = pick("aab/", 8);
    const bool expected = plain_match(pattern, text);
    if (expected) ++matches;
    CAPTURE(pattern, text);
    REQUIRE(glob_match(pattern, text) == expected);
    std::string quoted;
    for (const char c : pattern) {
      if (c != '*' && c != '?' && random() % 4 == 0) quoted += '\\';
      quoted += c;
    }
    CAPTURE(quoted);
    Glob glob(quoted);
    const std::string other = pick("aab/", 8);
    REQUIRE(glob.matches(other) == plain_match(pattern, other));  // what one text leaves behind
    REQUIRE(glob.matches(text) == expected);
    if (expected) REQUIRE(text.starts_with(glob_literal_prefix(pattern)));
  }
  CHECK(matches > 1000);
}

// Another reading of `[...]` at the start of a pattern: which of the ASCII characters it holds, and
// how long it is; 0 where nothing closes it.
struct PlainClass {
  std::string held;
  usize bytes = 0;
};
PlainClass plain_class(std::string_view pattern) {
  const bool inverted = pattern.substr(1).starts_with('!');
  const usize first = inverted ? 2 : 1;
  const usize end = pattern.find(']', first + 1);
  if (end == std::string_view::npos) return {};
  std::vector<bool> named(128);
  for (usize at = first; at < end; ++at) {
    const bool range = at + 2 < end && pattern[at + 1] == '-';
    const usize last = usize(pattern[range ? at + 2 : at]);
    for (usize c = usize(pattern[at]); c <= last; ++c) named[c] = true;
    if (range) at += 2;
  }
  PlainClass found{"", end + 1};
  for (usize c = 1; c < 128; ++c) {
    if (named[c] != inverted && c != '/') found.held += char(c);
  }
  return found;
}

TEST_CASE("random classes hold what another reading of them holds") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  usize classes = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string pattern = "[";
    for (usize left = random() % 7; left > 0; --left) pattern += "ace-!^]/09"[random() % 10];
    const PlainClass expected = plain_class(pattern);
    CAPTURE(pattern);
    if (expected.bytes == 0) {
      REQUIRE(glob_match(pattern, pattern));  // a bracket that stands for itself
      continue;
    }
    ++classes;
    const std::string rest = pattern.substr(expected.bytes);
    if (rest.find('[') != std::string::npos) continue;
    for (char c = 1; c > 0 && c < 127; ++c) {
      const bool held = expected.held.find(c) != std::string::npos;
      REQUIRE(glob_match(pattern, std::string(1, c) + rest) == held);
    }
    REQUIRE_FALSE(glob_match(pattern, rest));
  }
  CHECK(classes > 500);
}

TEST_CASE("any bytes are a legal pattern") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  usize matches = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string pattern;
    for (usize left = random() % 12; left > 0; --left) {
      pattern += random() % 2 == 0 ? char(u8(random())) : "[]!-\\*?"[random() % 7];
    }
    const std::string text(random() % 6, char(u8(random())));
    if (glob_match(pattern, text)) ++matches;
  }
  CHECK(matches > 0);
}

TEST_CASE("hostile patterns take no exponential time") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += i % 2 == 0 ? "*a" : "**a";
  const std::string text(4000, 'a');
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(glob_match(pattern + "b", text));
  CHECK(glob_match(pattern, text));
  // 1.6 million steps each; back-tracking would not end today.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

}  // namespace
}  // namespace shale

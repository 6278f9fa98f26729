#include "text/expansion.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"
#include "text/letters.hpp"
#include "text/words.hpp"

namespace shale {
namespace {

using Strings = std::vector<std::string>;

Expansion expanded(std::string_view spelling) {
  Expander expander;
  Expansion out;
  // Behind a word of everything, whose leftovers would show.
  expander.expand("theseNames", out);
  expander.expand(spelling, out);
  return out;
}

void check(std::string_view spelling, std::string_view whole, const Strings& parts,
           const Strings& forms) {
  CAPTURE(spelling);
  const Expansion out = expanded(spelling);
  CHECK(out.whole == whole);
  CHECK(out.parts == parts);
  CHECK(out.forms == forms);
  CHECK_FALSE(out.is_stop_word);
}

TEST_CASE("identifiers are their whole and their parts, stemmed, and their forms") {
  check("getUserName2", "getusername2", {"get", "user", "name", "2"}, {});
  check("get_user_name", "get_user_nam", {"get", "user", "name"}, {"get_user_name"});
  check("HTTPServer", "httpserver", {"http", "server"}, {});
  check("std", "std", {}, {});
  check("vector", "vector", {}, {});
  check("v2", "v2", {"v", "2"}, {});
  check("getNames", "getnam", {"get", "name"}, {"getnames", "names"});
  check("Running", "run", {}, {"running"});
  check("namesName", "namesnam", {"name"}, {"namesname", "names"});  // each term once
  check("__init__", "__init__", {"init"}, {});
  check("_private", "_privat", {"privat"}, {"_private", "private"});
  check("2ndName", "2ndname", {}, {});
}

TEST_CASE("stop words have no parts, and parts that are stop words drop out") {
  CHECK(is_stop_word("the"));
  CHECK(is_stop_word("these"));
  CHECK_FALSE(is_stop_word("has"));
  CHECK_FALSE(is_stop_word(""));
  CHECK_FALSE(is_stop_word("thereof"));
  const Expansion out = expanded("oF");
  CHECK(out.is_stop_word);
  CHECK(out.whole == "of");
  CHECK(out.surface == "of");
  CHECK(out.parts.empty());
  CHECK(out.forms.empty());
  check("isReady", "isreadi", {"readi"}, {"isready", "ready"});
  check("to_be", "to_b", {}, {"to_be"});
}

TEST_CASE("the case of other scripts parts words too") {
  check("getÜberName", "getübernam", {"get", "über", "name"}, {"getübername"});
  check("für", "für", {}, {});  // not f, ü, r
  // A mark belongs to its letter.
  check("E\xCC\x81té", "été", {}, {});
  CHECK(expanded("A\xCC\x81xc").surface == "áxc");
  check("של_x", "של_x", {"של", "x"}, {});
}

TEST_CASE("the stem of every word is the stemmer's") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  Stemmer stemmer;
  Expander expander;
  Expansion out;
  const auto check_stem = [&](const std::string& word) {
    CAPTURE(word);
    expander.expand(word, out);
    if (!out.is_stop_word) REQUIRE(out.whole == stemmer.stem(word));
  };
  constexpr std::string_view syllables[] = {"a",   "e",   "i",  "y",    "al",  "er",  "ing", "ed",
                                            "s",   "ss",  "ly", "ment", "ion", "ize", "ful", "ness",
                                            "ous", "run", "tt", "bl",   "ski", "og",  "iv",  "com"};
  for (int round = 0; round < 20'000; ++round) {
    std::string word;
    for (u32 left = 1 + testing::below(random, 5); left > 0; --left) {
      word += syllables[testing::below(random, std::size(syllables))];
    }
    check_stem(word);
    check_stem(word + "abcdefghijklmnopqrstuvwxyz0_"[testing::below(random, 28)]);
    check_stem(word + "\xC3\xA9");
  }
}

TEST_CASE("a surface is no longer than a word, though letters grow when they are folded") {
  std::string spelling;
  for (int i = 0; i < 127; ++i) spelling += "Ⱥ";  // two bytes, folded three
  CHECK(expanded(spelling).surface.size() == word_bytes_max);
  CHECK(expanded(spelling).whole.size() == word_bytes_max);
}

TEST_CASE("a pair of characters is itself") {
  check("漢字", "漢字", {}, {});
  check("한국", "한국", {}, {});
}

// The pattern as a regular expression would walk it, for ASCII alone.
Strings plain_runs(std::string_view word) {
  Strings runs;
  const auto upper = [&](usize i) { return i < word.size() && word[i] >= 'A' && word[i] <= 'Z'; };
  const auto lower = [&](usize i) { return i < word.size() && word[i] >= 'a' && word[i] <= 'z'; };
  const auto digit = [&](usize i) { return i < word.size() && word[i] >= '0' && word[i] <= '9'; };
  for (usize at = 0; at < word.size();) {
    usize end = at;
    while (upper(end)) ++end;
    while (end > at && lower(end)) --end;  // [A-Z]+(?![a-z]), going back
    if (end == at) {
      end = at + usize(upper(at));  // [A-Z]?[a-z]+
      while (lower(end)) ++end;
    }
    if (end == at) {
      while (digit(end)) ++end;
    }
    if (end > at) runs.emplace_back(word.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return runs;
}

TEST_CASE("runs are those of the pattern") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string word;
    for (u32 left = 1 + testing::below(random, 12); left > 0; --left) {
      word += "aabcABC12_"[testing::below(random, 10)];
    }
    CAPTURE(word);
    const std::vector<std::string_view> runs = identifier_runs(word);
    REQUIRE(Strings(runs.begin(), runs.end()) == plain_runs(word));
  }
}

TEST_CASE("any word: terms are folded, none twice, and a form is no stem of its own") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  Expander expander;
  Expansion out;
  WordScanner scanner;
  for (int round = 0; round < 300; ++round) {
    scanner.scan(testing::random_text(random, 500), {words_version, true, false});
    for (const Word word : scanner.words()) {
      const std::string spelling(scanner.spelling(word));
      CAPTURE(spelling);
      expander.expand(spelling, out);
      Strings terms = out.parts;
      terms.push_back(out.whole);
      for (const std::string& term : terms) {
        REQUIRE_FALSE(term.empty());
        REQUIRE(std::count(terms.begin(), terms.end(), term) == 1);
      }
      REQUIRE(out.surface.size() <= word_bytes_max);
      REQUIRE((out.surface == out.whole ||
               std::count(out.forms.begin(), out.forms.end(), out.surface) == 1));
      for (const std::string& form : out.forms) {
        REQUIRE(std::count(out.forms.begin(), out.forms.end(), form) == 1);
      }
    }
  }
}

}  // namespace
}  // namespace shale

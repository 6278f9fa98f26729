#include "sync/ignore_rules.hpp"

#include <map>
#include <random>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::sync;

namespace {

// What the rules say: 1 left out, 0 kept by a rule, -1 no rule.
int verdict(std::string_view rules, std::string_view path, bool is_folder = false) {
  IgnoreRules parsed;
  parsed.add(rules);
  const auto result = parsed.ignores(path, is_folder);
  return result ? int(*result) : -1;
}

}  // namespace

TEST_CASE("ignore rules: a plain name matches anywhere") {
  CHECK(verdict("*.o\n", "a.o") == 1);
  CHECK(verdict("*.o\n", "deep/down/a.o") == 1);
  CHECK(verdict("*.o\n", "a.oo") == -1);
  CHECK(verdict("build", "build", true) == 1);
  CHECK(verdict("build", "x/build") == 1);
  CHECK(verdict("b?ild", "build") == 1);
  CHECK(verdict("[ab].c", "a.c") == 1);
  CHECK(verdict("[^ab].c", "c.c") == 1);
  CHECK(verdict("[^ab].c", "a.c") == -1);
  CHECK(verdict("[!ab].c", "a.c") == -1);
}

TEST_CASE("ignore rules: a slash anchors") {
  CHECK(verdict("/a.c", "a.c") == 1);
  CHECK(verdict("/a.c", "d/a.c") == -1);
  CHECK(verdict("d/a.c", "d/a.c") == 1);
  CHECK(verdict("d/a.c", "e/d/a.c") == -1);
  CHECK(verdict("d/*", "d/x") == 1);
  CHECK(verdict("d/*", "d/x/y") == -1);
}

TEST_CASE("ignore rules: a slash at the end means folders") {
  CHECK(verdict("build/", "build", true) == 1);
  CHECK(verdict("build/", "build", false) == -1);
  CHECK(verdict("build/", "x/build", true) == 1);
  CHECK(verdict("x/build/", "y/x/build", true) == -1);
}

TEST_CASE("ignore rules: two stars span folders, and none") {
  CHECK(verdict("**/logs", "logs", true) == 1);
  CHECK(verdict("**/logs", "a/b/logs", true) == 1);
  CHECK(verdict("a/**/z", "a/z") == 1);
  CHECK(verdict("a/**/z", "a/b/c/z") == 1);
  CHECK(verdict("a/**/z", "b/a/z") == -1);
  CHECK(verdict("a/**", "a/b/c") == 1);
  CHECK(verdict("a/**", "a") == -1);
}

TEST_CASE("ignore rules: comments, blanks, negation, order") {
  CHECK(verdict("# *.c\n\n  \n", "a.c") == -1);
  CHECK(verdict("\\#a", "#a") == 1);
  CHECK(verdict("\\!a", "!a") == 1);
  CHECK(verdict("a.c  \r\n", "a.c") == 1);
  CHECK(verdict("*.c\n!keep.c\n", "keep.c") == 0);
  CHECK(verdict("*.c\n!keep.c\n", "x.c") == 1);
  CHECK(verdict("!keep.c\n*.c\n", "keep.c") == 1);
  CHECK(verdict("!\n/\n", "a") == -1);
}

TEST_CASE("ignore rules: the deepest folder that says anything decides") {
  IgnoreRules outer;
  outer.add("*.c\n*.o\n");
  IgnoreRules inner;
  inner.add("!/a.c\n");
  const auto top = std::make_shared<IgnoreLevel>(IgnoreLevel{nullptr, outer});
  CHECK(is_ignored(top.get(), "in/a.c", false));
  const IgnoreLevel in{top, inner, "", 3};
  CHECK_FALSE(is_ignored(&in, "in/a.c", false));
  CHECK(is_ignored(&in, "in/b.c", false));
  CHECK(is_ignored(&in, "in/a.o", false));
  CHECK_FALSE(is_ignored(&in, "in/a.h", false));
}

TEST_CASE("ignore rules: stars stay inside a component unless there are two and a slash") {
  CHECK(verdict("d/*.c", "d/a.c") == 1);
  CHECK(verdict("d/*.c", "d/e/a.c") == -1);
  CHECK(verdict("*/a.c", "d/a.c") == 1);
  CHECK(verdict("*/a.c", "a.c") == -1);
  CHECK(verdict("*/a.c", "d/e/a.c") == -1);
  CHECK(verdict("**/d/a.c", "d/a.c") == 1);
  CHECK(verdict("**/d/a.c", "x/y/d/a.c") == 1);
  CHECK(verdict("**/d/a.c", "xd/a.c") == -1);
  CHECK(verdict("/**/a.c", "a.c") == 1);
  CHECK(verdict("/**/a.c", "x/y/a.c") == 1);
  CHECK(verdict("d/**/e/**/f", "d/e/f") == 1);
  CHECK(verdict("d/**/e/**/f", "d/1/2/e/3/f") == 1);
  CHECK(verdict("d/**/e/**/f", "d/1/2/3/f") == -1);
  CHECK(verdict("d/**/", "d/x", true) == 1);
  CHECK(verdict("d/**/", "d/x", false) == -1);
  CHECK(verdict("*", "anything") == 1);
  CHECK(verdict("*", "deep/down/.hidden") == 1);
}

TEST_CASE("ignore rules: classes") {
  CHECK(verdict("[a-c]x", "bx") == 1);
  CHECK(verdict("[a-c]x", "dx") == -1);
  CHECK(verdict("[!a-c]x", "dx") == 1);
  CHECK(verdict("[^a-c]x", "dx") == 1);
  CHECK(verdict("[^a-c]x", "bx") == -1);
  CHECK(verdict("[]x]y", "]y") == 1);
  CHECK(verdict("[!]x]y", "]y") == -1);
  CHECK(verdict("[!]x]y", "zy") == 1);
  CHECK(verdict("[a-]y", "-y") == 1);
  CHECK(verdict("[\\]]y", "]y") == 1);
  CHECK(verdict("[a^]y", "^y") == 1);
  CHECK(verdict("a[!b]c", "a/c") == -1);
  CHECK(verdict("/a[!b]c", "a/c") == -1);
  CHECK(verdict("\\[a]", "[a]") == 1);
  CHECK(verdict("\\[a]", "a") == -1);
}

TEST_CASE("ignore rules: what a backslash quotes stands for itself") {
  CHECK(verdict("a\\*b", "a*b") == 1);
  CHECK(verdict("a\\*b", "axb") == -1);
  CHECK(verdict("a\\?", "a?") == 1);
  CHECK(verdict("a\\?", "ab") == -1);
  CHECK(verdict("a\\\\b", "a\\b") == 1);
  CHECK(verdict("\\a\\b", "ab") == 1);
  CHECK(verdict("a\\ ", "a ") == 1);
  CHECK(verdict("a\\ ", "a") == -1);
  CHECK(verdict("a\\   ", "a ") == 1);
  CHECK(verdict("a b", "a b") == 1);
  CHECK(verdict(" a", " a") == 1);
  CHECK(verdict(" #a", " #a") == 1);
  CHECK(verdict("a#b", "a#b") == 1);
  CHECK(verdict("a!", "a!") == 1);
  CHECK(verdict("!!a\n", "!a") == 0);
}

TEST_CASE("ignore rules: names are compared letter by letter") {
  CHECK(verdict("README", "readme") == -1);
  CHECK(verdict("a?c", "a\xC3\xA9\x63") == 1);  // one character of two bytes
  CHECK(verdict("a?c", "a\xE9\x63") == 1);      // a byte that is none
  CHECK(verdict("\xC3\xA9", "\xC3\xA9") == 1);
  CHECK(verdict("\xC3\xA9", "e\xCC\x81") == -1);  // the same letter in two pieces
  CHECK(verdict("a.c", "abc") == -1);
  CHECK(verdict("a+(b)", "a+(b)") == 1);
  CHECK(verdict("$HOME", "$HOME") == 1);
}

TEST_CASE("ignore rules: files of every shape are read") {
  CHECK(verdict("", "a") == -1);
  CHECK(verdict("\n\n\n", "a") == -1);
  CHECK(verdict("a", "a") == 1);
  CHECK(verdict("a\r\nb\r\n", "a") == 1);
  CHECK(verdict("a\r\nb\r\n", "b") == 1);
  CHECK(verdict(std::string("a\0b\n", 4), "a") == -1);
  CHECK(verdict("\xff\n*.o", "x.o") == 1);
  CHECK(verdict(std::string(100'000, '*') + "\n", "a") == 1);
  CHECK(verdict(std::string(10'000, '[') + "\nb", "b") == 1);
  IgnoreRules rules;
  CHECK(rules.empty());
  rules.add("# only a comment\n\n!\n");
  CHECK(rules.empty());
  rules.add("a\n");
  rules.add("!a\n");  // a second file goes on where the first ended
  CHECK(rules.ignores("a", false) == false);
}

TEST_CASE("ignore rules: of many rules the last that matches decides") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const char* names[] = {"a", "b", "c", "d"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    std::map<std::pair<std::string, bool>, int> expected;  // name and whether it is a folder
    for (u64 i = random() % 12; i > 0; --i) {
      const std::string name = names[random() % 4];
      const bool negated = random() % 3 == 0;
      const bool folders = random() % 3 == 0;
      text += (negated ? "!" : "") + name + (folders ? "/" : "") + "\n";
      expected[{name, true}] = negated ? 0 : 1;
      if (!folders) expected[{name, false}] = negated ? 0 : 1;
    }
    INFO(text);
    for (const char* name : names) {
      for (const bool is_folder : {false, true}) {
        const auto found = expected.find({name, is_folder});
        const int wanted = found == expected.end() ? -1 : found->second;
        REQUIRE(verdict(text, std::string("x/") + name, is_folder) == wanted);
      }
    }
  }
}

TEST_CASE("ignore rules: a folder without an opinion leaves it to those above") {
  const auto rules = [](std::string_view text) {
    IgnoreRules parsed;
    parsed.add(text);
    return parsed;
  };
  CHECK_FALSE(is_ignored(nullptr, "a", false));
  // Paths are asked about from /top: the rules of / lie above their root.
  const auto root =
      std::make_shared<IgnoreLevel>(IgnoreLevel{nullptr, rules("x\n/top/y\n"), "top/"});
  const auto top = std::make_shared<IgnoreLevel>(IgnoreLevel{root, rules("")});
  const IgnoreLevel in{top, rules("/z\n"), "", 3};
  CHECK(is_ignored(&in, "in/x", false));
  CHECK(is_ignored(&in, "in/z", false));
  CHECK_FALSE(is_ignored(&in, "in/y", false));
  CHECK_FALSE(is_ignored(&in, "in/deep/z", false));
  CHECK_FALSE(is_ignored(top.get(), "in/z", false));
  CHECK(is_ignored(top.get(), "y", false));
}

#include "exchange/ignore_rules.hpp"

#include "tests/support/catch.hpp"

using namespace shale::exchange;

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
  IgnoreStack stack;
  stack.push("/top/", outer);
  CHECK(stack.ignores("/top/in/a.c", false));
  stack.push("/top/in/", inner);
  CHECK_FALSE(stack.ignores("/top/in/a.c", false));
  CHECK(stack.ignores("/top/in/b.c", false));
  CHECK(stack.ignores("/top/in/a.o", false));
  CHECK_FALSE(stack.ignores("/top/in/a.h", false));
  stack.pop();
  CHECK(stack.ignores("/top/in/a.c", false));
}

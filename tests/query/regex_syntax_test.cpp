#include "query/regex_syntax.hpp"

#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("regex syntax: whose matches lie within a word") {
  for (const char* pattern : {"merge", "get_?user", "m[a-z]+e", "x[0-9a-f_]{2,8}y", "(foo|bar)+baz",
                              "a\\d\\w*", "(?:ab)c", "[abc-]x", "(?P<Name>a)b", "[\\d_]+"}) {
    INFO(pattern);
    const bool has_dash = std::string_view(pattern).find('-') == 4;
    CHECK(traits_of(pattern).is_within_word == !has_dash);
  }
  for (const char* pattern : {"a b",
                              "a.b",
                              "a-b",
                              "^a",
                              "a$",
                              "\\ba",
                              "a\\b",
                              "a\\Bb",
                              "\\Aa",
                              "a\\z",
                              "a\\sb",
                              "[^a]b",
                              "[a b]",
                              "[[:alpha:]]",
                              "[a-Z]",
                              "\\pLa",
                              "\\p{Greek}",
                              "a\\.b",
                              "gr\xC3\xB6\xC3\x9F"
                              "e",
                              "a{b",
                              "\\x61",
                              "(?i)a",
                              "(?s:a)",
                              "\\W",
                              "\\Qa\\E",
                              "[+-]a",
                              "[]a]b",
                              "a\\/b",
                              "[a\\s]"}) {
    INFO(pattern);
    CHECK_FALSE(traits_of(pattern).is_within_word);
  }
}

TEST_CASE("regex syntax: case counts where an upper-case letter stands for itself") {
  for (const char* pattern : {"Merge", "mergeD", "[A-Z]x", "a|B", "\xC3\x84rger", "[^A]", "(X)"}) {
    INFO(pattern);
    CHECK(traits_of(pattern).has_upper);
  }
  for (const char* pattern : {"merge", "a\\W+b", "\\S", "\\pLx", "\\p{Lu}x", "\\PNx", "\\x4Ax",
                              "\\x{4A}", "(?P<Name>x)", "(?U)x", "[[:upper:]]", "\xC3\xA4rger"}) {
    INFO(pattern);
    CHECK_FALSE(traits_of(pattern).has_upper);
  }
}

TEST_CASE("regex syntax: assertions") {
  for (const char* pattern : {"^", "a$", "\\b", "x\\B", "\\A", "\\z", "(?m)^a", "(a|$)"}) {
    INFO(pattern);
    CHECK(traits_of(pattern).has_assertion);
  }
  for (const char* pattern : {"a", "[$^]", "\\$", "\\^", "[^a]", ".*", "\\\\d", "(?:a)", "\\d"}) {
    INFO(pattern);
    CHECK_FALSE(traits_of(pattern).has_assertion);
  }
}

TEST_CASE("regex syntax: nothing runs over the end") {
  for (const char* pattern : {"", "\\", "[", "[^", "[a-", "[[:", "(?", "(?P<", "\\p", "\\p{", "\\x",
                              "{", "a{1", "a{1,", "[\\", "(?i", "[]"}) {
    traits_of(pattern);
  }
}

TEST_CASE("regex syntax: the pieces of a literal") {
  using Pieces = std::vector<Piece>;
  CHECK(pieces_of("merge") == Pieces{{"merge", false, false}});
  CHECK(pieces_of("merge(delta") == Pieces{{"merge", false, true}, {"delta", true, false}});
  CHECK(pieces_of("->a = ") == Pieces{{"a", true, true}});
  CHECK(pieces_of("na\xC3\xAFve x") ==
        Pieces{{"na", false, false}, {"ve", false, true}, {"x", true, false}});
  CHECK(pieces_of("\xC3\xAF").empty());
  CHECK(pieces_of("").empty());
  CHECK(pieces_of(" -- ").empty());
}

}  // namespace
}  // namespace shale::query::testing

#include "query/parser.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

constexpr i64 now = 1'800'000'000'000'000;

// Stands for the real judge: a `[` is an error.
bool is_regex(std::string_view body) { return body.find('[') == std::string_view::npos; }

ParsedQuery parse(std::string_view text) { return parse_query(text, now, is_regex); }
std::string tree(std::string_view text) { return to_string(parse(text).root); }

struct Line {
  std::string_view text;
  std::string children;  // of the root, as printed
};

void check(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    INFO(line.text);
    const std::string blank = line.children.empty() ? "" : " ";
    CHECK(tree(line.text) == "(sequence" + blank + line.children + ")");
  }
}

// What stands between blanks, as words.
std::string words(std::string_view text) {
  std::string printed;
  for (usize begin = 0; begin < text.size();) {
    const usize end = std::min(text.find(' ', begin), text.size());
    Node leaf;
    leaf.text = text.substr(begin, end - begin);
    if (!leaf.text.empty()) printed += (printed.empty() ? "" : " ") + to_string(leaf);
    begin = end + 1;
  }
  return printed;
}

TEST_CASE("what is no syntax is words, chunk by chunk") {
  // One text between two bars.
  const std::string_view texts =
      "std::vector|read-only|don't|src/index/mod.rs|C++|error: "
      "E0308|(paren|\"unclosed|foo(bar)|a-b|"
      "C:\\x|what's|*|NOT|AND OR|a AND|-|~|tag:|x:y:z|/re|[|{}|\\||--flag|what\"s|\"unclosed rest|"
      "- x|--x|---|f(a b)|(a b)c|)|:)|:(|a)|and/or|/usr/lib/x|NOT x|a NOT b|foo, bar; baz.|a -- b|"
      "->x()|a -> b|a -=b|#include <x>|x\"a b\"|created:nonsense|a or b|(|a )( "
      "b|1.5|@x|a=b|!x|+x|?x";
  for (usize begin = 0; begin <= texts.size();) {
    const usize end = std::min(texts.find('|', begin), texts.size());
    const std::string_view text = texts.substr(begin, end - begin);
    begin = end + 1;
    INFO(text);
    CHECK(tree(text) == "(sequence" + (text.empty() ? "" : " " + words(text)) + ")");
  }
}

TEST_CASE("blanks are ASCII white space, all other bytes are words") {
  using namespace std::string_view_literals;
  check({{" \t\r\n\v\fa\vb\f", words("a b")},
         {"a\0b"sv, "(words \"a\\x00b\")"},
         {"\xc2\xa0\xff", "(words \"\\xc2\\xa0\\xff\")"},
         {"\x1c", "(words \"\\x1c\")"}});
}

TEST_CASE("phrases") {
  check({{"\"a b\"", "(phrase \"a b\")"},
         {"x \"a\" y", "(words \"x\") (phrase \"a\") (words \"y\")"},
         {"\"\"", ""},
         {"\" \t\"", ""},
         {"a \"\" b", words("a b")},
         {"-\"\"", ""},
         {"\"!\"", "(phrase \"!\")"},
         {"\" a \"", "(phrase \" a \")"},
         {"-\"a b\"", "(not (phrase \"a b\"))"},
         {"(\"a b\")", "(phrase \"a b\")"},
         {"\"a* (b) -c OR /d/\"", "(phrase \"a* (b) -c OR /d/\")"},
         {"\"C:\\\" x\"", "(phrase \"C:\\\\\") (words \"x\\\"\")"},
         {"\"a b\",", "(phrase \"a b\")"},
         {"\"a b\"... c", "(phrase \"a b\") (words \"c\")"},
         {"\"a\", OR b", "(any_of (phrase \"a\") (words \"b\"))"},
         {"\"a b\"s", "(phrase \"a b\") (words \"s\")"},
         {"\"a\"-b", "(phrase \"a\") (words \"-b\")"},
         {"\"a\"\"b c\"", "(phrase \"a\") (words \"\\\"b\") (words \"c\\\"\")"},
         {"\"a\"b* c", "(phrase \"a\") (words \"b*\") (words \"c\")"},
         {"\"a\"\xc3\xa4", "(phrase \"a\") (words \"\\xc3\\xa4\")"},
         {"--\"a b\"", words("--\"a b\"")},
         {"a \"b", words("a \"b")},
         {"-\"a", "(not (words \"\\\"a\"))"}});
}

TEST_CASE("near") {
  check({{"\"a b\"~5", "(phrase \"a b\" 5)"},
         {"\"a b\"~1 c", "(phrase \"a b\" 1) (words \"c\")"},
         {"\"a b\"~255", "(phrase \"a b\" 255)"},
         {"\"a b\"~256", "(phrase \"a b\" 255)"},
         {"\"a b\"~99999999999999999999", "(phrase \"a b\" 255)"},
         {"\"a b\"~007", "(phrase \"a b\" 7)"},
         {"\"a b\"~0", "(phrase \"a b\")"},
         {"\"a b\"~5.", "(phrase \"a b\" 5)"},
         {"(\"a b\"~5)", "(phrase \"a b\" 5)"},
         {"-\"a b\"~5", "(not (phrase \"a b\" 5))"},
         {"\"a b\"~", "(phrase \"a b\")"},
         {"\"a b\" ~5", "(phrase \"a b\") (words \"~5\")"},
         {"\"a b\"~5x", "(phrase \"a b\") (words \"~5x\")"},
         {"\"a b\"~-5", "(phrase \"a b\") (words \"~-5\")"},
         {"\"\"~5", ""}});
}

TEST_CASE("prefixes") {
  check({{"foo*", "(prefix \"foo\")"},
         {"foo-ba*", "(prefix \"foo-ba\")"},
         {"-foo*", "(not (prefix \"foo\"))"},
         {"(foo*)", "(prefix \"foo\")"},
         {"(foo*", "(prefix \"(foo\")"},
         {"_*", "(prefix \"_\")"},
         {"\xc3\xa4*", "(prefix \"\\xc3\\xa4\")"},
         {"*foo*", "(prefix \"*foo\")"},
         {"foo~*", words("foo~*")},
         {"foo**", words("foo**")},
         {"C++*", words("C++*")},
         {"src/*", words("src/*")},
         {"/*", words("/*")},
         {"foo* *", "(prefix \"foo\") (words \"*\")"},
         {"a*b", words("a*b")},
         {"foo*,", words("foo*,")},
         {"foo*)", words("foo*)")}});
}

TEST_CASE("fuzzy words") {
  check({{"word~", "(fuzzy \"word\" 1)"},
         {"word~1", "(fuzzy \"word\" 1)"},
         {"word~2", "(fuzzy \"word\" 2)"},
         {"-word~2", "(not (fuzzy \"word\" 2))"},
         {"(word~2)", "(fuzzy \"word\" 2)"},
         {"(-word~", "(fuzzy \"(-word\" 1)"},
         {"a-b~", "(fuzzy \"a-b\" 1)"},
         {"~a~", "(fuzzy \"~a\" 1)"},
         {"word~0", words("word~0")},
         {"word~3", words("word~3")},
         {"word~12", words("word~12")},
         {"word~~", words("word~~")},
         {"word~ 2", "(fuzzy \"word\" 1) (words \"2\")"},
         {"~1", words("~1")},
         {"~/src", words("~/src")},
         {"C++~", words("C++~")},
         {"foo*~", words("foo*~")}});
}

TEST_CASE("negation stands directly before what it negates, where a chunk begins") {
  check({{"-a", "(not (words \"a\"))"},
         {"a -b c", "(words \"a\") (not (words \"b\")) (words \"c\")"},
         {"-a-b", "(not (words \"a-b\"))"},
         {"-'x'", "(not (words \"'x'\"))"},
         {"-(a b)", "(not (sequence (words \"a\") (words \"b\")))"},
         {"-(a OR b)", "(not (any_of (words \"a\") (words \"b\")))"},
         {"-(a)", "(not (words \"a\"))"},
         {"(-a)", "(not (words \"a\"))"},
         {"-(-a)", "(not (sequence (not (words \"a\"))))"},
         {"-(-a b)", "(not (sequence (not (words \"a\")) (words \"b\")))"},
         {"-((-a))", "(not (sequence (not (words \"a\"))))"},
         {"-OR", "(not (words \"OR\"))"},
         {"a -OR b", "(words \"a\") (not (words \"OR\")) (words \"b\")"},
         {"-NOT", "(not (words \"NOT\"))"},
         {"-()", ""},
         {"(a -)", "(sequence (words \"a\") (words \"-\"))"},
         {"-) a", words("-) a")},
         {"--(a b)", words("--(a b)")},
         {"-\t-a", "(words \"-\") (not (words \"a\"))"}});
}

TEST_CASE("OR and AND") {
  check({{"a OR b", "(any_of (words \"a\") (words \"b\"))"},
         {"a AND b", "(all_of (words \"a\") (words \"b\"))"},
         {"a b OR c d", "(words \"a\") (any_of (words \"b\") (words \"c\")) (words \"d\")"},
         {"a AND b OR c", "(any_of (all_of (words \"a\") (words \"b\")) (words \"c\"))"},
         {"a OR b AND c", "(any_of (words \"a\") (all_of (words \"b\") (words \"c\")))"},
         {"a OR -b", "(any_of (words \"a\") (not (words \"b\")))"},
         {"-a AND \"b c\"", "(all_of (not (words \"a\")) (phrase \"b c\"))"},
         {"a* OR b~ OR /c/", "(any_of (prefix \"a\") (fuzzy \"b\" 1) (regex \"c\"))"},
         {"type:a OR type:b", "(any_of (clause \"type:a\") (clause \"type:b\"))"},
         {"(a b) OR (c d)",
          "(any_of (sequence (words \"a\") (words \"b\")) (sequence (words \"c\") (words \"d\")))"},
         {"a OR (b OR c)", "(any_of (words \"a\") (any_of (words \"b\") (words \"c\")))"},
         {"a OR \"\" b", "(any_of (words \"a\") (words \"b\"))"},
         {"a OR () b", "(any_of (words \"a\") (words \"b\"))"},
         {"\"\" OR b", words("OR b")},
         {"OR", words("OR")},
         {"OR b", words("OR b")},
         {"a OR", words("a OR")},
         {"a AND OR b", words("a AND OR b")},
         {"a OR OR OR b", words("a OR OR OR b")},
         {"a OR b OR", "(any_of (words \"a\") (words \"b\")) (words \"OR\")"},
         {"(OR b) c", "(sequence (words \"OR\") (words \"b\")) (words \"c\")"},
         {"(a OR) b", "(sequence (words \"a\") (words \"OR\")) (words \"b\")"},
         {"a (OR) b", words("a OR b")},
         {"a (OR b", words("a (OR b")},
         {"a OR, b", words("a OR, b")},
         {"a Or b", words("a Or b")},
         {"a \"OR\" b", "(words \"a\") (phrase \"OR\") (words \"b\")"},
         {"a OR NOT b", "(any_of (words \"a\") (words \"NOT\")) (words \"b\")"},
         {"a\nOR\tb", "(any_of (words \"a\") (words \"b\"))"}});
}

TEST_CASE("groups") {
  check({{"(a b)", "(sequence (words \"a\") (words \"b\"))"},
         {"( a b )", "(sequence (words \"a\") (words \"b\"))"},
         {"(a)", "(words \"a\")"},
         {"((a))", "(words \"a\")"},
         {"()", ""},
         {"( )", ""},
         {"(() (\"\"))", ""},
         {"((a b) c)", "(sequence (sequence (words \"a\") (words \"b\")) (words \"c\"))"},
         {"(a (b c))", "(sequence (words \"a\") (sequence (words \"b\") (words \"c\")))"},
         {"((a b) OR c)", "(any_of (sequence (words \"a\") (words \"b\")) (words \"c\"))"},
         {"(foo(bar) baz)", "(sequence (words \"foo(bar)\") (words \"baz\"))"},
         {"(foo(bar))", "(words \"foo(bar)\")"},
         {"(f(a b) c)", "(sequence (words \"f(a\") (words \"b)\") (words \"c\"))"},
         {"(f() OR g())", "(any_of (words \"f()\") (words \"g()\"))"},
         {"x (a b) y", "(words \"x\") (sequence (words \"a\") (words \"b\")) (words \"y\")"}});
}

TEST_CASE("parentheses that do not match, or stand elsewhere, are bytes") {
  check({{"(paren", words("(paren")},
         {"((paren", words("((paren")},
         {"( a", words("( a")},
         {"a (", words("a (")},
         {"(a))", "(words \"a\")"},
         {"a))", words("a))")},
         {"(a)c", words("(a)c")},
         {"-(a)c", "(not (words \"(a)c\"))"},
         {"(a)(b)", words("(a)(b)")},
         {"((a)b)", "(words \"(a)b\")"},
         {"(a b)c d)", words("(a b)c d)")},
         {"(a (b)c d)", "(sequence (words \"a\") (words \"(b)c\") (words \"d\"))"},
         {"(x OR y), z", "(any_of (words \"(x\") (words \"y),\")) (words \"z\")"},
         {"(\"a)\" b)", "(sequence (phrase \"a)\") (words \"b\"))"},
         {"\"a\")", "(phrase \"a\")"},
         {"x( (a b) c)", "(words \"x(\") (sequence (words \"a\") (words \"b\")) (words \"c)\")"},
         {"x( (a b))", "(words \"x(\") (sequence (words \"a\") (words \"b\"))"}});
}

TEST_CASE("a parenthesis that nothing closes belongs to what is directly behind it") {
  check({{"(-a b", words("(-a b")},
         {"-(a b", "(not (words \"(a\")) (words \"b\")"},
         {"-(-a b", "(not (words \"(-a\")) (words \"b\")"},
         {"((a)", "(words \"a\")"},
         {"-((a)", "(not (words \"a\"))"},
         {"((-a)", "(not (words \"a\"))"},
         {"(-(a)", "(not (words \"a\"))"},
         {"((a*)", "(prefix \"a\")"},
         {"((type:a)", "(clause \"type:a\")"},
         {"((OR) b", words("OR b")},
         {"a ((OR) b", words("a OR b")},
         {"((a b)", "(sequence (words \"a\") (words \"b\"))"},
         {"((a b) c OR d",
          "(sequence (words \"a\") (words \"b\")) (any_of (words \"c\") (words \"d\"))"},
         {"-( a", "(not (words \"(\")) (words \"a\")"},
         {"(\"a b\" c", "(phrase \"a b\") (words \"c\")"},
         {"(-\"a b\" c", "(not (phrase \"a b\")) (words \"c\")"},
         {"-(\"a b\" c", "(not (phrase \"a b\")) (words \"c\")"},
         {"(\"a b\")c", "(phrase \"a b\") (words \")c\")"},
         {"(-(a b) c", "(not (sequence (words \"a\") (words \"b\"))) (words \"c\")"},
         {"(file:x y", words("(file:x y")},
         {"(-file:x y", words("(-file:x y")},
         {"(/a b/ y", "(words \"(/a b/\") (words \"y\")"}});
}

TEST_CASE("deeper than a constant are no groups") {
  const auto nested = [](usize depth) {
    return std::string(depth, '(') + "a b" + std::string(depth, ')');
  };
  const std::string pair = "(sequence (sequence (words \"a\") (words \"b\")))";
  CHECK(tree(nested(1)) == pair);
  CHECK(tree(nested(group_depth_max)) == pair);
  CHECK(tree(nested(group_depth_max + 1)) == "(sequence (sequence (words \"(a\") (words \"b)\")))");
  // What closes there closes nothing else.
  std::string text;
  for (usize i = 0; i < group_depth_max; ++i) text += "(x ";
  text += "(a b) c";
  std::string before = tree(text + std::string(group_depth_max, ')'));
  CHECK(before.find("(words \"x\") (words \"(a\") (words \"b)\") (words \"c\")") !=
        std::string::npos);
  CHECK(before.find("(words \"(x\")") == std::string::npos);
  // Parentheses that match nothing take no room for ever.
  text.clear();
  for (usize i = 0; i < 2 * group_depth_max; ++i) text += "(x)y ";
  CHECK(tree(text + "(a OR b)").find("(any_of (words \"a\") (words \"b\"))") != std::string::npos);
}

TEST_CASE("clauses") {
  check({{"type:code", "(clause \"type:code\")"},
         {"-type:code", "(not (clause \"type:code\"))"},
         {"(type:code)", "(clause \"type:code\")"},
         {"a file:src/*.cpp b", "(words \"a\") (clause \"file:src/*.cpp\") (words \"b\")"},
         {"file:\"a b.cpp\"", "(clause \"file:\\\"a b.cpp\\\"\")"},
         {"-file:\"a b.cpp\" c", "(not (clause \"file:\\\"a b.cpp\\\"\")) (words \"c\")"},
         {"(file:\"a) b\" c)", "(sequence (clause \"file:\\\"a) b\\\"\") (words \"c\"))"},
         {"file:\"a \\\" b\"", "(clause \"file:\\\"a \\\\\\\" b\\\"\")"},
         {"task:\"\"", "(clause \"task:\\\"\\\"\")"},
         {"attr.a(b):\"c d\"", "(clause \"attr.a(b):\\\"c d\\\"\")"},
         {"file:f(x).c", "(clause \"file:f(x).c\")"},
         {"tokens:>=5 created:7d lines:3..9",
          "(clause \"tokens:>=5\") (clause \"created:7d\") (clause \"lines:3..9\")"},
         {"tag:a*", "(clause \"tag:a*\")"},
         {"tag:*", "(clause \"tag:*\")"},
         {"tag:a~2", "(clause \"tag:a~2\")"},
         {"tag:a:b", "(clause \"tag:a:b\")"},
         {"tag:a\"b", "(clause \"tag:a\\\"b\")"},
         {"tag: a", words("tag: a")},
         {"colour:\"a b\"", words("colour:\"a b\"")},
         {"file:\"a b\"c", words("file:\"a b\"c")},
         {"file:\"a b", words("file:\"a b")},
         {"tokens:many", words("tokens:many")},
         {"tier:hot", words("tier:hot")},
         {"attr.:x", words("attr.:x")},
         {"Type:x", words("Type:x")},
         {"x.type:y", words("x.type:y")},
         {":type:y", words(":type:y")},
         {"\"type:code\"", "(phrase \"type:code\")"},
         {"--type:code", words("--type:code")}});
  for (const std::string field : {"type", "task", "file", "tag", "topic", "id", "attr.x"}) {
    CHECK(parse(field + ":v").root.children.at(0).clause.has_value());
  }
  for (const std::string field :
       {"tokens", "lines", "words", "bytes", "refcount", "gc_survival_count"}) {
    CHECK(parse(field + ":5").root.children.at(0).clause.has_value());
  }
  for (const std::string text :
       {"tier:archive", "generation:old", "pinned:true", "created:2026-03-01", "touched:>7d"}) {
    CHECK(parse(text).root.children.at(0).clause.has_value());
  }
}

TEST_CASE("a clause is the filter's") {
  const Node clause = parse("-created:>=2026-03-01").root.children.at(0);
  const Clause expected = parse_clause("created:>=2026-03-01", now).value();
  REQUIRE(clause.clause);
  CHECK(clause.negated);
  CHECK_FALSE(clause.clause->negated);
  CHECK(clause.clause->field == Field::created);
  CHECK(clause.clause->kind == Clause::Kind::range);
  CHECK(clause.clause->low == expected.low);
  CHECK(parse("touched:7d").root.children.at(0).clause->low == now - 7 * 86'400'000'000);
  CHECK(parse("file:\"a \\\" b\"").root.children.at(0).clause->value == "a \" b");
}

TEST_CASE("regular expressions") {
  const std::string longest = "/" + std::string(regex_bytes_max, 'x') + "/";
  const std::string too_long = "/" + std::string(regex_bytes_max + 1, 'x') + "/";
  check({{"/re/", "(regex \"re\")"},
         {"a /b.*c/ d", "(words \"a\") (regex \"b.*c\") (words \"d\")"},
         {"-/re/", "(not (regex \"re\"))"},
         {"(/re/)", "(regex \"re\")"},
         {"(/a(b)c/ d)", "(sequence (regex \"a(b)c\") (words \"d\"))"},
         {"/a b/", "(regex \"a b\")"},
         {"/a\\/b/", "(regex \"a\\\\/b\")"},
         {"/a\\\\/", "(regex \"a\\\\\\\\\")"},
         {"/a\"b/ \"", "(regex \"a\\\"b\") (words \"\\\"\")"},
         {"/a/)", "(regex \"a\")"},
         {longest, "(regex \"" + std::string(regex_bytes_max, 'x') + "\")"},
         {too_long, words(too_long)},
         {"/a\\/", words("/a\\/")},
         {"//", words("//")},
         {"/ a/", words("/ a/")},
         {"/a /", words("/a /")},
         {"/a/b", words("/a/b")},
         {"/a/i", words("/a/i")},
         {"/usr/lib/", words("/usr/lib/")},
         {"/a/,", words("/a/,")},
         {"/a/)x", words("/a/)x")},
         {"x/a/", words("x/a/")},
         {"--/a/", words("--/a/")},
         {"/[/", words("/[/")},
         {"/[ b/ c", words("/[ b/ c")},
         {"/usr/lib /usr/bin", words("/usr/lib /usr/bin")},
         {"/home and /tmp", words("/home and /tmp")}});
}

TEST_CASE("without a judge of regular expressions there are none") {
  CHECK(to_string(parse_query("/re/", now, nullptr).root) == "(sequence (words \"/re/\"))");
}

TEST_CASE("a node tells the bytes it was made of") {
  const std::string text = " a -\"b c\"~3, -(d OR e*) (f -(g) file:\"h i\")  (j";
  const ParsedQuery query = parse(text);
  std::vector<std::string> sources;
  for (const Node& node : query.root.children) {
    sources.push_back(text.substr(node.begin, node.end - node.begin));
  }
  CHECK(sources ==
        std::vector<std::string>{"a", "-\"b c\"~3", "-(d OR e*)", "(f -(g) file:\"h i\")", "(j"});
  CHECK(query.root.begin == 0);
  CHECK(query.root.end == text.size());
  const Node& group = query.root.children[3];
  CHECK(text.substr(group.children[1].begin, 4) == "-(g)");
  CHECK(group.children[1].end - group.children[1].begin == 4);
  CHECK(query.root.children[0].text.data() == text.data() + 1);
}

TEST_CASE("beyond a number of leaves the rest is left out, and the answer says so") {
  std::string text;
  for (usize i = 0; i < leaves_max; ++i) text += "a ";
  CHECK_FALSE(parse(text + "\"\" () ").truncated);
  CHECK(parse(text).root.children.size() == leaves_max);
  for (const char* const more :
       {"b", "\"b\"", "b*", "/b/", "type:b", "file:\"b c\"", "(b)", "OR"}) {
    const ParsedQuery query = parse(text + more);
    CHECK(query.truncated);
    CHECK(query.root.children.size() == leaves_max);
  }
  // What is left out still closes what was opened before.
  const ParsedQuery query = parse("-(" + text + "b \"c)\" file:\"d)\" (e f(g h)) ) -(i");
  CHECK(query.truncated);
  REQUIRE(query.root.children.size() == 1);
  CHECK(query.root.children[0].negated);
  CHECK(query.root.children[0].kind == Node::Kind::sequence);
  CHECK(query.root.children[0].children.size() == leaves_max);
}

TEST_CASE("regular expressions are judged no oftener than there are leaves") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += i % 2 == 0 ? "/a/ " : "/[/ ";
  usize asked = 0;
  const ParsedQuery query = parse_query(text, now, [&](std::string_view body) {
    ++asked;
    return is_regex(body);
  });
  CHECK(query.truncated);
  CHECK(asked == leaves_max);
}

}  // namespace
}  // namespace shale::query

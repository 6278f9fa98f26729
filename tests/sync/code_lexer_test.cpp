#include "sync/code_lexer.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::sync;

namespace {

// What is left of `text` behind the literal that begins at the first `^`, which is taken out.
std::string rest(Language language, std::string text) {
  const usize at = text.find('^');
  text.erase(at, 1);
  return text.substr(CodeLexer(text, language).skip_literal(at));
}

// What is left behind the directive at the first `#`.
std::string behind_directive(std::string_view text, Language language = Language::cpp) {
  const CodeLexer lexer(text, language);
  const usize at = text.find('#');
  return lexer.is_directive(at) ? std::string(text.substr(lexer.skip_directive(at))) : "none";
}

}  // namespace

TEST_CASE("code lexer: comments") {
  CHECK(rest(Language::cpp, "^// a { \n}") == "\n}");
  CHECK(rest(Language::cpp, "^// a") == "");
  CHECK(rest(Language::cpp, "^/* { */ }") == " }");
  CHECK(rest(Language::cpp, "^/*/ */ }") == " }");
  CHECK(rest(Language::cpp, "^/* never") == "");
  CHECK(rest(Language::cpp, "a ^/ b") == " b");
  CHECK(rest(Language::cpp, "^/* /* */ x */") == " x */");
  CHECK(rest(Language::rust, "^/* /* */ x */ y") == " y");
  CHECK(rest(Language::kotlin, "^/* /* */ x") == "");
}

TEST_CASE("code lexer: strings and characters") {
  CHECK(rest(Language::cpp, R"(^"a\"{" b)") == " b");
  CHECK(rest(Language::cpp, "^\"open\nb") == "\nb");
  CHECK(rest(Language::cpp, "^\"a\\\nb\" c") == " c");
  CHECK(rest(Language::cpp, "^\"a\\\r\nb\" c") == " c");
  CHECK(rest(Language::cpp, R"(^'\'' b)") == " b");
  CHECK(rest(Language::cpp, "^'{' b") == " b");
  CHECK(rest(Language::cpp, "^\"\\") == "");
  CHECK(rest(Language::rust, "^\"a\nb\" c") == " c");
  CHECK(rest(Language::go, "^`a\n\\` c") == " c");
  CHECK(rest(Language::java, "^\"\"\"\na \"b\" {\n\"\"\" c") == " c");
  CHECK(rest(Language::kotlin, "^\"\"\"a\"\"\" c") == " c");
  CHECK(rest(Language::cpp, "^\"\" \"x\"") == " \"x\"");
}

TEST_CASE("code lexer: raw strings") {
  CHECK(rest(Language::cpp, "R^\"(a\"\n)\" b") == " b");
  CHECK(rest(Language::cpp, "R^\"x(a)\" )x\" b") == " b");
  CHECK(rest(Language::cpp, "R^\"x(never") == "");
  CHECK(rest(Language::cpp, "R^\"0123456789abcdefg(\" b") == " b");  // too long a delimiter
  CHECK(rest(Language::rust, "r^\"a\\\" b") == " b");
  CHECK(rest(Language::rust, "r#^\"a\" {\"# b") == " b");
  CHECK(rest(Language::rust, "##^\"a\" b") == " b");
  CHECK(rest(Language::csharp, "@^\"c:\\\" b") == " b");
  CHECK(rest(Language::csharp, "@^\"a\"\"b\n\" c") == " c");
  CHECK(rest(Language::csharp, "@$^\"\\\" c") == " c");
  CHECK(rest(Language::csharp, "^\"\\\"\" c") == " c");
}

TEST_CASE("code lexer: an apostrophe that begins no character") {
  CHECK(rest(Language::cpp, "1^'000 {") == "000 {");
  CHECK(rest(Language::cpp, "0xF'F^'FF {") == "FF {");
  CHECK(rest(Language::cpp, "u8^'{' }") == " }");
  CHECK(rest(Language::cpp, "L^'{' }") == " }");
  CHECK(rest(Language::rust, "&^'a str {") == "a str {");
  CHECK(rest(Language::rust, "^'{' }") == " }");
  CHECK(rest(Language::rust, "^'\\'' }") == " }");
  CHECK(rest(Language::rust, "^'\xC3\xA9' }") == " }");
  CHECK(rest(Language::rust, "^'") == "");
  CHECK(rest(Language::rust, "x^'a") == "a");
}

TEST_CASE("code lexer: regular expressions, and what divides") {
  const Language js = Language::javascript;
  CHECK(rest(js, "x = ^/[/}]\\/{/g;") == "g;");
  CHECK(rest(js, "return ^/{/;") == ";");
  CHECK(rest(js, "f(^/{/)") == ")");
  CHECK(rest(js, "^/{/.test(x)") == ".test(x)");
  CHECK(rest(js, "a ^/ b / c") == " b / c");
  CHECK(rest(js, "a) ^/ b / c") == " b / c");
  CHECK(rest(js, "x.return ^/ b / c") == " b / c");
  CHECK(rest(js, "myreturn ^/ b / c") == " b / c");
  CHECK(rest(js, "<^/div>}/") == "div>}/");
  CHECK(rest(js, "= ^/ never\n}") == "\n}");
  CHECK(rest(Language::java, "= ^/ b / c") == " b / c");
}

TEST_CASE("code lexer: template literals hold code that holds templates") {
  const Language js = Language::javascript;
  CHECK(rest(js, "^`a { \\` \n` b") == " b");
  CHECK(rest(js, "^`a ${b} c` d") == " d");
  CHECK(rest(js, "^`a ${ {x: `}`} } c` d") == " d");
  CHECK(rest(js, "^`${`${`x`}`}` d") == " d");
  CHECK(rest(js, "^`${ {a: 1} + `x` } c` d") == " d");
  CHECK(rest(js, "^`${ '`' }` d") == " d");
  CHECK(rest(js, "^`never ${ `") == "");
  CHECK(rest(js, "^`$") == "");
  CHECK(rest(Language::cpp, "^`a`") == "a`");
}

TEST_CASE("code lexer: directives with the lines they go on in") {
  CHECK(behind_directive("#if x\ny") == "\ny");
  CHECK(behind_directive("a;\n  # define x \\\n {\ny") == "\ny");
  CHECK(behind_directive("#define x \\\r\n {\r\ny") == "\ny");
  CHECK(behind_directive("#define x /* a\n b */ c\ny") == "\ny");
  CHECK(behind_directive("#define x \"/*\"\ny") == "\ny");
  CHECK(behind_directive("#error don't // \\\n y\nz") == "\nz");
  CHECK(behind_directive("a #b") == "none");
  CHECK(behind_directive("#a", Language::rust) == "none");
  CHECK(behind_directive("#a") == "");
}

TEST_CASE("code lexer: what stops") {
  const CodeLexer lexer("ab(;{", Language::cpp);
  CHECK(lexer.next_stop(0, CodeLexer::in_declarations) == 2);
  CHECK(lexer.next_stop(0, CodeLexer::in_body) == 4);
  CHECK(lexer.next_stop(5, CodeLexer::in_body) == 5);
  CHECK(CodeLexer("a`#", Language::cpp).next_stop(0, CodeLexer::in_body) == 2);
  CHECK(CodeLexer("a#`", Language::go).next_stop(0, CodeLexer::in_body) == 2);
}

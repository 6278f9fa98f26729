#include "sync/brace_scanner.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"
#include "tests/sync/definition_checks.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

Names found(Language language, std::string_view text) {
  const auto definitions = scan_braces(text, language);
  const std::string wrong = defect(text, definitions);
  return wrong.empty() ? outline(definitions) : Names{"defect: " + wrong};
}

Names cpp(std::string_view text) { return found(Language::cpp, text); }

std::string text_of(Language language, std::string_view text, std::string_view name) {
  for (const Definition& definition : scan_braces(text, language)) {
    if (definition.name == name) {
      return std::string(text.substr(definition.begin, definition.end - definition.begin));
    }
  }
  return "(no such definition)";
}

}  // namespace

TEST_CASE("brace scanner: functions, one after the other") {
  CHECK(cpp("int f() { { } }\nint g()\n{\n}\n") == Names{"f", "g"});
  CHECK(cpp("int f();\nint g() {}\nextern int x;\n") == Names{"g"});
  CHECK(cpp("").empty());
  CHECK(cpp("int x = 1;\n").empty());
  CHECK(text_of(Language::cpp, "int x;\n/* a */ int f() { return 1; }\n", "f") ==
        "int f() { return 1; }");
}

TEST_CASE("brace scanner: members of classes, not of functions") {
  CHECK(cpp("class A {\n int f() { struct X { }; }\n struct B { void g() {} };\n};\nvoid h() {}") ==
        Names{"A", "A.f", "A.B", "A.B.g", "h"});
  CHECK(cpp("namespace a { namespace { int f() {} } class B { B() {} }; }\nint g() {}") ==
        Names{"f", "B", "B.B", "g"});
  CHECK(cpp("extern \"C\" {\nint f() {}\n}\n") == Names{"f"});
  CHECK(cpp("struct A {\n A() : a_{1}, b_{2} { f(); }\n int b_{3};\n void g() {}\n};") ==
        Names{"A", "A.A", "A.g"});
}

TEST_CASE("brace scanner: literals hide braces") {
  CHECK(cpp("int f() { char c = '{'; }\nint g() {}") == Names{"f", "g"});
  CHECK(cpp("int f() { s = \"{\"; }\nint g() {}") == Names{"f", "g"});
  CHECK(cpp("int f() { /* { */ // {\n }\nint g() {}") == Names{"f", "g"});
  CHECK(cpp("int f() { n = 1'000; c = '{'; }\nint g() {}") == Names{"f", "g"});
  CHECK(cpp("// int f() {\n/* int g() { */ int h() {}") == Names{"h"});
  CHECK(cpp("int f() { R\"(}\n})\"; }\nint g() {}") == Names{"f", "g"});
  CHECK(found(Language::javascript, "function f() { return `}${`{`}` + /}/ }\nfunction g() {}") ==
        Names{"f", "g"});
}

TEST_CASE("brace scanner: braces in parentheses open nothing") {
  CHECK(cpp("void f(A a = {}, B b = [] { return 1; }) {}\nint g() {}") == Names{"f", "g"});
  CHECK(cpp("MACRO(a, { x; })\n\nint g() {}") == Names{"g"});
  CHECK(found(Language::javascript, "describe('x', () => {\n  function f() {}\n})\nclass A {}") ==
        Names{"A"});
  // A brace in column 0 is that of a body all the same.
  CHECK(cpp("MACRO((\n\nint f()\n{\n}\nint g() {}\n").back() == "g");
}

TEST_CASE("brace scanner: names that stand behind the brace") {
  CHECK(cpp("typedef struct { int x; } foo_t;") == Names{"foo_t"});
  CHECK(cpp("typedef struct { int x; } __packed foo_t;") == Names{"foo_t"});
  CHECK(cpp("typedef struct foo { int x; } foo_t;") == Names{"foo"});
  CHECK(cpp("enum { A, B };").empty());
  CHECK(cpp("struct { int x; } foo = { 1 };") == Names{"foo"});
}

TEST_CASE("brace scanner: an empty line ends what has no semicolon") {
  CHECK(cpp("DEFINE(x)\n\nint f() {}") == Names{"f"});
  CHECK(cpp("int f(),\n\n g() {}") == Names{"f"});
  CHECK(text_of(Language::cpp, "MODULE(x)\n\nint f() {}", "f") == "int f() {}");
  CHECK(text_of(Language::cpp, "DEFINE(x)  // why,\n\nint f() {}", "f") == "int f() {}");
}

TEST_CASE("brace scanner: languages without semicolons") {
  const Language js = Language::javascript;
  CHECK(text_of(js, "const PI = 3\nfunction f() {}", "f") == "function f() {}");
  CHECK(text_of(js, "const f =\n  (a) => {\n}\n", "f") == "const f =\n  (a) => {\n}");
  CHECK(text_of(js, "let x = 1 // one\nfunction f() {}", "f") == "function f() {}");
  CHECK(text_of(js, "@D({a: 1})\nclass A {}", "A") == "@D({a: 1})\nclass A {}");
  CHECK(text_of(js, "class A\n  extends B\n{}", "A") == "class A\n  extends B\n{}");
  CHECK(text_of(js, "a\n  .b()\nclass C {}", "C") == "class C {}");
  CHECK(found(js, "class A {\n  x = 1\n  f() {}\n  get y() { return 1 }\n}") ==
        Names{"A", "A.f", "A.y"});
  CHECK(found(Language::go,
              "type A struct {\n}\n\nfunc (a A) F() {\n}\nvar x int\nfunc g() {\n}\n") ==
        Names{"A", "A.F", "g"});
  CHECK(found(Language::kotlin, "val x = 1\nclass A {\n  val y = 2\n  fun f() { }\n}") ==
        Names{"A", "A.f"});
}

TEST_CASE("brace scanner: of branches that leave other braces open the first counts") {
  CHECK(cpp("#ifdef A\nint f(int a) {\n#else\nint f(int b) {\n#endif\n}\nint g() {}") ==
        Names{"f", "g"});
  CHECK(cpp("int f() {\n#if A\n if (x) {\n#elif B\n if (y) {\n#else\n {\n#endif\n }\n}\nint g() "
            "{}") == Names{"f", "g"});
  CHECK(cpp("#ifdef A\nint f() { }\n#else\nint g() { }\n#endif\n") == Names{"f", "g"});
  CHECK(cpp("#if A\nint f() {\n#else\n#if B\n{\n#endif\n{\n#endif\n}\nint g() {}") ==
        Names{"f", "g"});
  CHECK(cpp("#else\n#endif\n#endif\nint f() {}") == Names{"f"});
  CHECK(cpp("#define X {\nint f() {}\n") == Names{"f"});
}

TEST_CASE("brace scanner: a brace in column 0 closes what began there") {
  CHECK(cpp("int f() {\n  if (x) {\n}\nint g() {\n}\n") == Names{"f", "g"});
  CHECK(cpp("class A {\n  void f() {\n    if (x) {\n};\nint g() {\n}\n") == Names{"A", "A.f", "g"});
  CHECK(cpp("int f()\n{\n  a } b }\n}\nint g()\n{\n}\n") == Names{"f", "g"});
  // Unless blocks in it begin in column 0 as well.
  CHECK(text_of(Language::cpp, "int f()\n{\nif (x) {\n}\ny;\n}\n", "f") ==
        "int f()\n{\nif (x) {\n}\ny;\n}");
  CHECK(cpp("}\n}\nint f() {}") == Names{"f"});
}

TEST_CASE("brace scanner: what is never closed ends with the text") {
  CHECK(cpp("int f() {") == Names{"f"});
  CHECK(cpp("class A { int f() { (") == Names{"A", "A.f"});
  CHECK(cpp("int f() { \"") == Names{"f"});
  CHECK(cpp("int f() { /*") == Names{"f"});
}

TEST_CASE("brace scanner: kinds") {
  const auto definitions =
      scan_braces("enum E { a };\nclass C { };\nint t[] = { 1 };\nint f() {}", Language::cpp);
  REQUIRE(definitions.size() == 4);
  CHECK(definitions[0].kind == "enum");
  CHECK(definitions[1].kind == "class");
  CHECK(definitions[2].kind == variable_kind);
  CHECK(definitions[3].kind == "function");
}

#include "sync/indent_scanner.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"
#include "tests/sync/definition_checks.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

Names found(std::string_view text) {
  const auto definitions = scan_indentation(text);
  const std::string wrong = defect(text, definitions);
  return wrong.empty() ? outline(definitions) : Names{"defect: " + wrong};
}

std::string text_of(std::string_view text, std::string_view name) {
  for (const Definition& definition : scan_indentation(text)) {
    if (definition.name == name) {
      return std::string(text.substr(definition.begin, definition.end - definition.begin));
    }
  }
  return "(no such definition)";
}

}  // namespace

TEST_CASE("indent scanner: functions and classes, members but nothing in functions") {
  CHECK(found("def f():\n  def g(): pass\n  class X: pass\nasync def h(): pass\n") ==
        Names{"f", "h"});
  CHECK(found("class A(B):\n  x = 1\n  def f(self): pass\n  class C:\n    def g(self): pass\n"
              "  async  def h(self): pass\ndef i(): pass") ==
        Names{"A", "A.f", "A.C", "A.C.g", "A.h", "i"});
  CHECK(found("if x:\n  def f(): pass\nelse:\n  def f(): pass\n") == Names{"f", "f"});
  CHECK(found("").empty());
  CHECK(found("default = 1\nclassy = 2\ndefine()\ndef\nclass\n").empty());
  CHECK(found("class A:\n\tdef f(self):\n\t\tpass\n        def g(self): pass\n") ==
        Names{"A", "A.f", "A.g"});
}

TEST_CASE("indent scanner: a definition reaches from its decorators to its last line of code") {
  const std::string_view text =
      "@a\n@b(\n  1)\n# c\ndef f():\n  x\n\n  # in\n  y\n  # behind\n\nz\n";
  CHECK(text_of(text, "f") == "@a\n@b(\n  1)\n# c\ndef f():\n  x\n\n  # in\n  y\n");
  CHECK(text_of("class A:\n  @p\n  def f(self): pass\n", "f") == "  @p\n  def f(self): pass\n");
  CHECK(text_of("def f(): pass", "f") == "def f(): pass");
}

TEST_CASE("indent scanner: lines that go on are no lines") {
  CHECK(found("x = (\ny\n)\ndef f(a,\nb):\n  pass\n") == Names{"f"});
  CHECK(found("x = \"\"\"\ndef g():\n\"\"\"\ndef f():\n  '''\ndef h():\n  '''\n") == Names{"f"});
  CHECK(found("x = 1 + \\\n  2\ndef f(): pass\n") == Names{"f"});
  CHECK(text_of("def f():\n  s = '''\nnot out\n'''\n  y\nz\n", "f") ==
        "def f():\n  s = '''\nnot out\n'''\n  y\n");
  CHECK(found("x = '('\ndef f(): pass\n") == Names{"f"});
  CHECK(found("x = 'a\\'('\ndef f(): pass\n") == Names{"f"});
  CHECK(found("x = 'open (\ndef f(): pass\n") == Names{"f"});
  CHECK(found("x = 1  # (\ndef f(): pass\n") == Names{"f"});
  CHECK(found("x = \"\"\"a\\\"\"\"\"\ndef f(): pass\n") == Names{"f"});
  CHECK(found("x = ''\ndef f(): pass\n") == Names{"f"});
}

TEST_CASE("indent scanner: carriage returns, and what is never closed") {
  CHECK(found("class A:\r\n  def f(self):\r\n    pass\r\ndef g():\\\r\n  pass\r\n") ==
        Names{"A", "A.f", "g"});
  const std::string_view carried = "def f():\r\n  x = \\\r\n1\r\n  y\r\n";
  CHECK(text_of(carried, "f") == carried);
  CHECK(found("x = (\ndef f(): pass\nclass A: pass\n") == Names{"f", "A"});
  CHECK(found("def f():\n  '''") == Names{"f"});
  CHECK(found("def f(") == Names{"f"});
  CHECK(found("@a") == Names{});
  CHECK(found("x = '\\") == Names{});
}

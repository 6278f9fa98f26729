#include "sync/definition_chunks.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

// Each chunk as `name|text`, for a C++ or Python file.
std::vector<std::string> chunks(std::string_view path, std::string_view text,
                                const ChunkRules& rules) {
  const auto found = chunk_text(path, text, rules);
  std::vector<std::string> out{defect(text, found, rules.bytes_max)};
  if (out[0].empty()) out.clear();
  for (const Chunk& chunk : found) out.push_back(chunk.name + '|' + std::string(chunk.text));
  return out;
}

using Texts = std::vector<std::string>;

constexpr ChunkRules small{.bytes_min = 12, .members_from = 50};

Texts cpp(std::string_view text) { return chunks("a.cpp", text, small); }

const std::string filler = "int filler_of_many_bytes;\n";

}  // namespace

TEST_CASE("definition chunks: comments directly above belong to a definition") {
  CHECK(cpp(filler + "\n// a\n/* b\n\n c */\nint f() {}\n") ==
        Texts{"|" + filler + "\n", "f|// a\n/* b\n\n c */\nint f() {}\n"});
  CHECK(cpp(filler + "\n// apart\n\n// a\nint f() {}\n") ==
        Texts{"|" + filler + "\n// apart\n\n", "f|// a\nint f() {}\n"});
  CHECK(cpp(filler + "#if A\nint f() {}\n") == Texts{"|" + filler, "f|#if A\nint f() {}\n"});
  CHECK(chunks("a.py", "filler = 'of many bytes'\n# a\n@b\ndef f(): pass\n", small) ==
        Texts{"|filler = 'of many bytes'\n", "f|# a\n@b\ndef f(): pass\n"});
}

TEST_CASE("definition chunks: what follows at once belongs to a definition, with blank lines") {
  CHECK(cpp("int f() {}\nEXPORT(f);\n\n\nint g() {}\n") ==
        Texts{"f|int f() {}\nEXPORT(f);\n\n\n", "g|int g() {}\n"});
  CHECK(cpp("int f() {}\n// of g\nint g() {}\n") ==
        Texts{"f|int f() {}\n", "g|// of g\nint g() {}\n"});
  CHECK(cpp("int f() {}\n" + filler + "int g() {}\n") ==
        Texts{"f|int f() {}\n", "|" + filler, "g|int g() {}\n"});
  CHECK(cpp("int f() {}\nnamespace {\nint g() {}\n}\n") ==
        Texts{"f|int f() {}\n", "g|namespace {\nint g() {}\n}\n"});
}

TEST_CASE("definition chunks: short code joins what follows, or what was last") {
  CHECK(cpp("int x;\n\nint f() {}\n\nint y;\n\nint g() {}\n\nint z;\n") ==
        Texts{"f|int x;\n\nint f() {}\n\n", "g|int y;\n\nint g() {}\n\nint z;\n"});
  CHECK(cpp("\n\nint f() {}\n") == Texts{"f|\n\nint f() {}\n"});
  CHECK(cpp("int x;\n") == Texts{"|int x;\n"});
  CHECK(cpp("\n\n") == Texts{"|\n\n"});
  CHECK(cpp("int f() {}\n\n" + filler) == Texts{"f|int f() {}\n\n", "|" + filler});
}

TEST_CASE("definition chunks: comments make no chunk more or less") {
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += "// a line of comment that is long enough to count\n";
  for (const std::string& text :
       Texts{"int f() {}\n" + filler + "int g() {}\n", "int x;\n\nint f() {}\n",
             "class A {\n " + filler + " void f() {}\n " + filler + " void g() {}\n};\n"}) {
    const Names names = chunk_names("a.cpp", text, small);
    CHECK(chunk_names("a.cpp", ten + text, small) == names);
    CHECK(chunk_names("a.cpp", ten + '\n' + text, small) == names);
    CHECK(chunk_names("a.cpp", text + '\n' + ten, small) == names);
  }
}

TEST_CASE("definition chunks: a class is cut by its members where it is long") {
  const std::string head = "struct A {\n int a;\n";
  const std::string f = " // of f\n void f() {}\n\n";
  const std::string g = " void g() {}\n};\n";
  CHECK(cpp(head + f + g) == Texts{"A|" + head, "A.f|" + f, "A.g|" + g});
  CHECK(chunks("a.cpp", head + f + g, {}) == Texts{"A|" + head + f + g});
  const std::string fields = head + "\n int b;\n\n";
  CHECK(cpp(fields + f + g) == Texts{"A|" + fields, "A.f|" + f, "A.g|" + g});
  CHECK(cpp(head + f + g + '\n' + filler) ==
        Texts{"A|" + head, "A.f|" + f, "A.g|" + g + '\n', "|" + filler});
  const std::string field = "  " + filler;
  CHECK(cpp(head + f + field + g) == Texts{"A|" + head, "A.f|" + f, "A|" + field, "A.g|" + g});
  CHECK(cpp("struct A {\n" + filler + filler + filler + "};\n") ==
        Texts{"A|struct A {\n" + filler + filler + filler + "};\n"});
  CHECK(cpp(head + f + " void g() {}\n" + field + "};\nint h() {}\n") ==
        Texts{"A|" + head, "A.f|" + f, "A.g| void g() {}\n", "A|" + field + "};\n",
              "h|int h() {}\n"});
}

TEST_CASE("definition chunks: classes in classes") {
  const std::string inner = "  struct B {\n    void f() { return nothing_at_all(); }\n";
  const std::string rest = "    void g() { return nothing_at_all(); }\n  };\n";
  const std::string last = "  void h() {}\n};\n";
  CHECK(cpp("struct A {\n" + inner + rest + last) ==
        Texts{"A|struct A {\n", "A.B|  struct B {\n",
              "A.B.f|    void f() { return nothing_at_all(); }\n", "A.B.g|" + rest, "A.h|" + last});
  const std::string python =
      "class A:\n    def f(self):\n        return 'nothing at all'\n\n"
      "    def g(self):\n        return 'nothing at all'\n";
  CHECK(chunk_names("a.py", python, small) == Names{"A", "A.f", "A.g"});
}

TEST_CASE("definition chunks: tables are named where they are long") {
  CHECK(cpp("int t[] = { 1, 2, 3 };\n\nint f() {}\n") ==
        Texts{"t|int t[] = { 1, 2, 3 };\n\n", "f|int f() {}\n"});
  CHECK(chunk_names("a.cpp", "int t[] = { 1, 2, 3 };\n\nint f() {}\n") == Names{"f"});
}

TEST_CASE("definition chunks: what begins on a line of the last is a part of it") {
  CHECK(cpp("int f() {} int g() {}\nint h() {}\n") ==
        Texts{"f|int f() {} int g() {}\n", "h|int h() {}\n"});
  CHECK(cpp("int f() {\n} int g() {\n}\nint h() {}\n") ==
        Texts{"f|int f() {\n} int g() {\n}\n", "h|int h() {}\n"});
}

#include "sync/chunks.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"
#include "tests/sync/source_samples.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

std::vector<std::string> texts(std::string_view path, std::string_view text,
                               const ChunkRules& rules) {
  std::vector<std::string> out;
  for (const Chunk& chunk : chunk_text(path, text, rules)) out.emplace_back(chunk.text);
  return out;
}

using Texts = std::vector<std::string>;

Names sample_names(std::string_view path) {
  const auto* sample = std::find_if(source_samples.begin(), source_samples.end(),
                                    [&](const SourceSample& known) { return known.path == path; });
  return chunk_names(sample->path, sample->text);
}

// What is wrong with any way of chunking `text`; "" where nothing is.
std::string defect_of_any(std::string_view path, std::string_view text, std::mt19937& random) {
  for (const Chunking chunking : {Chunking::automatic, Chunking::whole, Chunking::lines,
                                  Chunking::symbols, Chunking::headings}) {
    ChunkRules rules{.chunking = chunking, .lines = random() % 5};
    if (random() % 2 == 0) rules.bytes_max = 1 + random() % 100;
    if (random() % 2 == 0) rules.bytes_min = random() % 40;
    if (random() % 2 == 0) rules.members_from = random() % 100;
    const std::string wrong = defect(text, chunk_text(path, text, rules), rules.bytes_max);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

// What opens, closes, quotes or ends something in one of the languages.
constexpr auto fragments = std::to_array<std::string_view>({"{",
                                                            "}",
                                                            "(",
                                                            ")",
                                                            "[",
                                                            "]",
                                                            "<",
                                                            ">",
                                                            "\"",
                                                            "'",
                                                            "`",
                                                            "${",
                                                            "/*",
                                                            "*/",
                                                            "//",
                                                            "/",
                                                            "\\",
                                                            "\n",
                                                            "\r\n",
                                                            ";",
                                                            "=",
                                                            ":",
                                                            "::",
                                                            "#",
                                                            "\n#if ",
                                                            "\n#else\n",
                                                            "\n#endif\n",
                                                            "\n}\n",
                                                            "\n{\n",
                                                            "class A ",
                                                            "f()",
                                                            "struct ",
                                                            "def f():\n",
                                                            "\n\n",
                                                            "  ",
                                                            "@a",
                                                            "R\"(",
                                                            "r#\"",
                                                            "\"\"\"",
                                                            "'''",
                                                            "```\n",
                                                            "# a\n",
                                                            "## b\n",
                                                            "===\n",
                                                            "---\n",
                                                            ".. _a:\n",
                                                            "=>",
                                                            "impl ",
                                                            "fn f",
                                                            "func (a *A) b",
                                                            "namespace ",
                                                            "operator",
                                                            "~",
                                                            "template<",
                                                            "\xFF",
                                                            "\xC3",
                                                            "x",
                                                            "enum E",
                                                            "extern \"C\" ",
                                                            "interface",
                                                            "\t",
                                                            "async ",
                                                            "TEST(",
                                                            ",",
                                                            "$\"",
                                                            "@\"",
                                                            "=/[",
                                                            "for ",
                                                            "const x"});

}  // namespace

TEST_CASE("chunks: an empty text has none") {
  for (const Chunking chunking : {Chunking::automatic, Chunking::whole, Chunking::lines,
                                  Chunking::symbols, Chunking::headings}) {
    for (const char* path : {"a.c", "a.py", "a.md", "a.rst", "a.txt", ""}) {
      CHECK(chunk_text(path, "", {.chunking = chunking}).empty());
    }
  }
}

TEST_CASE("chunks: whole files are cut only where they are too long, at line ends") {
  const ChunkRules rules{.chunking = Chunking::whole, .bytes_max = 6};
  CHECK(texts("a.md", "# A\n", rules) == Texts{"# A\n"});
  CHECK(texts("a.txt", "aa\nbb\ncc\n", rules) == Texts{"aa\nbb\n", "cc\n"});
  CHECK(texts("a.txt", "abcdefghi\n", rules) == Texts{"abcdef", "ghi\n"});
  CHECK(texts("a.txt", "abcde\xC3\xA9\n", rules) == Texts{"abcde", "\xC3\xA9\n"});
  CHECK(texts("a.txt", std::string(8, '\x80'), rules) == Texts{std::string(6, '\x80'), "\x80\x80"});
}

TEST_CASE("chunks: by lines") {
  const ChunkRules rules{.chunking = Chunking::lines, .lines = 2};
  CHECK(texts("a.c", "a\nb\nc\nd\ne", rules) == Texts{"a\nb\n", "c\nd\n", "e"});
  CHECK(texts("a.c", "\n\n\n", rules) == Texts{"\n\n", "\n"});
  CHECK(texts("a.c", "a\nb\nc\n", {.chunking = Chunking::lines}) == Texts{"a\nb\nc\n"});
  CHECK(texts("a.c", "aaaa\nb\n", {.chunking = Chunking::lines, .lines = 2, .bytes_max = 3}) ==
        Texts{"aaa", "a\n", "b\n"});
}

TEST_CASE("chunks: lines are counted through chunks that begin inside of one") {
  const auto chunks = chunk_text("a.txt", "abcd\nef\n", {.bytes_max = 3});
  REQUIRE(chunks.size() == 3);
  CHECK((chunks[0].first_line == 1 && chunks[0].last_line == 1));
  CHECK((chunks[1].text == "d\n" && chunks[1].first_line == 1 && chunks[1].last_line == 1));
  CHECK((chunks[2].text == "ef\n" && chunks[2].first_line == 2 && chunks[2].last_line == 2));
}

TEST_CASE("chunks: the pieces of a long section keep its name") {
  const auto chunks = chunk_text("a.md", "# A\none\ntwo\n", {.bytes_max = 8});
  REQUIRE(chunks.size() == 2);
  CHECK((chunks[0].name == "A" && chunks[0].kind == "section"));
  CHECK((chunks[1].name == "A" && chunks[1].kind == "section" && chunks[1].text == "two\n"));
}

TEST_CASE("chunks: headings can be asked for whatever the name") {
  CHECK(chunk_names("a.txt", "# A\n# B\n", {.chunking = Chunking::headings}) == Names{"A", "B"});
  CHECK(chunk_names("a.txt", "# A\n# B\n") == Names{""});
  CHECK(chunk_names("a.rst", "A\n===\n\nB\n===\n", {.chunking = Chunking::headings}) ==
        Names{"A", "B"});
}

TEST_CASE("chunks: a file of each language") {
  CHECK(sample_names("a.cpp") == Names{"Foo", "Foo::Foo", "Foo::bar", "c_func", "E", "trailing",
                                       "operator<<", "TEST_CASE(\"foo: bar, baz\")",
                                       "TEST(Suite, Name)", "P", "Q", "branch", "broken", "after",
                                       "Foo::make"});
  CHECK(sample_names("a.rs") == Names{"Foo", "impl Foo", "impl fmt::Display for Foo", "my_vec",
                                      "Shape", "E", "exported", "go", "danger", "tests"});
  CHECK(sample_names("a.go") ==
        Names{"Stack", "Stack.Push", "Stack.Len", "plain", "ret", "chanret", "I", "Map", "main"});
  CHECK(sample_names("a.ts") == Names{"Props", "T", "App", "main", "Foo", "module.exports.helper",
                                      "gen", "Color", "Util", "A", "q"});
  CHECK(sample_names("A.java") == Names{"A", "Ann"});
  CHECK(sample_names("a.cs") == Names{"A", "E", "S"});
  CHECK(sample_names("a.kt") == Names{"A", "String.ext", "gen", "Single"});
  CHECK(sample_names("a.py") == Names{"foo", "A", "cond", "cond"});
  CHECK(sample_names("a.mdc") == Names{"Title", "Title / Sub `code`", "Title / Setext"});
  CHECK(sample_names("a.rst") == Names{"Title", "Title / Sub"});
}

TEST_CASE("chunks: classes of each language by their members") {
  const ChunkRules rules{.members_from = 200};
  CHECK(chunk_names("a.ts", typescript_sample, rules) ==
        Names{"Props", "T", "App", "main", "Foo", "Foo.constructor", "Foo.get", "Foo.value",
              "Foo.#priv", "Foo.arrow", "module.exports.helper", "gen", "Color", "Util", "A", "q"});
  CHECK(chunk_names("A.java", java_sample, rules) ==
        Names{"A", "A.A", "A.foo", "A.Kind", "A.In", "A.P", "Ann"});
  CHECK(chunk_names("a.cs", csharp_sample, rules) == Names{"A", "A.A", "A.Foo", "E", "S"});
  CHECK(chunk_names("a.kt", kotlin_sample, {.members_from = 100}) ==
        Names{"A", "A.foo", "String.ext", "gen", "Single"});
  CHECK(chunk_names("a.rs", rust_sample, {.members_from = 130}) ==
        Names{"Foo", "impl Foo", "impl Foo.new", "impl Foo.quote", "impl fmt::Display for Foo",
              "impl fmt::Display for Foo.fmt", "my_vec", "Shape", "E", "exported", "go", "danger",
              "tests"});
}

TEST_CASE("chunks: any text is cut into itself") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 600; ++round) {
    std::string text;
    for (u64 i = random() % 200; i > 0; --i) {
      const bool byte = random() % 8 == 0;
      text += byte ? std::string(1, char(random())) : fragments[random() % fragments.size()];
    }
    for (const SourceSample& sample : source_samples) {
      INFO(sample.path << ": " << text);
      REQUIRE(defect_of_any(sample.path, text, random) == "");
    }
  }
}

TEST_CASE("chunks: sources with random damage are cut into themselves") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    for (const SourceSample& sample : source_samples) {
      std::string text(sample.text);
      for (u64 edits = 1 + random() % 4; edits > 0; --edits) {
        const usize at = random() % (text.size() + 1);
        const usize length = random() % 2 == 0 ? random() % 3 : random() % 60;
        text.replace(at, std::min(length, text.size() - at),
                     fragments[random() % fragments.size()]);
      }
      INFO(sample.path << ": " << text);
      REQUIRE(defect_of_any(sample.path, text, random) == "");
    }
  }
}

TEST_CASE("chunks: long texts of one thing only take no time to speak of") {
  constexpr usize bytes = 200'000;
  const auto more = std::to_array<std::string_view>(
      {"namespace a{", "class A{", "class A{f(){",    "f():a{",    "f(){}",
       "=\n",          " \n",      "#if\n{\n#else\n", "#else\n",   "a<",
       "/ ",           "`${",      "a\n===\n",        "##### a\n", "(\n",
       "f(\n{\n",      "/[",       "int f(){\n",      "{ ",        "\"\\\n",
       "@a\n",         "r##\"#",   "class A:\n",      "a::",       "f(a)",
       "A(a)"});
  std::vector<std::string_view> things(fragments.begin(), fragments.end());
  things.insert(things.end(), more.begin(), more.end());
  for (const std::string_view thing : things) {
    std::string text;
    while (text.size() < bytes) text += thing;
    for (const SourceSample& sample : source_samples) {
      INFO(sample.path << ": " << thing);
      REQUIRE(defect(text, chunk_text(sample.path, text, {}), ChunkRules().bytes_max) == "");
    }
  }
}

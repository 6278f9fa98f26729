#include "sync/chunks.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"

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

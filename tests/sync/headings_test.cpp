#include "sync/headings.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

// What stands before the first heading is never too short for a chunk.
constexpr ChunkRules rules{.bytes_min = 0};

Names md(std::string_view text) { return chunk_names("a.md", text, rules); }
Names rst(std::string_view text) { return chunk_names("a.rst", text, rules); }

}  // namespace

TEST_CASE("headings: ATX headings make sections named by their path") {
  CHECK(md("# A\none\n## B\ntwo\n### C\n## D\n# E\n") ==
        Names{"A", "A / B", "A / B / C", "A / D", "E"});
  CHECK(md("intro\n# A\n") == Names{"", "A"});
  CHECK(md("\n\n# A\n") == Names{"A"});
  CHECK(md("no heading\n") == Names{""});
  CHECK(md("### deep\n# top\n## sub\n") == Names{"deep", "top", "top / sub"});
  CHECK(chunk_named("a.md", "# A\none\n\n# B\ntwo", "A") == "# A\none\n\n");
  CHECK(chunk_named("a.md", "# A\none\n\n# B\ntwo", "B") == "# B\ntwo");
}

TEST_CASE("headings: what ATX headings look like") {
  CHECK(md("# A #\n# B ##  \n#\tC\n# D#\n   # E\r\n") == Names{"A", "B", "C", "D#", "E"});
  CHECK(md("#no\n####### seven\n    # code\n\t# code\n#!shebang\n") == Names{""});
  CHECK(md("#\n##\n") == Names{"", ""});
  CHECK(md("# `code` and *more*\n") == Names{"`code` and *more*"});
}

TEST_CASE("headings: setext headings of one line") {
  CHECK(md("Title\n=====\ntext\n\nSub\n---\nmore\n") == Names{"Title", "Title / Sub"});
  CHECK(md("one\ntwo\n---\n") == Names{""});
  CHECK(md("text\n\n---\n\ntext\n") == Names{""});
  CHECK(md("| a |\n---\n") == Names{""});
  CHECK(md("- item\n---\n") == Names{""});
  CHECK(md("# A\n---\n") == Names{"A"});
  CHECK(md("A\n= =\n") == Names{""});
}

TEST_CASE("headings: fenced code holds none") {
  CHECK(md("# A\n```sh\n# comment\n```\n# B\n") == Names{"A", "B"});
  CHECK(md("# A\n~~~~\n# x\n~~~\n# y\n~~~~\n# B\n") == Names{"A", "B"});
  CHECK(md("# A\n```\n~~~\n# x\n```\n# B\n") == Names{"A", "B"});
  CHECK(md("# A\n```\n# not closed\n") == Names{"A"});
  CHECK(md("```a`b\n# A\n") == Names{"", "A"});
  CHECK(md("# A\n```\n``` x\n# x\n```\n# B\n") == Names{"A", "B"});
}

TEST_CASE("headings: front matter is found") {
  CHECK(front_matter("---\na: 1\n---\ntext") == "a: 1\n");
  CHECK(front_matter("---\na: 1\n...\ntext") == "a: 1\n");
  CHECK(front_matter("\xEF\xBB\xBF---\r\na: 1\r\n---\r\n") == "a: 1\r\n");
  CHECK(front_matter("---\n---\n") == "");
  CHECK(front_matter("---  \na: 1\n---") == "a: 1\n");
  CHECK_FALSE(front_matter("---\na: 1\n"));
  CHECK_FALSE(front_matter("----\na: 1\n---\n"));
  CHECK_FALSE(front_matter("\n---\na: 1\n---\n"));
  CHECK_FALSE(front_matter("---"));
  CHECK_FALSE(front_matter(""));
}

TEST_CASE("headings: front matter belongs to the first section") {
  const std::string text = "---\ntype: x\n# no heading\n---\n\n# Project\ntext\n## Sub\n";
  CHECK(chunk_names("a.mdc", text) == Names{"Project", "Project / Sub"});
  CHECK(chunk_names("a.mdc", "---\na: 1\n---\nintro\n# A\n", rules) == Names{"", "A"});
  CHECK(chunk_names("a.mdc", "---\na: 1\n---\n") == Names{""});
  CHECK(chunk_names("a.mdc", "---\na\n---\nTitle\n===\n") == Names{"Title"});
}

TEST_CASE("headings: titles of reStructuredText, levels as they appear") {
  CHECK(rst("Title\n=====\n\ntext\n\nSub\n---\n\nDeep\n~~~~\n\nSub 2\n-----\n") ==
        Names{"Title", "Title / Sub", "Title / Sub / Deep", "Title / Sub 2"});
  CHECK(rst("=====\n Top\n=====\n\nOne\n===\n\n=====\nTop 2\n=====\n") ==
        Names{"Top", "Top / One", "Top 2"});
  CHECK(rst(".. comment\n\nTitle\n=====\n") == Names{"", "Title"});
  CHECK(chunk_named("a.rst", "===\nTop\n===\ntext\n", "Top") == "===\nTop\n===\ntext\n");
}

TEST_CASE("headings: what is no title of reStructuredText") {
  CHECK(rst("text\n\n----\n\ntext\n") == Names{""});
  CHECK(rst("a long line of text\n---\n") == Names{""});
  CHECK(rst("one\ntwo\n---\n") == Names{""});
  CHECK(rst("  code\n  ----\n") == Names{""});
  CHECK(rst("==== ====\na    b\n==== ====\n") == Names{""});
  CHECK(rst("\xC3\xA9\xC3\xA9\xC3\xA9\n===\n") == Names{"\xC3\xA9\xC3\xA9\xC3\xA9"});
}

TEST_CASE("headings: labels of reStructuredText belong to the title below") {
  CHECK(chunk_named("a.rst", "A\n===\n\ntext\n\n.. _b:\n.. _c:\n\nB\n===\n", "B") ==
        ".. _b:\n.. _c:\n\nB\n===\n");
  CHECK(chunk_named("a.rst", "A\n===\n\n.. _b:\n\ntext\n\nB\n===\n", "B") == "B\n===\n");
  CHECK(chunk_named("a.rst", "A\n===\n\n.. _b:\n\n===\nB\n===\n", "A / B") ==
        ".. _b:\n\n===\nB\n===\n");
}

TEST_CASE("headings: a short text before the first heading joins it") {
  CHECK(chunk_names("a.md", "intro\n# A\n# B\n") == Names{"A", "B"});
  CHECK(chunk_names("a.rst", ".. licence\n\nA\n===\n") == Names{"A"});
  CHECK(chunk_names("a.md", std::string(300, 'x') + "\n# A\n") == Names{"", "A"});
}

TEST_CASE("headings: long paths are cut, bytes that are no UTF-8 repaired") {
  const std::string longer(400, 'x');
  const Names names = md("# " + longer + "\n## Sub\n");
  REQUIRE(names.size() == 2);
  CHECK(names[0] == longer.substr(0, 200));
  CHECK(names[1] == longer.substr(0, 200));
  CHECK(md("# a\xFF\x01z\n") == Names{"a\xEF\xBF\xBD z"});
}

#include "catalog/manifest_lines.hpp"

#include "tests/support/catch.hpp"

namespace shale::catalog {
namespace {

Line line_of(std::string_view text) {
  Line line;
  LineReader reader(text);
  REQUIRE(reader.next(line));
  return line;
}

TEST_CASE("strings are one word") {
  for (const std::string text : {"", " ", "%", "a b\nc", "\x7f\xff\x01", "plain", "%41"}) {
    const std::string word = encode_string(text);
    INFO(word);
    CHECK(word.find_first_of(" \n") == std::string::npos);
    CHECK_FALSE(word.empty());
    CHECK(decode_string(word) == text);
  }
  CHECK(encode_string("plain") == "plain");
  CHECK_FALSE(decode_string(""));
  CHECK_FALSE(decode_string("%4"));
}

TEST_CASE("lines know where they are") {
  LineReader reader("a b\n\nlast");
  Line line;
  REQUIRE(reader.next(line));
  CHECK(line.word_count() == 2);
  CHECK(line.word(1) == "b");
  CHECK(line.word(2).empty());
  REQUIRE(reader.next(line));
  CHECK(line.offset == 4);
  CHECK(line.word(0).empty());
  REQUIRE(reader.next(line));
  CHECK(line.offset == 5);
  CHECK(line.word(0) == "last");
  CHECK_FALSE(reader.next(line));
}

TEST_CASE("pairs: asked for by key, once each") {
  const Line line =
      line_of("log 1-0000000000000002 n 5 other x h 00000000000000ff twice 1 twice 1");
  Pairs pairs(line);
  CHECK(pairs.owner() == FileId{1, 2});
  CHECK(pairs.number("n") == 5);
  CHECK(pairs.small_number("n") == 5);
  CHECK(pairs.hex("h") == 255);
  CHECK(pairs.ok());
  const auto fails = [&](auto&& ask) {
    Pairs fresh(line);
    ask(fresh);
    return !fresh.ok();
  };
  CHECK(fails([](Pairs& p) { p.number("absent"); }));
  CHECK(fails([](Pairs& p) { p.number("twice"); }));
  CHECK(fails([](Pairs& p) { p.number("other"); }));
  CHECK(fails([](Pairs& p) { p.hex("n"); }));
  CHECK_FALSE(Pairs(line_of("log 1-0000000000000002 n")).ok());
  const Line large = line_of("log x n 4294967296");
  Pairs pairs_of_large(large);
  CHECK(pairs_of_large.small_number("n") == 0);
  CHECK_FALSE(pairs_of_large.ok());
  Pairs no_owner(large);
  no_owner.owner();
  CHECK_FALSE(no_owner.ok());
}

TEST_CASE("header lines come once each") {
  HeaderLines header;
  Manifest m;
  CHECK(header.missing() == "project");
  CHECK(header.take(line_of("project a"), m) == HeaderLines::Taken::yes);
  CHECK(m.project == "a");
  CHECK(header.missing() == "project_id");
  CHECK(header.take(line_of("project b"), m) == HeaderLines::Taken::bad);
  CHECK(header.take(line_of("edition"), m) == HeaderLines::Taken::bad);
  CHECK(header.take(line_of("edition -1"), m) == HeaderLines::Taken::bad);
  CHECK(header.take(line_of("edition 8 more"), m) == HeaderLines::Taken::yes);
  CHECK(m.edition == 8);
  CHECK(header.take(line_of("colour red"), m) == HeaderLines::Taken::unknown);
  CHECK_FALSE(header.complete());
}

}  // namespace
}  // namespace shale::catalog

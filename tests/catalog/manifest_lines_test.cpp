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

TEST_CASE("every byte has one spelling, and what is spelt otherwise is told or itself") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, char(byte));
    const std::string word = encode_string(text);
    const bool plain = byte > ' ' && byte < 0x7f && byte != '%';
    INFO(byte);
    CHECK(word.size() == (plain ? 1 : 3));
    CHECK(decode_string(word) == text);
  }
  CHECK(encode_string("\n") == "%0a");
  CHECK(encode_string("%") == "%25");
  for (const char* const word : {"%0A", "%", "a%", "%g0", "a%2", "%%"}) {
    INFO(word);
    CHECK(decode_string(word).has_value() == (std::string(word) == "%"));
  }
}

TEST_CASE("lines and words are cut at every single mark") {
  const auto lines_of = [](std::string_view text) {
    LineReader reader(text);
    std::vector<std::vector<std::string_view>> lines;
    Line line;
    while (reader.next(line)) {
      CHECK(text.substr(line.offset).starts_with(line.word(0)));
      lines.push_back(line.words);
    }
    return lines;
  };
  using Lines = std::vector<std::vector<std::string_view>>;
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == Lines{{""}});
  CHECK(lines_of("a") == Lines{{"a"}});
  CHECK(lines_of("a\n") == Lines{{"a"}});
  CHECK(lines_of("\n\na") == Lines{{""}, {""}, {"a"}});
  CHECK(lines_of(" a  b ") == Lines{{"", "a", "", "b", ""}});
  CHECK(lines_of("a\tb\r") == Lines{{"a\tb\r"}});
}

TEST_CASE("header values are of their kind, up to its last value") {
  const auto takes = [](std::string_view text) {
    HeaderLines header;
    Manifest m;
    return header.take(line_of(text), m) == HeaderLines::Taken::yes;
  };
  for (const char* const key :
       {"edition", "as_of", "next_sequence", "next_lsn", "written_bytes", "ingested_bytes"}) {
    const std::string line = std::string(key) + " ";
    INFO(key);
    CHECK(takes(line + "18446744073709551615"));
    for (const char* const bad : {"18446744073709551616", "", "01", "+1", "1.0", "0x1", "%31"}) {
      CHECK_FALSE(takes(line + bad));
    }
  }
  CHECK(takes("words_version 4294967295"));
  CHECK_FALSE(takes("words_version 4294967296"));
  CHECK(takes("positions 0"));
  CHECK_FALSE(takes("positions 2"));
  CHECK_FALSE(takes("positions true"));
  CHECK(takes("project_id ffffffffffffffff"));
  CHECK_FALSE(takes("project_id FFFFFFFFFFFFFFFF"));
  CHECK_FALSE(takes("project_id fffffffffffffff"));
  CHECK_FALSE(takes("project_id 0ffffffffffffffff"));
  CHECK(takes("project %"));
  CHECK_FALSE(takes("project "));
  CHECK_FALSE(takes("analysis %zz"));
  CHECK_FALSE(takes("shard_by"));
}

}  // namespace
}  // namespace shale::catalog

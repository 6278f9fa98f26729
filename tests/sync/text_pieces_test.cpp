#include "sync/text_pieces.hpp"

#include <random>
#include <set>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::sync;

namespace {

struct Piece {
  std::string text;
  u64 first, last, part;
  bool operator==(const Piece&) const = default;
};

std::vector<Piece> cut(std::string_view text, u64 bytes_max, u64 lines, usize block = 7) {
  std::vector<Piece> pieces;
  TextCutter cutter(bytes_max, lines, [&](const TextPiece& piece) -> Result<void> {
    pieces.push_back({std::string(piece.text), piece.first_line, piece.last_line, piece.part});
    return {};
  });
  for (; !text.empty(); text.remove_prefix(std::min(block, text.size()))) {
    REQUIRE(cutter.feed(text.substr(0, block)));
  }
  REQUIRE(cutter.finish());
  return pieces;
}

using Pieces = std::vector<Piece>;

}  // namespace

TEST_CASE("text pieces: short text is one piece") {
  CHECK(cut("", 100, 0).empty());
  CHECK(cut("a", 100, 0) == Pieces{{"a", 1, 1, 0}});
  CHECK(cut("a\nb\n", 100, 0) == Pieces{{"a\nb\n", 1, 2, 0}});
  CHECK(cut("a\nb", 100, 0) == Pieces{{"a\nb", 1, 2, 0}});
  CHECK(cut("\n\n", 100, 0) == Pieces{{"\n\n", 1, 2, 0}});
}

TEST_CASE("text pieces: as many whole lines as fit") {
  CHECK(cut("aa\nbb\ncc\n", 6, 0) == Pieces{{"aa\nbb\n", 1, 2, 0}, {"cc\n", 3, 3, 0}});
  CHECK(cut("aa\nbb\ncc", 7, 0) == Pieces{{"aa\nbb\n", 1, 2, 0}, {"cc", 3, 3, 0}});
  CHECK(cut("aa\nbb\ncc", 8, 0) == Pieces{{"aa\nbb\ncc", 1, 3, 0}});
}

TEST_CASE("text pieces: a line too long is cut, between characters") {
  CHECK(cut("abcdefgh\nx\n", 4, 0) ==
        Pieces{{"abcd", 1, 1, 0}, {"efgh", 1, 1, 1}, {"\nx\n", 1, 2, 2}});
  CHECK(cut("a\xC3\xA9\xC3\xA9", 4, 0) == Pieces{{"a\xC3\xA9", 1, 1, 0}, {"\xC3\xA9", 1, 1, 1}});
  CHECK(cut("\x80\x80\x80\x80\x80\x80\x80", 5, 0).size() == 2);
}

TEST_CASE("text pieces: a number of lines each") {
  CHECK(cut("a\nb\nc\nd\ne", 100, 2) ==
        Pieces{{"a\nb\n", 1, 2, 0}, {"c\nd\n", 3, 4, 0}, {"e", 5, 5, 0}});
  CHECK(cut("a\nb\n", 100, 2) == Pieces{{"a\nb\n", 1, 2, 0}});
}

TEST_CASE("text pieces: nothing is lost, however it is fed") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (u64 i = random() % 400; i > 0; --i) text += random() % 5 == 0 ? '\n' : 'x';
    const u64 bytes_max = 1 + random() % 60;
    const u64 lines = random() % 4;
    const Pieces pieces = cut(text, bytes_max, lines, 1 + random() % 50);
    CHECK(pieces == cut(text, bytes_max, lines, 1000));
    std::string whole;
    for (const Piece& piece : pieces) {
      REQUIRE(piece.text.size() <= bytes_max);
      REQUIRE(piece.first == 1 + u64(std::count(whole.begin(), whole.end(), '\n')));
      whole += piece.text;
    }
    REQUIRE(whole == text);
  }
}

TEST_CASE("text pieces: every piece has a name of its own and is whole characters") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string characters[] = {"x", "\n", "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (u64 i = random() % 300; i > 0; --i) text += characters[random() % std::size(characters)];
    const u64 bytes_max = 4 + random() % 40;
    std::set<std::pair<u64, u64>> names;
    for (const Piece& piece : cut(text, bytes_max, random() % 3, 1 + random() % 20)) {
      INFO("line " << piece.first << " part " << piece.part);
      REQUIRE(names.emplace(piece.first, piece.part).second);
      REQUIRE_FALSE(piece.text.empty());
      REQUIRE((piece.text[0] & 0xC0) != 0x80);  // no piece begins inside a character
      const u64 line_ends = u64(std::count(piece.text.begin(), piece.text.end() - 1, '\n'));
      REQUIRE(piece.last == piece.first + line_ends);
    }
  }
}

TEST_CASE("text pieces: a refusal of the sink ends the cutting") {
  int calls = 0;
  TextCutter cutter(2, 0, [&](const TextPiece&) -> Result<void> {
    if (++calls == 2) return fail(ErrorCode::no_space, "full");
    return {};
  });
  const auto fed = cutter.feed("abcdefgh");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().code == ErrorCode::no_space);
  CHECK(calls == 2);
}

TEST_CASE("text pieces: lines that are full to the byte") {
  CHECK(cut("abc\n", 4, 0) == Pieces{{"abc\n", 1, 1, 0}});
  CHECK(cut("abc\nd\n", 4, 0) == Pieces{{"abc\n", 1, 1, 0}, {"d\n", 2, 2, 0}});
  CHECK(cut("abcd\n", 4, 0) == Pieces{{"abcd", 1, 1, 0}, {"\n", 1, 1, 1}});
  CHECK(cut("\r\n\r\n", 2, 0) == Pieces{{"\r\n", 1, 1, 0}, {"\r\n", 2, 2, 0}});
  CHECK(cut("a\nb\nc\n", 3, 2) == Pieces{{"a\n", 1, 1, 0}, {"b\n", 2, 2, 0}, {"c\n", 3, 3, 0}});
}

TEST_CASE("text pieces: a cut inside a line spares characters") {
  CHECK(character_cut("abcd", 2) == 2);
  CHECK(character_cut("a\xC3\xA9z", 2) == 1);
  CHECK(character_cut("\xC3\xA9z", 1) == 1);  // never nothing
  CHECK(character_cut(std::string(9, '\x80'), 6) == 6);
}

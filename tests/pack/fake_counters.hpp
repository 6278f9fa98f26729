// Counters that stand in for vocabularies, none of them additive at any place, and random segments
// to pack. `pieces` splits as the real ones do, by hand and roughly; the others are stranger than
// any vocabulary: what holds for them holds for one that is yet to come.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <shale/pack.hpp>

#include "base/checksum.hpp"
#include "base/integers.hpp"

namespace shale::pack::testing {

inline bool is_newline(char c) { return c == '\n' || c == '\r'; }
inline bool is_white(char c) { return is_newline(c) || c == ' ' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || u8(c) >= 0x80;
}
inline bool is_mark(char c) { return !is_white(c) && !is_digit(c) && !is_letter(c); }

template <class Is>
usize run_end(std::string_view text, usize at, Is is) {
  while (at < text.size() && is(text[at])) ++at;
  return at;
}

// White space: up to the last line feed of the run, else all but its last character.
inline usize white_end(std::string_view text, usize at) {
  const usize end = run_end(text, at, is_white);
  usize last = end;
  while (last > at && !is_newline(text[last - 1])) --last;
  if (last > at) return last;
  return end == text.size() || end - at == 1 ? end : end - 1;
}

inline usize piece_end(std::string_view text, usize at) {
  const usize word = at + (!is_letter(text[at]) && !is_digit(text[at]) && !is_newline(text[at]));
  if (word < text.size() && is_letter(text[word])) return run_end(text, word, is_letter);
  if (is_digit(text[at])) return std::min(run_end(text, at, is_digit), at + 3);
  const usize marks = at + (text[at] == ' ');
  if (marks < text.size() && is_mark(text[marks])) {
    return run_end(text, run_end(text, marks, is_mark),
                   [](char c) { return is_newline(c) || c == '/'; });
  }
  return white_end(text, at);
}

// A token for every six bytes of a piece.
inline u64 pieces(std::string_view text) {
  u64 tokens = 0;
  for (usize at = 0; at < text.size();) {
    const usize end = piece_end(text, at);
    tokens += 1 + (end - at - 1) / 6;
    at = end;
  }
  return tokens;
}

// Joins save tokens: a whole is less than its parts.
inline u64 quarters(std::string_view text) { return (text.size() + 3) / 4; }

// Joins cost tokens: a whole is more than its blocks.
inline u64 dear_joins(std::string_view text) {
  u64 tokens = pieces(text);
  for (usize at = text.find("\n\n#"); at != std::string_view::npos; at = text.find("\n\n#", at + 1))
    tokens += 3;
  return tokens;
}

// Longer texts may be fewer tokens.
inline u64 rough(std::string_view text) { return text.size() / 4 + checksum64(as_bytes(text)) % 9; }

struct NamedCounter {
  const char* name;
  u64 (*count)(std::string_view);
};
inline constexpr NamedCounter all_counters[] = {
    {"pieces", pieces}, {"quarters", quarters}, {"dear joins", dear_joins}, {"rough", rough}};

inline Segment segment_of(Metadata metadata, std::string text) {
  auto body = std::make_shared<Segment::Body>();
  body->metadata = std::move(metadata);
  body->text_hash = checksum128(as_bytes(text));
  body->text = std::move(text);
  return Segment(std::move(body));
}

class RandomTexts {
 public:
  explicit RandomTexts(u32 seed) : random_(seed) {}
  u32 below(u32 n) { return u32(random_() % n); }

  std::string line() {
    static constexpr const char* parts[] = {"word", " other",      "  ",   "(x)", "12345",
                                            "/",    "caf\xC3\xA9", "\xFF", "```", "\t",
                                            "#",    " a",          ";"};
    std::string text;
    for (u32 i = below(12); i-- > 0;) text += parts[below(13)];
    if (below(6) == 0) text += std::to_string(below(1000));
    return text;
  }

  // With and without a line feed at the end, with blank lines, carriage returns and long lines.
  std::string text() {
    static constexpr const char* ends[] = {"\n", "\n", "\n", "\n", "\r\n", "\n\n", "  \n"};
    std::string text;
    for (u32 i = below(4) == 0 ? below(120) : below(12); i-- > 0;) {
      text += line();
      if (below(30) == 0) text += std::string(below(400), 'x');
      if (i > 0 || below(2) == 0) text += ends[below(7)];
    }
    return text;
  }

  Segment segment(const std::string& id) {
    Metadata metadata;
    metadata.id = id;
    metadata.pinned = below(10) == 0;
    if (below(2) == 0) metadata.file = "src/file" + std::to_string(below(20)) + ".cpp";
    if (below(2) == 0) metadata.line_range = LineRange{1 + below(500), 600};
    if (below(3) == 0) metadata.tokens = below(1000);
    return segment_of(std::move(metadata), text());
  }

 private:
  std::mt19937 random_;
};

}  // namespace shale::pack::testing

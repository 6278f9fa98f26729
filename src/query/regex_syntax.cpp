#include "query/regex_syntax.hpp"

#include <algorithm>

#include "text/letters.hpp"

namespace shale::query {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '_'; }
bool is_ascii(char c) { return u8(c) < 0x80; }

class Reader {
 public:
  explicit Reader(std::string_view pattern) : rest_(pattern) { traits_.is_within_word = true; }

  RegexTraits run() {
    while (!rest_.empty()) read_one();
    return traits_;
  }

 private:
  char peek(usize at = 0) const { return at < rest_.size() ? rest_[at] : '\0'; }
  void skip(usize bytes) { rest_.remove_prefix(std::min(bytes, rest_.size())); }
  // Past the next `end`, or to the end.
  void skip_past(std::string_view end) {
    const usize at = rest_.find(end);
    skip(at == std::string_view::npos ? rest_.size() : at + end.size());
  }
  void leave_word() { traits_.is_within_word = false; }
  void assert_something() {
    traits_.has_assertion = true;
    leave_word();
  }

  void read_one() {
    switch (peek()) {
      case '\\':
        return read_escape();
      case '[':
        return read_class();
      case '(':
        return read_group();
      case '{':
        return read_repetition();
      case '^':
      case '$':
        assert_something();
        return skip(1);
      case ')':
      case '|':
      case '*':
      case '+':
      case '?':
        return skip(1);
      default:
        return read_literal();
    }
  }

  void read_literal() {
    if (!is_word(peek())) leave_word();
    const Character character = decode_utf8(rest_);
    if (character.bytes > 0 && case_of(character.code) == LetterCase::upper) {
      traits_.has_upper = true;
    }
    skip(std::max(character.bytes, 1u));
  }

  void read_escape() {
    const char kind = peek(1);
    skip(2);
    if (kind == 'd' || kind == 'w') return;
    leave_word();
    if (kind == 'b' || kind == 'B' || kind == 'A' || kind == 'z') return assert_something();
    if (kind != 'p' && kind != 'P' && kind != 'x') return;
    if (peek() == '{') return skip_past("}");
    skip(kind == 'x' ? 2 : 1);
  }

  void read_class() {
    skip(1);
    if (peek() == '^') {
      leave_word();
      skip(1);
    }
    for (bool is_first = true; !rest_.empty(); is_first = false) {
      if (peek() == ']' && !is_first) return skip(1);
      read_member();
    }
  }

  void read_member() {
    if (peek() == '\\') return read_escape();
    if (peek() == '[' && peek(1) == ':') {
      leave_word();
      skip(2);
      return skip_past(":]");
    }
    const char first = peek();
    read_literal();
    if (peek() != '-' || peek(1) == ']') return;
    const char last = peek(1);
    const bool is_alike = (is_lower(first) && is_lower(last)) ||
                          (is_upper(first) && is_upper(last)) ||
                          (is_digit(first) && is_digit(last));
    if (!is_alike) leave_word();
    skip(1);
    if (peek() != '\\') read_literal();
  }

  void read_group() {
    skip(1);
    if (peek() != '?') return;
    skip(1);
    if (peek() == ':') return skip(1);
    if (peek() == 'P') return skip_past(">");
    assert_something();
    while (!rest_.empty() && peek() != ':' && peek() != ')') skip(1);
    skip(1);
  }

  void read_repetition() {
    const usize end = rest_.find_first_not_of("0123456789,", 1);
    if (end == std::string_view::npos || end == 1 || rest_[end] != '}') return read_literal();
    skip(end + 1);
  }

  std::string_view rest_;
  RegexTraits traits_;
};

}  // namespace

RegexTraits traits_of(std::string_view pattern) { return Reader(pattern).run(); }

std::vector<Piece> pieces_of(std::string_view literal) {
  std::vector<Piece> pieces;
  for (usize at = 0; at < literal.size();) {
    if (!is_word(literal[at])) {
      ++at;
      continue;
    }
    usize end = at;
    while (end < literal.size() && is_word(literal[end])) ++end;
    Piece piece{std::string(literal.substr(at, end - at))};
    piece.begins_word = at > 0 && is_ascii(literal[at - 1]);
    piece.ends_word = end < literal.size() && is_ascii(literal[end]);
    pieces.push_back(std::move(piece));
    at = end;
  }
  return pieces;
}

}  // namespace shale::query

#include "text/glob.hpp"

#include <algorithm>
#include <optional>

#include "text/utf8.hpp"

namespace shale {

namespace {

constexpr std::string_view special_characters = "*?[\\";

enum class Kind : u8 { literal, any_character, any_class, star, double_star };

}  // namespace

struct Glob::Token {
  Kind kind = Kind::literal;
  bool inverted = false;    // of a class
  u32 code = 0;             // of a literal
  std::string_view ranges;  // of a class: what stands between its brackets
};

namespace {

using Token = Glob::Token;

// One character; a byte of none counts as one, beyond Unicode so that it equals itself only.
constexpr u32 no_character = 0x110000;
Character take_character(std::string_view& text) {
  Character character = decode_utf8(text);
  if (character.bytes == 0) character = {no_character + u8(text[0]), 1};
  text.remove_prefix(character.bytes);
  return character;
}

// The inside of `[...]` at the start of `pattern` (behind the bracket); a `]` in first place is a
// member. Nothing where no bracket closes: then `[` stands for itself.
std::optional<Token> take_class(std::string_view& pattern) {
  const bool inverted = pattern.starts_with('!');
  usize at = inverted ? 1 : 0;
  const usize begin = at;
  for (; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > begin) {
      const Token token{Kind::any_class, inverted, 0, pattern.substr(begin, at - begin)};
      pattern.remove_prefix(at + 1);
      return token;
    }
    if (pattern[at] == '\\') ++at;
  }
  return std::nullopt;
}

u32 take_member(std::string_view& ranges) {
  if (ranges.size() > 1 && ranges[0] == '\\') ranges.remove_prefix(1);
  return take_character(ranges).code;
}

bool class_holds(const Token& token, u32 code) {
  if (code == '/') return false;
  std::string_view rest = token.ranges;
  while (!rest.empty()) {
    const u32 first = take_member(rest);
    u32 last = first;
    if (rest.size() > 1 && rest[0] == '-') {
      rest.remove_prefix(1);
      last = take_member(rest);
    }
    if (first <= code && code <= last) return !token.inverted;
  }
  return token.inverted;
}

Token take_star(std::string_view& pattern) {
  const bool is_double = pattern.starts_with('*');
  while (pattern.starts_with('*')) pattern.remove_prefix(1);
  return {is_double ? Kind::double_star : Kind::star, false, 0, {}};
}

Token take_token(std::string_view& pattern) {
  const u32 code = take_character(pattern).code;
  if (code == '*') return take_star(pattern);
  if (code == '?') return {Kind::any_character, false, 0, {}};
  if (code == '[') {
    if (const auto token = take_class(pattern)) return *token;
  }
  const bool quotes = code == '\\' && !pattern.empty();
  return {Kind::literal, false, quotes ? take_character(pattern).code : code, {}};
}

bool is_star(const Token& token) {
  return token.kind == Kind::star || token.kind == Kind::double_star;
}

bool takes(const Token& token, u32 code) {
  switch (token.kind) {
    case Kind::literal:
      return token.code == code;
    case Kind::any_class:
      return class_holds(token, code);
    case Kind::double_star:
      return true;
    default:
      return code != '/';
  }
}

void append_literal(u32 code, std::string& to) {
  if (code < no_character) return append_utf8(code, to);
  to.push_back(char(code - no_character));
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  std::string literals;
  while (!pattern.empty()) {
    const Token token = take_token(pattern);
    const bool is_literal = token.kind == Kind::literal;
    // The prefix is left out of the tokens, so it has to end where a character does.
    if (tokens_.empty() && is_literal && token.code < no_character) {
      append_utf8(token.code, prefix_);
      continue;
    }
    tokens_.push_back(token);
    if (is_literal) {
      append_literal(token.code, literals);
    } else {
      if (literals.size() > inside_.size()) inside_ = literals;
      literals.clear();
    }
  }
  end_ = literals;
  live_.resize(tokens_.size() + 1);
}

Glob::~Glob() = default;

bool Glob::matches(std::string_view text) {
  if (!text.starts_with(prefix_)) return false;
  text.remove_prefix(prefix_.size());
  // Cheap to see that most texts do not match: literals have to be there as they are.
  if (!text.ends_with(end_) || text.find(inside_) == std::string_view::npos) return false;
  std::fill(live_.begin(), live_.end(), u8(0));
  last_ = first_ = 0;
  enter(0);
  while (!text.empty()) {
    if (takes_all()) return true;
    if (!step(take_character(text).code)) return false;
  }
  return live_.back() != 0;
}

// False when no state is left.
bool Glob::step(u32 code) {
  const usize last = last_;
  usize first = tokens_.size() + 1;
  last_ = 0;
  // Downwards, so that a state entered now is not stepped again.
  for (usize i = last + 1; i-- > first_;) {
    if (live_[i] == 0) continue;
    live_[i] = 0;
    if (i == tokens_.size() || !takes(tokens_[i], code)) continue;
    const usize next = is_star(tokens_[i]) ? i : i + 1;
    enter(next);
    first = next;
  }
  first_ = first;
  return first <= tokens_.size();
}

// Whether it matches whatever follows: `**` is all that is left.
bool Glob::takes_all() const {
  return !tokens_.empty() && tokens_.back().kind == Kind::double_star &&
         live_[tokens_.size() - 1] != 0;
}

// A star may also match nothing: the state behind it is entered with it.
void Glob::enter(usize state) {
  for (;; ++state) {
    live_[state] = 1;
    if (state > last_) last_ = state;
    if (state == tokens_.size() || !is_star(tokens_[state])) return;
  }
}

std::string_view glob_literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of(special_characters));
}

bool has_glob(std::string_view pattern) {
  return pattern.find_first_of(special_characters) != std::string_view::npos;
}

}  // namespace shale

#include "text/glob.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "text/utf8.hpp"

namespace shale {

namespace {

constexpr std::string_view special_characters = "*?[\\";

enum class Kind : u8 { literal, any_character, any_class, star, double_star };

struct Token {
  Kind kind = Kind::literal;
  bool inverted = false;    // of a class
  u32 code = 0;             // of a literal
  std::string_view ranges;  // of a class: what stands between its brackets
};

// One character; a byte of none counts as one, beyond Unicode so that it equals itself only.
Character take_character(std::string_view& text) {
  Character character = decode_utf8(text);
  if (character.bytes == 0) character = {0x110000u + u8(text[0]), 1};
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

// All ways to match at once: state i = "tokens before i are done". Text times tokens at worst, in
// practice a few live states per character.
class Matcher {
 public:
  explicit Matcher(std::string_view pattern) {
    while (!pattern.empty()) tokens_.push_back(take_token(pattern));
    live_.resize(tokens_.size() + 1);
    enter(0);
  }

  // False when no state is left.
  bool step(u32 code) {
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

  bool is_done() const { return live_.back() != 0; }
  // Whether it matches whatever follows: `**` is all that is left.
  bool takes_all() const {
    return !tokens_.empty() && tokens_.back().kind == Kind::double_star &&
           live_[tokens_.size() - 1] != 0;
  }

 private:
  // A star may also match nothing: the state behind it is entered with it.
  void enter(usize state) {
    for (;; ++state) {
      live_[state] = 1;
      if (state > last_) last_ = state;
      if (state == tokens_.size() || !is_star(tokens_[state])) return;
    }
  }

  std::vector<Token> tokens_;
  std::vector<u8> live_;
  usize first_ = 0;  // no live state below
  usize last_ = 0;   // nor above
};

// Cheap to see that most texts do not match: what stands between the stars and question marks of a
// pattern without classes and quotes has to be there as it is, its last piece at the end.
bool holds_literals(std::string_view pattern, std::string_view text) {
  constexpr std::string_view wild = "*?";
  if (pattern.find_first_of("[\\") != std::string_view::npos) return true;
  std::string_view longest;
  for (;;) {
    const usize bytes = std::min(pattern.find_first_of(wild), pattern.size());
    if (bytes == pattern.size()) break;
    if (bytes > longest.size()) longest = pattern.substr(0, bytes);
    pattern.remove_prefix(bytes + 1);
  }
  return text.ends_with(pattern) && text.find(longest) != std::string_view::npos;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  const std::string_view prefix = glob_literal_prefix(pattern);
  if (!text.starts_with(prefix)) return false;
  pattern.remove_prefix(prefix.size());
  text.remove_prefix(prefix.size());
  if (!holds_literals(pattern, text)) return false;
  Matcher matcher(pattern);
  while (!text.empty()) {
    if (matcher.takes_all()) return true;
    if (!matcher.step(take_character(text).code)) return false;
  }
  return matcher.is_done();
}

std::string_view glob_literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of(special_characters));
}

bool has_glob(std::string_view pattern) {
  return pattern.find_first_of(special_characters) != std::string_view::npos;
}

}  // namespace shale

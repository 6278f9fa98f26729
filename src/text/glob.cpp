#include "text/glob.hpp"

#include <algorithm>
#include <array>

#include "text/utf8.hpp"

namespace shale {

namespace {

constexpr std::string_view special_characters = "*?[\\";

// One character; a byte of none counts as one, beyond Unicode so that it equals itself only.
constexpr u32 no_character = 0x110000;
Character take_character(std::string_view& text) {
  Character character = decode_utf8(text);
  if (character.bytes == 0) character = {no_character + u8(text[0]), 1};
  text.remove_prefix(character.bytes);
  return character;
}

u32 take_member(std::string_view& ranges) {
  if (ranges.size() > 1 && ranges[0] == '\\') ranges.remove_prefix(1);
  return take_character(ranges).code;
}

void append_literal(u32 code, std::string& to) {
  if (code < no_character) return append_utf8(code, to);
  to.push_back(char(code - no_character));
}

}  // namespace

// -- reading the pattern --

Glob::Glob(std::string_view pattern) {
  std::string literals;
  while (!pattern.empty()) {
    Token token = take_token(pattern);
    const bool is_literal = token.kind == Kind::literal;
    // The prefix is left out of the tokens, so it has to end where a character does.
    if (tokens_.empty() && is_literal && token.code < no_character) {
      append_utf8(token.code, prefix_);
      continue;
    }
    if (is_literal) {
      append_literal(token.code, literals);
    } else {
      if (literals.size() > inside_.size()) inside_ = literals;
      literals.clear();
    }
    tokens_.push_back(std::move(token));
  }
  end_ = literals;
}

Glob::Token Glob::take_token(std::string_view& pattern) {
  const u32 code = take_character(pattern).code;
  if (code == '*') {
    const bool is_double = pattern.starts_with('*');
    while (pattern.starts_with('*')) pattern.remove_prefix(1);
    return {is_double ? Kind::double_star : Kind::star, false, 0, {}};
  }
  if (code == '?') return {Kind::any_character, false, 0, {}};
  if (code == '[') {
    if (auto token = take_class(pattern)) return *std::move(token);
  }
  const bool quotes = code == '\\' && !pattern.empty();
  return {Kind::literal, false, quotes ? take_character(pattern).code : code, {}};
}

// The inside of `[...]` at the start of `pattern` (behind the bracket); a `]` in first place is a
// member. Nothing where no bracket closes: then `[` stands for itself.
std::optional<Glob::Token> Glob::take_class(std::string_view& pattern) {
  const bool inverted = pattern.starts_with('!');
  usize at = inverted ? 1 : 0;
  const usize begin = at;
  for (; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > begin) {
      Token token{Kind::any_class, inverted, 0, std::string(pattern.substr(begin, at - begin))};
      pattern.remove_prefix(at + 1);
      return token;
    }
    if (pattern[at] == '\\') ++at;
  }
  return std::nullopt;
}

// -- matching --

bool Glob::Token::takes(u32 character) const {
  switch (kind) {
    case Kind::literal:
      return code == character;
    case Kind::any_class:
      return class_holds(character);
    case Kind::double_star:
      return true;
    default:
      return character != '/';
  }
}

bool Glob::Token::class_holds(u32 character) const {
  if (character == '/') return false;
  std::string_view rest = ranges;
  while (!rest.empty()) {
    const u32 first = take_member(rest);
    u32 last = first;
    if (rest.size() > 1 && rest[0] == '-') {
      rest.remove_prefix(1);
      last = take_member(rest);
    }
    if (first <= character && character <= last) return !inverted;
  }
  return inverted;
}

// All ways to match one text at once: state i is "the tokens before i are done". A few of them live
// at a time.
class Glob::Walk {
 public:
  explicit Walk(const std::vector<Token>& tokens) : tokens_(tokens) {
    if (tokens.size() >= few_.size()) many_.resize(tokens.size() + 1);
    live_ = many_.empty() ? few_.data() : many_.data();
    enter(0);
  }

  bool matches(std::string_view text) {
    while (!text.empty()) {
      if (takes_all()) return true;
      if (!step(take_character(text).code)) return false;
    }
    return live_[tokens_.size()] != 0;
  }

 private:
  // False when no state is left.
  bool step(u32 code) {
    const usize last = last_;
    usize first = tokens_.size() + 1;
    last_ = 0;
    // Downwards, so that a state entered now is not stepped again.
    for (usize i = last + 1; i-- > first_;) {
      if (live_[i] == 0) continue;
      live_[i] = 0;
      if (i == tokens_.size() || !tokens_[i].takes(code)) continue;
      const usize next = tokens_[i].is_star() ? i : i + 1;
      enter(next);
      first = next;
    }
    first_ = first;
    return first <= tokens_.size();
  }

  // Whether it matches whatever follows: `**` is all that is left.
  bool takes_all() const {
    return !tokens_.empty() && tokens_.back().kind == Kind::double_star &&
           live_[tokens_.size() - 1] != 0;
  }

  // A star may also match nothing: the state behind it is entered with it.
  void enter(usize state) {
    for (;; ++state) {
      live_[state] = 1;
      if (state > last_) last_ = state;
      if (state == tokens_.size() || !tokens_[state].is_star()) return;
    }
  }

  const std::vector<Token>& tokens_;
  std::array<u8, 64> few_{};
  std::vector<u8> many_;
  u8* live_;
  usize first_ = 0;  // no live state below
  usize last_ = 0;   // nor above
};

bool Glob::matches(std::string_view text) const {
  if (!text.starts_with(prefix_)) return false;
  text.remove_prefix(prefix_.size());
  // Cheap to see that most texts do not match: literals have to be there as they are.
  if (!text.ends_with(end_) || text.find(inside_) == std::string_view::npos) return false;
  return Walk(tokens_).matches(text);
}

std::string_view glob_literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of(special_characters));
}

bool has_glob(std::string_view pattern) {
  return pattern.find_first_of(special_characters) != std::string_view::npos;
}

}  // namespace shale

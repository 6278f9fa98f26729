// Shell patterns: `*` any run without `/`, `**` any run, `?` one character but `/`, `[a-z]`,
// `[!a-z]` (never `/`), `\` quotes. A `[` that nothing closes stands for itself. All ways to match
// are followed at once: time is text times pattern at worst, there is no back-tracking. Not a
// regular expression and no file system: it compares strings, for filters and ignore rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"

namespace shale {

// A pattern read once, for many texts: reading it takes as long as holding it against several
// short ones. A value; safe from many threads.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  bool matches(std::string_view text) const;

 private:
  enum class Kind : u8 { literal, any_character, any_class, star, double_star };
  struct Token {
    Kind kind = Kind::literal;
    bool inverted = false;  // of a class
    u32 code = 0;           // of a literal
    std::string ranges;     // of a class: what stands between its brackets

    bool is_star() const { return kind == Kind::star || kind == Kind::double_star; }
    bool takes(u32 code) const;
    bool class_holds(u32 code) const;
  };
  class Walk;
  static Token take_token(std::string_view& pattern);
  static std::optional<Token> take_class(std::string_view& pattern);

  std::string prefix_;  // literals before all others; no tokens stand for them
  std::string inside_;  // the longest literals between others
  std::string end_;     // literals behind all others
  std::vector<Token> tokens_;
};

inline bool glob_match(std::string_view pattern, std::string_view text) {
  return Glob(pattern).matches(text);
}
// The bytes before the first special character: every match begins with them.
std::string_view glob_literal_prefix(std::string_view pattern);
bool has_glob(std::string_view pattern);

}  // namespace shale

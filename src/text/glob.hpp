// Shell patterns: `*` any run without `/`, `**` any run, `?` one character but `/`, `[a-z]`,
// `[!a-z]` (never `/`), `\` quotes. A `[` that nothing closes stands for itself. All ways to match
// are followed at once: time is text times pattern at worst, there is no back-tracking. Not a
// regular expression and no file system: it compares strings, for filters and ignore rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"

namespace shale {

// A pattern read once, for many texts. The pattern outlives it; one thread at a time.
class Glob {
 public:
  struct Token;  // of the pattern
  explicit Glob(std::string_view pattern);
  ~Glob();
  Glob(const Glob&) = delete;

  bool matches(std::string_view text);

 private:
  bool step(u32 code);
  bool takes_all() const;
  void enter(usize state);

  std::string prefix_;  // literals before all others; no tokens stand for them
  std::string inside_;  // the longest literals between others
  std::string end_;     // literals behind all others
  std::vector<Token> tokens_;
  // All ways to match at once: state i is "the tokens before i are done". A few of them live at a
  // time.
  std::vector<u8> live_;
  usize first_ = 0;  // no live state below
  usize last_ = 0;   // nor above
};

inline bool glob_match(std::string_view pattern, std::string_view text) {
  return Glob(pattern).matches(text);
}
// The bytes before the first special character: every match begins with them.
std::string_view glob_literal_prefix(std::string_view pattern);
bool has_glob(std::string_view pattern);

}  // namespace shale

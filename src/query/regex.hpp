// A regular expression: the home of RE2.
//
// Matches in time linear in the text. Case is ignored unless the pattern itself has an upper-case
// letter. Beside the matching stands the prefilter: literals (atoms, lower case), and what has to
// be there of them for a match to be possible. A value, immutable, safe from many threads. Patterns
// are at most regex_bytes_max bytes (parser.hpp); one that needs more than a MiB compiled is none.
// Used by pattern_search.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "query/regex_syntax.hpp"

namespace shale::query {

class Regex {
 public:
  // Null where `pattern` is no regular expression.
  static std::shared_ptr<const Regex> make(std::string_view pattern);
  ~Regex();

  // Whether `text`, any bytes, has a match.
  bool matches(std::string_view text) const;
  // The first match that begins at `from` or later and is not empty.
  struct Stretch {
    usize begin = 0;
    usize end = 0;
  };
  std::optional<Stretch> find(std::string_view text, usize from) const;
  // Every text has one, if only the empty one.
  bool matches_everything() const { return matches_everything_; }
  // Case is ignored and every match lies within one word: words alone tell.
  bool is_within_word() const { return traits_.is_within_word && !traits_.has_upper; }

  static constexpr usize atoms_max = 64;  // what is beyond is taken to be there
  std::span<const std::string> atoms() const { return atoms_; }
  // Whether a text may match that holds, in some case, the atoms whose bits are set and no other.
  bool may_match(u64 atoms) const;

 private:
  struct Compiled;
  Regex();
  std::unique_ptr<Compiled> compiled_;
  RegexTraits traits_;
  bool matches_everything_ = false;
  std::vector<std::string> atoms_;
  usize atoms_beyond_ = 0;
};

}  // namespace shale::query

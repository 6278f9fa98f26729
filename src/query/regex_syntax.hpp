// What the spelling of a regular expression says of its matches, and what a literal says of the
// words around it. Pure functions of valid patterns (RE2's syntax); whatever they are not sure of
// is said not to hold. Used by regex and pattern_search.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"

namespace shale::query {

struct RegexTraits {
  bool has_upper = false;       // an upper-case letter that stands for itself: case counts then
  bool has_assertion = false;   // ^ $ \b \B \A \z or flags, which may set them in motion
  bool is_within_word = false;  // no match holds anything but ASCII letters, digits and _
};
RegexTraits traits_of(std::string_view pattern);

// A run of ASCII word characters in a literal that a text holds somewhere. Where the literal goes
// on with ASCII that is none of them, the word begins or ends there.
struct Piece {
  std::string text;
  bool begins_word = false;
  bool ends_word = false;
  bool operator==(const Piece&) const = default;
};
std::vector<Piece> pieces_of(std::string_view literal);

}  // namespace shale::query

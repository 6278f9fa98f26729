// What a query text asks, as a tree of plain values: the leaves hold source text, nothing is
// analysed yet and no index is known. Made by parser.hpp, read by whoever plans a search.
//
// Views (`text`) lie in the query text and live as long as it does. The tree is at most a constant
// times group_depth_max high, so functions over it may recurse.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/filter.hpp"

namespace shale::query {

struct Node {
  enum class Kind : u8 {
    // leaves
    words,   // what stood between blanks; several words in one leaf are one phrase
    phrase,  // what stood between quotes; `distance` is the slop, 0 as written
    prefix,  // the text before the `*`
    fuzzy,   // the text before the `~`; `distance` is the number of edits, 1 or 2
    regex,   // what stood between slashes, `\/` as written
    clause,  // `clause` holds it, `text` its spelling
    // with children, two at least; the root is a sequence of any number, and `-(-a)` one of one
    all_of,    // joined by AND
    any_of,    // joined by OR
    sequence,  // side by side: the match mode decides
  };

  Kind kind = Kind::words;
  bool negated = false;  // of a clause too: its own `negated` is false
  u8 distance = 0;
  std::string_view text;  // leaves
  std::optional<Clause> clause;
  std::vector<Node> children;
  // The bytes of the query text it was made of, with its `-`, quotes and parentheses: [begin, end).
  usize begin = 0;
  usize end = 0;

  bool is_leaf() const { return kind <= Kind::clause; }
};

// One line: (sequence (words "a") (not (phrase "b c" 5)) (any_of (fuzzy "d" 1) (regex "e.*"))).
// Quotes, backslashes and all but printable ASCII are escaped as in C++: \" \\ \x0a.
std::string to_string(const Node& node);
// Whether a clause in it counts from the moment it was read.
bool depends_on_now(const Node& node);

}  // namespace shale::query

// The tree of a query text while it is read from left to right: the groups that are open, and what
// they hold so far. Decides which parentheses are a group's, and joins items by OR and AND; knows
// nothing of how chunks look (parser.cpp, its only user). The rules are those of parser.hpp.
//
// Call order: open(), add() and the closing calls as the text has them; finish() ends it. What is
// asked costs time in proportion to the calls, whatever their order.
#pragma once

#include <string_view>
#include <vector>

#include "query/parser.hpp"

namespace shale::query {

// A `(` that may open a group, with its `-`.
struct Opener {
  usize begin = 0;
  usize paren = 0;
  bool negated() const { return begin != paren; }
};

class Groups {
 public:
  explicit Groups(std::string_view text) : text_(text), groups_(1) {}

  // How many more groups may open inside each other.
  usize room() const { return group_depth_max + 1 - groups_.size(); }
  void open(Opener opener);
  // So many `(` that are bytes of a chunk: the next `)` are theirs.
  void open_plain(usize count) { groups_.back().plain += count; }

  // What is added then is left out.
  bool full() const { return leaves_ == leaves_max; }
  void add(Node leaf);

  // How many of the next `count` `)` are bytes of what stands directly before them.
  usize plain_closers(usize count) const;
  // A `)` at the end of a chunk; `end` is the byte behind it.
  void close(usize end);
  // A `)` inside a chunk: the `(` that it belongs to opens no group.
  void close_plain();

  ParsedQuery finish();

 private:
  // What stands between blanks, or between parentheses that match.
  struct Item {
    Node node;
    bool group = false;
  };
  class Joiner;
  struct Group {
    Opener opener;
    std::vector<Item> items;  // operators among them
    usize plain = 0;          // open parentheses that are bytes of chunks
  };

  bool take_plain();
  Group pop();
  void dissolve();
  void give_opener(Opener opener, Item& item) const;

  std::string_view text_;
  std::vector<Group> groups_;  // outermost first; the first is the query
  usize leaves_ = 0;
  bool truncated_ = false;
};

}  // namespace shale::query

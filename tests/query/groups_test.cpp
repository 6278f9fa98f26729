// Groups without a parser: each test plays the calls of a text.
#include "query/groups.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

// Adds the bytes [begin, end) of the text as words; `(` and `)` where one says so.
class Player {
 public:
  explicit Player(std::string_view text) : text_(text), groups_(text) {}

  Player& words(usize begin, usize end) {
    Node leaf;
    leaf.text = text_.substr(begin, end - begin);
    leaf.begin = begin;
    leaf.end = end;
    groups_.add(std::move(leaf));
    return *this;
  }
  Player& open(usize begin) {
    groups_.open({begin, text_[begin] == '-' ? begin + 1 : begin});
    return *this;
  }
  Player& close(usize end) {
    groups_.close(end);
    return *this;
  }
  Groups& groups() { return groups_; }
  std::string tree() { return to_string(groups_.finish().root); }

 private:
  std::string_view text_;
  Groups groups_;
};

// Every word of the text in a row.
std::string joined(std::string_view text) {
  Player player(text);
  for (usize begin = 0; begin < text.size();) {
    const usize end = std::min(text.find(' ', begin), text.size());
    player.words(begin, end);
    begin = end + 1;
  }
  return player.tree();
}

TEST_CASE("AND binds its neighbours, then OR, then all stand side by side") {
  CHECK(joined("") == "(sequence)");
  CHECK(joined("a") == "(sequence (words \"a\"))");
  CHECK(joined("a OR b") == "(sequence (any_of (words \"a\") (words \"b\")))");
  CHECK(joined("a OR b OR c") == "(sequence (any_of (words \"a\") (words \"b\") (words \"c\")))");
  CHECK(joined("a b OR c d") ==
        "(sequence (words \"a\") (any_of (words \"b\") (words \"c\")) (words \"d\"))");
  CHECK(joined("a AND b OR c AND d") ==
        "(sequence (any_of (all_of (words \"a\") (words \"b\")) "
        "(all_of (words \"c\") (words \"d\"))))");
  CHECK(joined("a OR b AND c OR d") ==
        "(sequence (any_of (words \"a\") (all_of (words \"b\") (words \"c\")) (words \"d\")))");
  CHECK(joined("a AND b AND c") == "(sequence (all_of (words \"a\") (words \"b\") (words \"c\")))");
}

TEST_CASE("an operator without an operand on both sides is a word") {
  for (const std::string text : {"OR", "OR b", "a OR", "a OR OR b", "a AND OR b", "a or b"}) {
    INFO(text);
    const std::string tree = joined(text);
    CHECK(tree.find("_of") == std::string::npos);
    CHECK(std::count(tree.begin(), tree.end(), '(') ==
          2 + std::count(text.begin(), text.end(), ' '));
  }
  CHECK(joined("a OR b OR") == "(sequence (any_of (words \"a\") (words \"b\")) (words \"OR\"))");
}

TEST_CASE("a group of one is that one, made of more bytes") {
  Player player("-(a)");
  const ParsedQuery query = player.open(0).words(2, 3).close(4).groups().finish();
  REQUIRE(query.root.children.size() == 1);
  const Node& node = query.root.children[0];
  CHECK(to_string(node) == "(not (words \"a\"))");
  CHECK(node.begin == 0);
  CHECK(node.end == 4);
  CHECK(Player("a (OR) b").words(0, 1).open(2).words(3, 5).close(6).words(7, 8).tree() ==
        "(sequence (words \"a\") (words \"OR\") (words \"b\"))");
}

TEST_CASE("a group of none is nothing") {
  CHECK(Player("()").open(0).close(2).tree() == "(sequence)");
  CHECK(Player("a OR () b").words(0, 1).words(2, 4).open(5).close(7).words(8, 9).tree() ==
        "(sequence (any_of (words \"a\") (words \"b\")))");
}

TEST_CASE("what nothing closes goes to the group around it, with its parenthesis") {
  CHECK(Player("(a b").open(0).words(1, 2).words(3, 4).tree() ==
        "(sequence (words \"(a\") (words \"b\"))");
  CHECK(Player("( a").open(0).words(2, 3).tree() == "(sequence (words \"(\") (words \"a\"))");
  CHECK(Player("-((a").open(0).open(2).words(3, 4).tree() == "(sequence (not (words \"((a\")))");
  CHECK(Player("a OR (b").words(0, 1).words(2, 4).open(5).words(6, 7).tree() ==
        "(sequence (any_of (words \"a\") (words \"(b\")))");
}

TEST_CASE("a parenthesis that is a byte takes the next closing one") {
  Player player("(f( b) c)");
  player.open(0).words(1, 3);
  player.groups().open_plain(1);
  CHECK(player.groups().plain_closers(1) == 1);
  CHECK(player.groups().plain_closers(2) == 1);
  player.words(4, 6).close(6);
  CHECK(player.groups().plain_closers(1) == 0);
  player.words(7, 8).close(9);
  CHECK(player.groups().plain_closers(3) == 3);
  CHECK(player.tree() == "(sequence (sequence (words \"f(\") (words \"b)\") (words \"c\")))");
}

TEST_CASE("a parenthesis closed inside a chunk opens no group") {
  Player player("(a b)c d)");
  player.open(0).words(1, 2);
  player.groups().close_plain();
  player.words(3, 6).words(7, 9).close(9);
  CHECK(player.tree() == "(sequence (words \"(a\") (words \"b)c\") (words \"d)\"))");
}

TEST_CASE("leaves and depth have a limit") {
  Player player("(a");
  CHECK(player.groups().room() == group_depth_max);
  player.open(0);
  CHECK(player.groups().room() == group_depth_max - 1);
  for (usize i = 0; i < leaves_max; ++i) {
    CHECK_FALSE(player.groups().full());
    player.words(1, 2);
  }
  CHECK(player.groups().full());
  CHECK_FALSE(Groups(player.groups()).finish().truncated);
  player.words(1, 2);
  const ParsedQuery query = player.groups().finish();
  CHECK(query.truncated);
  CHECK(query.root.children.size() == leaves_max);
}

}  // namespace
}  // namespace shale::query

#include "query/ast.hpp"

#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

using Kind = Node::Kind;

Node leaf(Kind kind, std::string_view text, u8 distance = 0) {
  Node node;
  node.kind = kind;
  node.text = text;
  node.distance = distance;
  return node;
}

Node parent(Kind kind, std::vector<Node> children) {
  Node node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

TEST_CASE("a tree is printed on one line") {
  CHECK(to_string(leaf(Kind::words, "a")) == "(words \"a\")");
  CHECK(to_string(leaf(Kind::phrase, "a b")) == "(phrase \"a b\")");
  CHECK(to_string(leaf(Kind::phrase, "a b", 255)) == "(phrase \"a b\" 255)");
  CHECK(to_string(leaf(Kind::prefix, "a")) == "(prefix \"a\")");
  CHECK(to_string(leaf(Kind::fuzzy, "a", 2)) == "(fuzzy \"a\" 2)");
  CHECK(to_string(leaf(Kind::regex, "a.*")) == "(regex \"a.*\")");
  CHECK(to_string(leaf(Kind::clause, "type:code")) == "(clause \"type:code\")");
  CHECK(to_string(parent(Kind::sequence, {})) == "(sequence)");
  Node options = parent(Kind::any_of, {leaf(Kind::words, "b"), leaf(Kind::words, "c")});
  options.negated = true;
  const Node both = parent(Kind::all_of, {leaf(Kind::words, "a"), std::move(options)});
  CHECK(to_string(both) == "(all_of (words \"a\") (not (any_of (words \"b\") (words \"c\"))))");
}

TEST_CASE("no two texts are printed alike, whatever bytes they hold") {
  using namespace std::string_view_literals;
  CHECK(to_string(leaf(Kind::words, "\"\\) (x"sv)) == "(words \"\\\"\\\\) (x\")");
  CHECK(to_string(leaf(Kind::words, "\0\n\x1f ~\x7f\x80\xff"sv)) ==
        "(words \"\\x00\\x0a\\x1f ~\\x7f\\x80\\xff\")");
  CHECK(to_string(leaf(Kind::words, "\\x00")) == "(words \"\\\\x00\")");
}

TEST_CASE("leaves are the kinds that hold text") {
  for (const Kind kind :
       {Kind::words, Kind::phrase, Kind::prefix, Kind::fuzzy, Kind::regex, Kind::clause}) {
    CHECK(leaf(kind, "").is_leaf());
  }
  for (const Kind kind : {Kind::all_of, Kind::any_of, Kind::sequence}) {
    CHECK_FALSE(leaf(kind, "").is_leaf());
  }
}

TEST_CASE("a tree depends on the moment where a clause in it does") {
  Node age = leaf(Kind::clause, "created:7d");
  age.clause = parse_clause(age.text, 1'800'000'000'000'000).value();
  Node date = leaf(Kind::clause, "created:2020-01-01");
  date.clause = parse_clause(date.text, 1'800'000'000'000'000).value();
  const Node word = leaf(Kind::words, "created:7d");
  CHECK(depends_on_now(age));
  CHECK_FALSE(depends_on_now(date));
  CHECK_FALSE(depends_on_now(word));
  CHECK_FALSE(depends_on_now(parent(Kind::sequence, {word, date})));
  const Node inner = parent(Kind::any_of, {date, age});
  CHECK(depends_on_now(parent(Kind::all_of, {word, parent(Kind::sequence, {word, inner})})));
}

}  // namespace
}  // namespace shale::query

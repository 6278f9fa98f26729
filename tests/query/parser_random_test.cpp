// What holds of every query text: random bytes, random trees, and texts made to be slow.
#include <algorithm>
#include <ctime>
#include <random>

#include "query/parser.hpp"
#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

constexpr i64 now = 1'800'000'000'000'000;

ParsedQuery parse(std::string_view text) {
  return parse_query(
      text, now, [](std::string_view body) { return body.find('[') == std::string_view::npos; });
}

class Dice {
 public:
  explicit Dice(u32 seed) : random_(seed) {}
  u32 below(u32 n) { return u32(random_() % n); }
  bool chance(u32 percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(u32(from.size()))];
  }

 private:
  std::mt19937 random_;
};

u32 fresh_seed() { return std::random_device{}(); }

// -- random bytes --

std::string random_text(Dice& dice) {
  static const std::vector<std::string> pieces = {
      " ",  " ",  "\t",      "\"",    "\"",     "(",     "(",   ")",  ")",  "-", "/",
      "\\", "*",  "~",       ":",     " OR ",   " AND ", "OR",  "a",  "b",  "c", "_",
      "1",  "2",  "type:",   "file:", "type:a", "\"~3",  "\n",  "[",  "{",  "'", "NOT",
      ".",  "-(", "file:\"", " (",    ") ",     " \"",   "\" ", " /", "/ ", "é", "\xff"};
  std::string text;
  for (u32 i = dice.below(24); i-- > 0;) {
    if (dice.chance(5)) {
      text += char(dice.below(256));
    } else {
      text += dice.pick(pieces);
    }
  }
  return text;
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         u8(c) >= 0x80;
}

// Checks a tree against its text.
class Judge {
 public:
  explicit Judge(std::string_view text) : text_(text), covered_(text.size(), false) {}

  void root(const Node& root) {
    REQUIRE(root.kind == Node::Kind::sequence);
    REQUIRE_FALSE(root.negated);
    REQUIRE(root.begin == 0);
    REQUIRE(root.end == text_.size());
    for (const Node& child : root.children) visit(child, root, 1);
  }

  // Every byte of a word is in a leaf, but for operators and the slop of phrases that are nothing.
  bool covers_all_words() const {
    for (usize at = 0; at < text_.size(); ++at) {
      if (!is_left_out(at)) continue;
      const usize begin = at;
      while (at < text_.size() && is_left_out(at)) ++at;
      const std::string_view word = text_.substr(begin, at - begin);
      const bool slop = begin > 1 && text_.substr(begin - 2, 2) == "\"~";
      if (!slop && word != "OR" && word != "AND") return false;
    }
    return true;
  }
  usize leaves() const { return leaves_; }

 private:
  bool is_left_out(usize at) const { return !covered_[at] && is_word_byte(text_[at]); }

  void visit(const Node& node, const Node& parent, usize depth) {
    REQUIRE(depth <= 3 * (group_depth_max + 1));
    REQUIRE(node.begin >= parent.begin);
    REQUIRE(node.begin < node.end);
    REQUIRE(node.end <= parent.end);
    REQUIRE(node.clause.has_value() == (node.kind == Node::Kind::clause));
    if (node.is_leaf()) return leaf(node);
    const bool alone = node.kind == Node::Kind::sequence && node.negated;
    REQUIRE(node.children.size() >= (alone ? 1 : 2));
    for (const Node& child : node.children) visit(child, node, depth + 1);
  }

  void leaf(const Node& node) {
    ++leaves_;
    REQUIRE(node.children.empty());
    REQUIRE_FALSE(node.text.empty());
    REQUIRE(node.begin >= last_end_);
    last_end_ = node.end;
    const usize offset = usize(node.text.data() - text_.data());
    REQUIRE(offset >= node.begin);
    REQUIRE(offset + node.text.size() <= node.end);
    REQUIRE((!node.negated || text_.substr(node.begin, node.end).find('-') != std::string::npos));
    std::fill(covered_.begin() + std::ptrdiff_t(node.begin),
              covered_.begin() + std::ptrdiff_t(node.end), true);
  }

  std::string_view text_;
  std::vector<bool> covered_;
  usize last_end_ = 0;
  usize leaves_ = 0;
};

void judge(std::string_view text) {
  const ParsedQuery query = parse(text);
  Judge judge(text);
  judge.root(query.root);
  REQUIRE(judge.leaves() <= leaves_max);
  if (!query.truncated) REQUIRE(judge.covers_all_words());
}

TEST_CASE("any bytes make a tree of what stands in them, in order, and no word is lost") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  Dice dice(seed);
  for (int round = 0; round < 100'000; ++round) {
    const std::string text = random_text(dice);
    INFO(text);
    judge(text);
  }
}

TEST_CASE("long texts as well") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  Dice dice(seed);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (u32 i = dice.below(400); i-- > 0;) text += random_text(dice);
    judge(text);
  }
}

TEST_CASE("blanks around a text change nothing") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  Dice dice(seed);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(dice);
    INFO(text);
    REQUIRE(to_string(parse("\v \n" + text + "\f ").root) == to_string(parse(text).root));
  }
}

TEST_CASE("every short text over the characters of syntax") {
  const std::string letters = "a \"()-/*~";
  for (u32 n = 0; n < 9 * 9 * 9 * 9 * 9; ++n) {
    std::string text;
    for (u32 rest = n, i = 0; i < 5; ++i, rest /= 9) text += letters[rest % 9];
    INFO(text);
    judge(text);
  }
}

// -- random trees --

// A text and the tree it must give.
struct Made {
  std::string text;
  std::string tree;
  bool negated = false;  // the tree is a (not ...)
};

class Maker {
 public:
  explicit Maker(Dice& dice) : dice_(dice) {}

  // Items side by side: their trees, and how many there are.
  Made items(u32 depth, usize& count) {
    count = 1 + dice_.below(3);
    Made made;
    for (usize i = 0; i < count; ++i) {
      const Made item = chain(depth, " OR ", "any_of", [&] {
        return chain(depth, " AND ", "all_of", [&] { return this->item(depth); });
      });
      made.text += (i == 0 ? "" : blank()) + item.text;
      made.tree += (i == 0 ? "" : " ") + item.tree;
      made.negated = item.negated;
    }
    return made;
  }

 private:
  template <class Part>
  Made chain(u32 depth, const std::string& sign, const std::string& kind, Part part) {
    Made made = part();
    u32 more = dice_.chance(25) ? 1 + dice_.below(2) : 0;
    if (depth == 0 || more == 0) return made;
    while (more-- > 0) {
      const Made next = part();
      made.text += sign + next.text;
      made.tree += " " + next.tree;
    }
    return {made.text, "(" + kind + " " + made.tree + ")", false};
  }

  Made item(u32 depth) {
    Made made = depth > 0 && dice_.chance(30) ? group(depth - 1) : leaf();
    if (!dice_.chance(25)) return made;
    made.text = "-" + made.text;
    if (made.negated) made.tree = "(sequence " + made.tree + ")";
    return {made.text, "(not " + made.tree + ")", true};
  }

  Made group(u32 depth) {
    usize count = 0;
    Made inside = items(depth, count);
    const std::string inner = dice_.chance(20) ? blank() : "";
    Made made{"(" + inner + inside.text + inner + ")", inside.tree, count == 1 && inside.negated};
    if (count > 1) made.tree = "(sequence " + made.tree + ")";
    return made;
  }

  Made leaf() {
    static const std::vector<Made> leaves = {{"a", "(words \"a\")"},
                                             {"b-c", "(words \"b-c\")"},
                                             {"f(x)", "(words \"f(x)\")"},
                                             {"C++", "(words \"C++\")"},
                                             {"std::vector", "(words \"std::vector\")"},
                                             {"NOT", "(words \"NOT\")"},
                                             {"or", "(words \"or\")"},
                                             {"\"a (b\"", "(phrase \"a (b\")"},
                                             {"\"a OR b\"~7", "(phrase \"a OR b\" 7)"},
                                             {"d*", "(prefix \"d\")"},
                                             {"e~", "(fuzzy \"e\" 1)"},
                                             {"e~2", "(fuzzy \"e\" 2)"},
                                             {"/a\\/(b) c/", "(regex \"a\\\\/(b) c\")"},
                                             {"type:code", "(clause \"type:code\")"},
                                             {"file:\"a) b\"", "(clause \"file:\\\"a) b\\\"\")"},
                                             {"tokens:>=5", "(clause \"tokens:>=5\")"}};
    return dice_.pick(leaves);
  }

  std::string blank() { return dice_.pick<std::string>({" ", "  ", "\n", "\t "}); }

  Dice& dice_;
};

TEST_CASE("a text that is written from a tree gives that tree") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  Dice dice(seed);
  for (int round = 0; round < 20'000; ++round) {
    usize count = 0;
    const Made made = Maker(dice).items(4, count);
    INFO(made.text);
    const ParsedQuery query = parse(made.text);
    if (query.truncated) continue;
    REQUIRE(to_string(query.root) == "(sequence " + made.tree + ")");
  }
}

// -- time --

// Of this process, so that a busy machine does not matter.
double cpu_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

TEST_CASE("time grows with the text alone, whatever it is made of") {
  // 4 MB take 10 to 110 ms; a second look at the rest for each piece would take an hour.
  constexpr double seconds_max = 5;
  constexpr usize bytes = 4'000'000;
  for (const std::string piece :
       {"(",         "\"",      "/",      "-",       "a OR ",     "((a) ",   ")",
        "a ",        "(a ",     "-(",     "-(a ",    "\"a ",      "a \"",    "/a ",
        "/a/ ",      "/a/b ",   "/(/ ",   "/[/ ",    "file:\"a ", "file:\"", "a:\"b ",
        "file:\"\\", "a(",      "a(b ",   "a)b ",    "(a)b ",     "(a b)c ", "\"a\"( ",
        "\"a\"b ",   "\"a\"~1", "\\",     "\"\" ",   "() ",       "type:a ", "type:x) ",
        "a* ",       "a~2 ",    "a:",     "\xff",    "a AND ",    "(a OR ",  "(\"a\" ",
        "(/a/ ",     "a b) ",   "x( (a ", "x( (a) ", "~",         "*",       "\"~1"}) {
    std::string text;
    while (text.size() < bytes) text += piece;
    // A quarter is slow enough where it is not linear.
    const std::string part = text.substr(0, bytes / 4);
    for (const std::string& variant : {text, "-(" + part + "\" )"}) {
      const double begin = cpu_seconds();
      const ParsedQuery query = parse(variant);
      const double seconds = cpu_seconds() - begin;
      INFO(piece << " took " << seconds << " s");
      CHECK(seconds < seconds_max);
      CHECK(query.root.children.size() <= leaves_max);
    }
  }
}

}  // namespace
}  // namespace shale::query

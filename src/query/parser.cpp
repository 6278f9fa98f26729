#include "query/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "query/groups.hpp"

namespace shale::query {

namespace {

using Kind = Node::Kind;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// What may be part of a word, as far as bytes tell.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         u8(c) >= 0x80;
}

// Bytes up to a blank, and their parentheses that do not match among themselves.
struct Stretch {
  usize end = 0;
  usize opened = 0;
  usize inner = 0;     // `)` that something else follows
  usize trailing = 0;  // `)` at the end
};

class Parser {
 public:
  Parser(std::string_view text, i64 now, const std::function<bool(std::string_view)>& is_regex)
      : text_(text), now_(now), is_regex_(is_regex), groups_(text) {}

  ParsedQuery run() {
    for (;;) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      if (at_ == text_.size()) return groups_.finish();
      take_chunk();
    }
  }

 private:
  void take_chunk() {
    take_openers();
    const usize begin = at_;
    if (negates(at_)) ++at_;
    const usize end = take_quoted(begin);
    if (end == 0) return take_plain(begin);
    at_ = end;
    take_tail();
  }

  void take_openers() {
    openers_.clear();
    while (openers_.size() < groups_.room()) {
      const usize paren = byte(at_) == '-' ? at_ + 1 : at_;
      if (byte(paren) != '(') return;
      openers_.push_back({at_, paren});
      at_ = paren + 1;
    }
  }
  void open_groups() {
    for (const Opener opener : openers_) groups_.open(opener);
  }

  bool negates(usize at) const {
    constexpr std::string_view never = "-)>=";  // `->` and `-=` are signs of their own
    const char next = byte(at + 1);
    return byte(at) == '-' && !is_blank(next) && never.find(next) == std::string_view::npos;
  }

  // -- what a sign at its end closes --

  // At a phrase, a regex or a clause with a quoted value: adds it and returns its end, else 0.
  usize take_quoted(usize begin) {
    Node leaf;
    leaf.negated = begin != at_;
    leaf.begin = begin;
    const bool found = byte(at_) == '"'   ? read_phrase(leaf)
                       : byte(at_) == '/' ? read_regex(leaf)
                                          : read_quoted_clause(leaf);
    if (!found) return 0;
    const usize end = leaf.end;
    open_groups();
    const bool blank = std::all_of(leaf.text.begin(), leaf.text.end(), is_blank);
    if (!blank) groups_.add(std::move(leaf));
    return end;
  }

  bool read_phrase(Node& leaf) const {
    const usize close = text_.find('"', at_ + 1);
    if (close == std::string_view::npos) return false;
    leaf.kind = Kind::phrase;
    leaf.text = text_.substr(at_ + 1, close - at_ - 1);
    leaf.end = close + 1;
    if (byte(leaf.end) == '~') read_slop(leaf);
    return true;
  }

  void read_slop(Node& leaf) const {
    constexpr u32 slop_max = 255;
    usize at = leaf.end + 1;
    const usize first = at;
    u32 slop = 0;
    for (; is_digit(byte(at)); ++at) slop = std::min(slop * 10 + u32(byte(at) - '0'), slop_max);
    if (at == first || is_word(byte(at))) return;
    leaf.distance = u8(slop);
    leaf.end = at;
  }

  bool read_regex(Node& leaf) const {
    const usize first = at_ + 1;
    usize close = first;
    while (byte(close) != '/') {
      close += byte(close) == '\\' ? 2 : 1;
      if (close >= text_.size() || close - first > regex_bytes_max) return false;
    }
    const std::string_view body = text_.substr(first, close - first);
    if (body.empty() || is_blank(body.front()) || is_blank(body.back())) return false;
    if (!only_closers(close + 1)) return false;
    if (!groups_.full() && !(is_regex_ && is_regex_(body))) return false;
    leaf.kind = Kind::regex;
    leaf.text = body;
    leaf.end = close + 1;
    return true;
  }

  bool read_quoted_clause(Node& leaf) const {
    usize colon = at_;
    while (byte(colon) != ':' && !is_blank(byte(colon))) ++colon;
    if (byte(colon) != ':') return false;
    const usize bytes = quoted_bytes(text_.substr(colon + 1));
    const usize end = colon + 1 + bytes;
    if (bytes == 0 || !only_closers(end)) return false;
    leaf.text = text_.substr(at_, end - at_);
    leaf.end = end;
    return read_clause(leaf);
  }

  // Whether nothing but `)` stands from there to the next blank.
  bool only_closers(usize at) const {
    while (byte(at) == ')') ++at;
    return is_blank(byte(at));
  }

  // -- what ends at a blank --

  void take_plain(usize begin) {
    Stretch stretch = stretch_from(at_);
    // The `)` inside the chunk belong to the `(` at its beginning: all of them are bytes of it.
    for (; stretch.inner > 0 && !openers_.empty(); --stretch.inner) {
      begin = openers_.back().begin;
      at_ = openers_.back().paren;
      openers_.pop_back();
    }
    open_groups();
    close_inner(stretch);
    const usize end = text_end(stretch);
    if (end > at_) groups_.add(plain_leaf(begin, end));
    close(stretch);
  }

  // What stands directly behind a phrase or its like.
  void take_tail() {
    const Stretch stretch = stretch_from(at_);
    close_inner(stretch);
    const usize end = text_end(stretch);
    const std::string_view tail = text_.substr(at_, end - at_);
    if (std::any_of(tail.begin(), tail.end(), is_word)) groups_.add(leaf_of(at_, end));
    close(stretch);
  }

  Stretch stretch_from(usize at) const {
    Stretch stretch;
    for (; !is_blank(byte(at)); ++at) {
      if (byte(at) == ')') {
        if (stretch.opened > 0) {
          --stretch.opened;
        } else {
          ++stretch.trailing;
        }
        continue;
      }
      stretch.inner += std::exchange(stretch.trailing, 0);
      if (byte(at) == '(') ++stretch.opened;
    }
    stretch.end = at;
    return stretch;
  }

  void close_inner(const Stretch& stretch) {
    for (usize i = 0; i < stretch.inner; ++i) groups_.close_plain();
  }
  // Before the first `)` that closes a group.
  usize text_end(const Stretch& stretch) const {
    return stretch.end - stretch.trailing + groups_.plain_closers(stretch.trailing);
  }
  void close(const Stretch& stretch) {
    groups_.open_plain(stretch.opened);
    for (usize i = stretch.trailing; i-- > 0;) groups_.close(stretch.end - i);
    at_ = stretch.end;
  }

  Node leaf_of(usize begin, usize end) const {
    Node leaf;
    leaf.negated = begin != at_;
    leaf.text = text_.substr(at_, end - at_);
    leaf.begin = begin;
    leaf.end = end;
    return leaf;
  }
  Node plain_leaf(usize begin, usize end) const {
    Node leaf = leaf_of(begin, end);
    if (!groups_.full() && !read_clause(leaf) && !read_prefix(leaf)) read_fuzzy(leaf);
    return leaf;
  }

  bool read_clause(Node& leaf) const {
    if (leaf.text.find(':') == std::string_view::npos) return false;
    Result<Clause> clause = parse_clause(leaf.text, now_);
    if (!clause) return false;
    leaf.kind = Kind::clause;
    leaf.clause = *std::move(clause);
    return true;
  }

  static bool read_prefix(Node& leaf) {
    if (!ends_in(leaf.text, "*")) return false;
    leaf.kind = Kind::prefix;
    leaf.text.remove_suffix(1);
    return true;
  }

  static void read_fuzzy(Node& leaf) {
    constexpr std::array<std::pair<std::string_view, u8>, 3> signs = {
        {{"~", 1}, {"~1", 1}, {"~2", 2}}};
    for (const auto& [sign, distance] : signs) {
      if (!ends_in(leaf.text, sign)) continue;
      leaf.kind = Kind::fuzzy;
      leaf.text.remove_suffix(sign.size());
      leaf.distance = distance;
      return;
    }
  }

  // Whether the sign stands directly behind a word.
  static bool ends_in(std::string_view text, std::string_view sign) {
    if (!text.ends_with(sign)) return false;
    text.remove_suffix(sign.size());
    return !text.empty() && is_word(text.back());
  }

  // Behind the end stands a blank.
  char byte(usize at) const { return at < text_.size() ? text_[at] : ' '; }

  std::string_view text_;
  i64 now_;
  const std::function<bool(std::string_view)>& is_regex_;
  Groups groups_;
  std::vector<Opener> openers_;  // of the chunk
  usize at_ = 0;
};

}  // namespace

ParsedQuery parse_query(std::string_view text, i64 now,
                        const std::function<bool(std::string_view)>& is_regex) {
  return Parser(text, now, is_regex).run();
}

}  // namespace shale::query

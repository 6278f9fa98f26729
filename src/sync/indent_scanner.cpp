#include "sync/indent_scanner.hpp"

#include <algorithm>
#include <array>

#include "sync/text_lines.hpp"

namespace shale::sync {

namespace {

constexpr usize nowhere = ~usize(0);
constexpr usize tab_columns = 8;  // as Python counts them

constexpr auto stops = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("()[]{}\"'#\\\n")) table[u8(c)] = true;
  return table;
}();

class IndentScanner {
 public:
  explicit IndentScanner(std::string_view text) : text_(text) {}

  std::vector<Definition> run() {
    while (at_ < text_.size()) logical_line();
    close_down_to(0);
    return std::move(definitions_);
  }

 private:
  struct Open {
    u32 definition;
    usize columns;
    bool is_class;
  };

  void logical_line() {
    const usize begin = at_;
    usize columns = 0;
    for (; at_ < text_.size() && is_blank(text_[at_]) && text_[at_] != '\n'; ++at_) {
      columns = text_[at_] == '\t' ? (columns / tab_columns + 1) * tab_columns : columns + 1;
    }
    const bool empty = at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '#';
    if (empty) {
      at_ = line_end(text_, at_);
      return;
    }
    close_down_to(columns);
    if (text_[at_] == '@') {
      if (decorator_ == nowhere) decorator_ = begin;
    } else {
      define(begin, columns);
      decorator_ = nowhere;
    }
    skip_logical_line();
    code_end_ = at_;
    // Of what just begins: its body is what follows the line.
    if (defined_) definitions_.back().body = at_;
    defined_ = false;
  }

  void define(usize begin, usize columns) {
    usize word = at_;
    if (word_at(text_, word, "async")) word = skip_blanks(word + std::string_view("async").size());
    const bool is_class = word_at(text_, word, "class");
    if (!is_class && !word_at(text_, word, "def")) return;
    if (!open_.empty() && !open_.back().is_class) return;  // inside a function
    const std::string_view keyword = is_class ? "class" : "def";
    const usize name = skip_blanks(word + keyword.size());
    usize end = name;
    while (end < text_.size() && is_name_byte(text_[end])) ++end;
    if (end == name) return;
    const u32 parent = open_.empty() ? no_parent : open_.back().definition;
    open_.push_back({u32(definitions_.size()), columns, is_class});
    definitions_.push_back({decorator_ == nowhere ? begin : decorator_, 0, 0, parent,
                            std::string(text_.substr(name, end - name)),
                            is_class ? "class" : "function"});
    defined_ = true;
  }

  usize skip_blanks(usize at) const {
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
    return at;
  }

  void close_down_to(usize columns) {
    while (!open_.empty() && open_.back().columns >= columns) {
      definitions_[open_.back().definition].end = code_end_;
      open_.pop_back();
    }
  }

  void skip_logical_line() {
    usize depth = 0;
    while (at_ < text_.size()) {
      while (at_ < text_.size() && !stops[u8(text_[at_])]) ++at_;
      if (at_ == text_.size()) return;
      const char c = text_[at_++];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      if (c == '"' || c == '\'') skip_string(c);
      if (c == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (c == '\\' && text_.substr(at_).starts_with("\r\n")) ++at_;
      if (c == '\\' && at_ < text_.size()) ++at_;
      if (c == '\n' && (depth == 0 || begins_anew())) return;
    }
  }

  // Whether a line begins here that no open bracket explains.
  bool begins_anew() const {
    return word_at(text_, at_, "def") || word_at(text_, at_, "class") ||
           word_at(text_, at_, "async") || text_.substr(at_).starts_with('@');
  }

  // Behind the string whose first quote lies before `at_`.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool spans_lines = text_.substr(at_ - 1).starts_with(three);
    if (spans_lines) at_ += 2;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !spans_lines) return;
      ++at_;
      if (c == '\\' && at_ < text_.size()) ++at_;
      if (c != quote) continue;
      if (!spans_lines) return;
      if (text_.substr(at_ - 1).starts_with(three)) {
        at_ += 2;
        return;
      }
    }
  }

  std::string_view text_;
  usize at_ = 0;
  usize decorator_ = nowhere;  // the first of those right above
  usize code_end_ = 0;         // behind the last line that is neither blank nor a comment
  bool defined_ = false;       // by the line we are in
  std::vector<Open> open_;
  std::vector<Definition> definitions_;
};

}  // namespace

std::vector<Definition> scan_indentation(std::string_view text) {
  return IndentScanner(text).run();
}

}  // namespace shale::sync

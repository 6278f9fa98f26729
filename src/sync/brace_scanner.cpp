#include "sync/brace_scanner.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "sync/code_lexer.hpp"
#include "sync/declaration_head.hpp"
#include "sync/text_lines.hpp"

namespace shale::sync {

namespace {

constexpr usize nowhere = ~usize(0);
constexpr u32 no_definition = no_parent;
constexpr usize indentation_bytes_max = 200;    // how far back the begin of a line is looked for
constexpr usize trailing_name_bytes_max = 200;  // of `} name;`

class BraceScanner {
 public:
  BraceScanner(std::string_view text, Language language)
      : text_(text), language_(language), lexer_(text, language) {}

  std::vector<Definition> run() {
    while (at_ < text_.size()) {
      if (body_) {
        in_body();
      } else {
        in_declarations();
      }
    }
    for (Definition& definition : definitions_) {
      if (definition.end == 0) definition.end = text_.size();
    }
    return std::move(definitions_);
  }

 private:
  // Something with a brace that is still open.
  struct Open {
    u32 definition = no_definition;
    u32 parent = no_parent;  // of what is defined in it
    bool flush = false;      // it began in column 0
  };
  // What is not looked into, and how deep we are in it.
  struct Body {
    Open open;
    u64 depth = 1;
    bool continues = false;   // its statement goes on behind it
    bool unindented = false;  // blocks in it begin in column 0: the column says nothing
  };
  // What an #if found, to see whether its branches leave the same.
  struct State {
    usize scopes;
    u64 depth;
    u64 parentheses;
    bool operator==(const State&) const = default;
  };

  void in_body() {
    at_ = lexer_.next_stop(at_, CodeLexer::in_body);
    if (at_ == text_.size()) return;
    switch (text_[at_]) {
      case '{':
        if (body_->open.flush && line_is_flush(at_)) body_->unindented = true;
        ++body_->depth;
        ++at_;
        break;
      case '}':
        close_in_body();
        break;
      case '#':
        directive();
        break;
      default:
        at_ = lexer_.skip_literal(at_);
    }
  }

  void close_in_body() {
    const bool flush = in_column_0(at_) && !body_->unindented;
    ++at_;
    if (--body_->depth > 0 && flush && (body_->open.flush || flush_scopes_ > 0)) {
      // Some brace before was not what it seemed.
      while (!body_->open.flush) {
        close(body_->open.definition);
        body_->open = pop_scope();
      }
      body_->depth = 0;
      body_->continues = false;
    }
    if (body_->depth > 0) return;
    close(body_->open.definition);
    if (!body_->continues) statement_ = nowhere;
    body_.reset();
  }

  void in_declarations() {
    if (statement_ == nowhere && !begin_statement()) return;
    at_ = lexer_.next_stop(at_, CodeLexer::in_declarations);
    if (at_ == text_.size()) return;
    switch (text_[at_]) {
      case '{':
        return open();
      case '}':
        return close_scope();
      case ';':
        if (parentheses_ == 0) statement_ = nowhere;
        break;
      case '(':
      case '[':
        ++parentheses_;
        break;
      case ')':
      case ']':
        parentheses_ -= parentheses_ > 0 ? 1 : 0;
        break;
      case '\n':
        return end_line();
      case '#':
        return directive();
      default:
        return skip_literal();
    }
    ++at_;
  }

  void skip_literal() {
    const bool comment = lexer_.is_comment(at_);
    const usize begin = at_;
    at_ = lexer_.skip_literal(at_);
    if (comment) comment_ = {begin, at_};
  }

  // Whether a statement begins here; else goes on behind what lies before it.
  bool begin_statement() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    if (lexer_.is_comment(at_)) {
      skip_literal();
      return false;
    }
    if (text_[at_] == '#' && lexer_.is_directive(at_)) {
      directive();
      return false;
    }
    statement_ = at_;
    return true;
  }

  bool in_column_0(usize at) const { return at == 0 || text_[at - 1] == '\n'; }

  // Whether the line that `at` is on begins with something else than blanks.
  bool line_is_flush(usize at) const {
    const usize back = std::min(at, indentation_bytes_max);
    const std::string_view before = text_.substr(at - back, back);
    const usize newline = before.rfind('\n');
    const usize begin = newline == std::string_view::npos ? at - back : at - back + newline + 1;
    const bool found = newline != std::string_view::npos || back == at;
    return found && !is_blank(text_[begin]);
  }

  // An empty line ends a declaration that does not obviously go on; in a language without
  // semicolons, each line end does.
  void end_line() {
    const usize begin = at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (parentheses_ > 0 || at_ == text_.size() || goes_on_with_line(at_)) return;
    const std::string_view blanks = text_.substr(begin + 1, at_ - begin - 1);
    const bool by_line = language_ == Language::go || language_ == Language::javascript ||
                         language_ == Language::kotlin;
    const bool decorator = text_[statement_] == '@';
    const bool empty_line = blanks.find('\n') != std::string_view::npos;
    if ((empty_line || by_line) && !decorator && !is_open_end(begin)) statement_ = nowhere;
  }

  bool goes_on_with_line(usize begin) const {
    constexpr std::string_view marks = "{.?:=,)]&|<";
    return marks.find(text_[begin]) != std::string_view::npos || word_at(text_, begin, "extends") ||
           word_at(text_, begin, "implements");
  }

  // Whether what stands before the line end at `end` asks for more.
  bool is_open_end(usize end) const {
    if (comment_.end == end) end = comment_.begin;
    while (end > statement_ && is_blank(text_[end - 1])) --end;
    if (end <= statement_) return false;
    constexpr std::string_view marks = ",=([{<+-*&|?:.@";
    return marks.find(text_[end - 1]) != std::string_view::npos ||
           text_.substr(0, end).ends_with("=>");
  }

  void open() {
    if (parentheses_ > 0 && !in_column_0(at_)) {
      body_ = Body{{no_definition, no_parent, in_column_0(statement_)}, 1, true};
      ++at_;
      return;
    }
    parentheses_ = 0;
    const u32 parent = scopes_.empty() ? no_parent : scopes_.back().parent;
    Head head =
        read_head(text_.substr(statement_, at_ - statement_), language_, parent != no_parent);
    Open open{no_definition, parent, in_column_0(statement_)};
    ++at_;
    if (head.role == Head::Role::type || head.role == Head::Role::opaque) {
      open.definition = u32(definitions_.size());
      definitions_.push_back({statement_, at_, 0, parent, std::move(head.name), head.kind});
    }
    if (head.role == Head::Role::type) open.parent = open.definition;
    if (head.role == Head::Role::type || head.role == Head::Role::transparent) {
      scopes_.push_back(open);
      flush_scopes_ += open.flush ? 1 : 0;
      statement_ = nowhere;
    } else {
      body_ = Body{open, 1, head.role == Head::Role::continuation};
    }
  }

  void close_scope() {
    ++at_;
    parentheses_ = 0;
    statement_ = nowhere;
    if (scopes_.empty()) return;  // one too many
    close(pop_scope().definition);
  }

  Open pop_scope() {
    const Open open = scopes_.back();
    scopes_.pop_back();
    flush_scopes_ -= open.flush ? 1 : 0;
    return open;
  }

  void close(u32 index) {
    if (index == no_definition) return;
    Definition& definition = definitions_[index];
    definition.end = at_;
    if (definition.name.empty()) definition.name = name_behind();
  }

  // The name of `typedef struct { ... } name;`.
  std::string name_behind() const {
    const std::string_view rest = text_.substr(at_, trailing_name_bytes_max);
    usize end = std::min(rest.find_first_of(";,{}=\n"), rest.size());
    if (end == rest.size() || (rest[end] != ';' && rest[end] != ',')) return "";
    while (end > 0 && !is_name_byte(rest[end - 1])) --end;
    usize begin = end;
    while (begin > 0 && is_name_byte(rest[begin - 1])) --begin;
    return std::string(rest.substr(begin, end - begin));
  }

  State state() const { return {scopes_.size(), body_ ? body_->depth : 0, parentheses_}; }

  void directive() {
    if (!lexer_.is_directive(at_)) {
      ++at_;
      return;
    }
    const std::string_view word = directive_word(at_);
    const usize begin = at_;
    at_ = lexer_.skip_directive(at_);
    if (word.starts_with("if")) {
      branches_.push_back(state());
    } else if (word == "endif") {
      if (!branches_.empty()) branches_.pop_back();
    } else if (word.starts_with("el") && !branches_.empty() && branches_.back() != state()) {
      at_ = find_endif(begin);
    }
  }

  std::string_view directive_word(usize at) const {
    usize begin = at + 1;
    while (begin < text_.size() && (text_[begin] == ' ' || text_[begin] == '\t')) ++begin;
    usize end = begin;
    while (end < text_.size() && is_name_byte(text_[end])) ++end;
    return text_.substr(begin, end - begin);
  }

  // The #endif of the branch that begins at `at`.
  usize find_endif(usize at) const {
    usize depth = 0;
    for (at = line_end(text_, at); at < text_.size(); at = line_end(text_, at)) {
      const usize mark = text_.find_first_not_of(" \t", at);
      if (mark == std::string_view::npos || text_[mark] != '#') continue;
      const std::string_view word = directive_word(mark);
      if (word.starts_with("if")) ++depth;
      if (word == "endif" && depth-- == 0) return mark;
    }
    return text_.size();
  }

  std::string_view text_;
  Language language_;
  CodeLexer lexer_;
  usize at_ = 0;
  usize statement_ = nowhere;  // where the one we are in began
  u64 parentheses_ = 0;        // and brackets that are open in it
  struct {
    usize begin = 0;
    usize end = 0;
  } comment_;  // the last one
  std::vector<Open> scopes_;
  usize flush_scopes_ = 0;
  std::optional<Body> body_;
  std::vector<State> branches_;
  std::vector<Definition> definitions_;
};

}  // namespace

std::vector<Definition> scan_braces(std::string_view text, Language language) {
  return BraceScanner(text, language).run();
}

}  // namespace shale::sync

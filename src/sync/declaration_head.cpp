#include "sync/declaration_head.hpp"

#include <algorithm>

#include "sync/code_lexer.hpp"
#include "sync/definitions.hpp"
#include "sync/head_words.hpp"
#include "sync/text_lines.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace {

constexpr usize head_bytes_max = 2u << 10;
constexpr usize macro_name_bytes_max = 80;  // of TEST_CASE("what it shows")
constexpr std::string_view function_kind = "function";

using WordRole = HeadWord::Role;

bool is_macro_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return name.size() > 1 && !is_digit(name[0]) && std::none_of(name.begin(), name.end(), lower) &&
         name.find(':') == std::string_view::npos && name[0] != '~';
}

// Runs of blanks as one, so that a name is one line.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c)) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  out.resize(character_border(out, macro_name_bytes_max));
  return out;
}

class HeadReader {
 public:
  HeadReader(std::string_view head, Language language, bool in_type)
      : whole_(head),
        text_(head.substr(0, head_bytes_max)),
        language_(language),
        in_type_(in_type),
        lexer_(text_, language) {}

  Head read() {
    while (at_ < text_.size()) token();
    return verdict();
  }

 private:
  enum class Last : u8 { nothing, word, keyword, attribute, literal, group, other };

  bool is(Language language) const { return language_ == language; }
  bool has_dotted_names() const { return is(Language::javascript) || is(Language::kotlin); }
  bool is_word_byte(char c) const {
    return is_name_byte(c) || (is(Language::javascript) && (c == '$' || c == '#'));
  }
  char next(usize ahead = 1) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void token() {
    const char c = text_[at_];
    const bool destructor = c == '~' && is(Language::cpp) && is_name_byte(next());
    if (is_blank(c)) {
      ++at_;
    } else if (is_word_byte(c) || destructor) {
      word();
    } else if (c == '#' && lexer_.is_directive(at_)) {
      at_ = lexer_.skip_directive(at_);
    } else if (c == '"' || c == '\'' || c == '/' || c == '`') {
      if (!lexer_.is_comment(at_)) last_ = Last::literal;
      at_ = lexer_.skip_literal(at_);
    } else if (c == '(') {
      group();
    } else if (c == '[') {
      at_ = skip_group(at_);
    } else {
      mark(c);
    }
  }

  void mark(char c) {
    if (c == '<' && angles_ && (last_ == Last::word || last_ == Last::keyword)) {
      arguments();
    } else if (c == ':' && next() == ':') {
      joins_ = true;
      at_ += 2;
    } else if (c == '.' && has_dotted_names()) {
      joins_ = true;
      ++at_;
    } else if (c == '@') {
      annotation();
    } else if (c == '=') {
      equals();
    } else {
      if (c == ':') colon();
      last_ = Last::other;
      ++at_;
    }
  }

  std::string_view take_word() {
    const usize begin = at_++;
    while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void word() {
    const usize begin = at_;
    const std::string_view text = take_word();
    const HeadWord entry = joins_ ? HeadWord{text} : find_head_word(text, language_);
    if (entry.role == WordRole::none) return plain_word(begin, text);
    last_ = entry.role == WordRole::attribute ? Last::attribute : Last::keyword;
    switch (entry.role) {
      case WordRole::control:
        control_ = true;
        break;
      case WordRole::stop:
        stopped_ = true;
        break;
      case WordRole::function:
        function_ = true;
        break;
      case WordRole::variable:
        variable_ = true;
        break;
      case WordRole::type:
      case WordRole::opaque_type:
      case WordRole::transparent:
        if (type_.role == WordRole::none && !called_) type_ = entry;
        break;
      default:
        break;
    }
  }

  void plain_word(usize begin, std::string_view text) {
    if (text == "operator" && is(Language::cpp)) text = operator_name(begin);
    if (joins_) {
      path_ += has_dotted_names() ? "." : "::";
      path_ += text;
    } else {
      path_ = text;
      path_begin_ = begin;
    }
    if (!stopped_) name_type(text);
    const bool names_function = function_name_.empty() || (joins_ && !grouped_);
    if (function_ && names_function) function_name_ = path_;
    if (variable_ && variable_name_.empty()) variable_name_ = path_;
    if (first_word_.empty()) first_word_ = text;
    joins_ = false;
    last_ = Last::word;
  }

  // `operator==`, `operator()`, `operator bool`: up to the parameters.
  std::string_view operator_name(usize begin) {
    usize open = std::min(text_.find('(', at_), text_.size());
    if (text_.substr(open).starts_with("()") &&
        without_blanks(text_.substr(at_, open - at_)).empty()) {
      open += 2;
    }
    at_ = open;
    return without_blanks(text_.substr(begin, open - begin));
  }

  // C and C++ have macros between `class` and the name; elsewhere it follows at once.
  void name_type(std::string_view text) {
    if (type_.role == WordRole::none || (called_ && !is_macro_name(called_name_))) return;
    if (type_.kind == "impl") {
      if (text == "dyn" || text == "mut") return;
      if (!type_name_.empty()) type_name_ += joins_ ? "::" : " ";
      type_name_ += text;
    } else if (is(Language::cpp) || type_name_.empty()) {
      type_name_ = path_;
    }
  }

  void group() {
    const usize begin = at_;
    at_ = skip_group(begin);
    const bool macro_before = is(Language::cpp) && is_macro_name(called_name_);
    if (last_ == Last::word && !equals_ && !initializers_ && (!called_ || macro_before)) {
      called_ = true;
      called_name_ = path_;
      called_begin_ = path_begin_;
      called_end_ = at_;
    }
    if (is(Language::go) && function_ && function_name_.empty()) {
      receiver_ = receiver_of(text_.substr(begin, at_ - begin));
    }
    if (!function_name_.empty()) grouped_ = true;
    last_ = Last::group;
  }

  // The type of `(r *List[T])`.
  static std::string receiver_of(std::string_view group) {
    group = group.substr(0, group.find('[', 1));
    usize end = group.size();
    while (end > 0 && !is_name_byte(group[end - 1])) --end;
    usize begin = end;
    while (begin > 0 && is_name_byte(group[begin - 1])) --begin;
    return std::string(group.substr(begin, end - begin));
  }

  usize skip_group(usize at) const {
    usize depth = 0;
    for (at = lexer_.next_stop(at, CodeLexer::in_declarations); at < text_.size();
         at = lexer_.next_stop(at, CodeLexer::in_declarations)) {
      const char c = text_[at];
      if (c == '(' || c == '[') ++depth;
      if (c == ')' || c == ']') --depth;
      if (depth == 0) return at + 1;
      at =
          lexer_.is_directive(at) && c == '#' ? lexer_.skip_directive(at) : lexer_.skip_literal(at);
    }
    return text_.size();
  }

  // Template arguments. What is not closed once is an operator from then on: no second look.
  void arguments() {
    usize depth = 0;
    for (usize i = at_; i < text_.size();) {
      const char c = text_[i];
      if (c == '(' || c == '[') {
        i = skip_group(i);
        continue;
      }
      const bool arrow = c == '>' && (text_[i - 1] == '-' || text_[i - 1] == '=');
      if (c == '<') ++depth;
      if (c == '>' && !arrow && --depth == 0) {
        at_ = i + 1;
        return;
      }
      i = lexer_.skip_literal(i);
    }
    angles_ = false;
    ++at_;
  }

  void annotation() {
    ++at_;
    if (at_ < text_.size() && is_word_byte(text_[at_]) && take_word() == "interface") {
      type_ = {"interface", 0, WordRole::type, "interface"};
    }
    while (at_ + 1 < text_.size() && text_[at_] == '.' && is_word_byte(text_[at_ + 1])) {
      ++at_;
      (void)take_word();
    }
    last_ = Last::attribute;
  }

  void equals() {
    const bool compares =
        next() == '=' ||
        (at_ > 0 && std::string_view("!<>=").find(text_[at_ - 1]) != std::string_view::npos);
    if (next() == '>') {
      arrow_ = true;
    } else if (!compares && !equals_) {
      equals_ = true;
      assigned_ = variable_name_.empty() ? path_ : variable_name_;
    }
    at_ += next() == '>' || next() == '=' ? 2 : 1;
    last_ = Last::other;
  }

  void colon() {
    if (called_ && is(Language::cpp)) initializers_ = true;
    if (type_.role != WordRole::none) stopped_ = true;
  }

  Head verdict() const {
    if (control_) return {};
    if (goes_on()) return {Head::Role::continuation, "", ""};
    if (equals_) return assignment();
    const bool nameless = function_name_.empty() && type_.role != WordRole::none;
    if (function_ && !nameless) return function();
    const bool returned = called_ && is(Language::cpp) && !is_macro_name(called_name_);
    if (type_.role != WordRole::none && !returned) return type();
    if (first_word_ == "extern" && last_ == Last::literal) return {Head::Role::transparent, "", ""};
    return called_ ? called() : Head();
  }

  // Whether the brace belongs to the head: a member initialised with braces, a type with braces.
  bool goes_on() const {
    if (whole_.size() > head_bytes_max) return false;
    const std::string_view text = without_blanks(text_);
    if (text.empty()) return false;
    const char last = text.back();
    if (is(Language::cpp)) return initializers_ && (is_name_byte(last) || last == '>');
    if (is(Language::javascript)) return last == ':' || last == '|' || last == '&';
    const bool go_type = text.ends_with("interface") || text.ends_with("struct");
    return is(Language::go) && function_ && go_type;
  }

  Head assignment() const {
    if (is(Language::javascript)) {
      if (arrow_ || function_) return {Head::Role::opaque, assigned_, function_kind};
      if (type_.role == WordRole::type) return {Head::Role::type, assigned_, type_.kind};
      if (type_.role == WordRole::opaque_type) return type();
    }
    if (is(Language::kotlin) && function_) return function();
    return {Head::Role::opaque, assigned_, variable_kind};
  }

  Head function() const {
    std::string name = function_name_.empty() ? "default" : function_name_;
    if (!receiver_.empty()) name.insert(0, receiver_ + '.');
    return {Head::Role::opaque, std::move(name), function_kind};
  }

  Head type() const {
    if (type_.role == WordRole::transparent) return {Head::Role::transparent, "", ""};
    const bool opaque = type_.role == WordRole::opaque_type;
    std::string name = type_name_;
    if (type_.kind == "impl") name.insert(0, "impl ");
    if (name.empty() && is(Language::javascript)) name = "default";
    return {opaque ? Head::Role::opaque : Head::Role::type, std::move(name), type_.kind};
  }

  // A name with parentheses behind it is a function where that is how functions are written.
  Head called() const {
    const bool by_word = is(Language::go) || is(Language::rust) || is(Language::kotlin);
    if (by_word || (is(Language::javascript) && !in_type_)) return {};
    const bool alone = without_blanks(text_.substr(0, called_begin_)).empty();
    const bool macro = is(Language::cpp) && alone && is_macro_name(called_name_);
    return {Head::Role::opaque, macro ? macro_call() : called_name_, function_kind};
  }

  // `TEST(Suite, Name)`; of a string or of more than two arguments the first: they tell apart what
  // is named with macros, the rest are types and labels.
  std::string macro_call() const {
    const usize open = text_.find('(', called_begin_) + 1;
    usize first = open;
    while (first < called_end_ && is_blank(text_[first])) ++first;
    const usize comma = std::min(text_.find(',', first), called_end_ - 1);
    const usize second = std::min(text_.find(',', comma + 1), called_end_);
    usize end = second < called_end_ ? comma : called_end_ - 1;
    if (text_[first] == '"') end = std::min(lexer_.skip_literal(first), called_end_ - 1);
    return called_name_ + '(' + on_one_line(text_.substr(first, std::max(end, first) - first)) +
           ')';
  }

  std::string_view whole_;
  std::string_view text_;
  Language language_;
  bool in_type_;
  CodeLexer lexer_;
  usize at_ = 0;
  Last last_ = Last::nothing;
  bool joins_ = false;  // behind `::`
  bool angles_ = true;  // `<` may begin arguments
  bool control_ = false;
  bool stopped_ = false;
  bool function_ = false;
  bool variable_ = false;
  bool equals_ = false;
  bool arrow_ = false;
  bool initializers_ = false;
  bool called_ = false;
  bool grouped_ = false;  // behind the parameters of the function that a word announced
  std::string path_;      // the name read last, with what qualifies it
  usize path_begin_ = 0;
  std::string_view first_word_;
  HeadWord type_;
  std::string type_name_;
  std::string function_name_;
  std::string receiver_;
  std::string variable_name_;
  std::string assigned_;
  std::string called_name_;
  usize called_begin_ = 0;
  usize called_end_ = 0;
};

}  // namespace

Head read_head(std::string_view head, Language language, bool in_type) {
  return HeadReader(head, language, in_type).read();
}

}  // namespace shale::sync

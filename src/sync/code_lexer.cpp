#include "sync/code_lexer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "sync/text_lines.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace {

constexpr usize raw_delimiter_bytes_max = 16;  // [lex.string] of C++
constexpr usize number_bytes_max = 32;         // how far back a digit of 1'000 is looked for

bool has_preprocessor(Language language) {
  return language == Language::cpp || language == Language::csharp;
}
bool has_backticks(Language language) {
  return language == Language::go || language == Language::javascript;
}
bool has_triple_quotes(Language language) {
  return language == Language::java || language == Language::kotlin || language == Language::csharp;
}
bool nests_comments(Language language) {
  return language == Language::rust || language == Language::kotlin;
}

}  // namespace

CodeLexer::CodeLexer(std::string_view text, Language language) : text_(text), language_(language) {
  const auto stop_at = [&](std::string_view bytes, u32 stops) {
    for (const char c : bytes) stops_[u8(c)] = u8(stops_[u8(c)] | stops);
  };
  stop_at("\n\"/", in_directive);
  stop_at("/*", in_comment);
  stop_at("{}\"'/", in_body | in_declarations);
  stop_at("()[];\n", in_declarations);
  if (has_preprocessor(language)) stop_at("#", in_body | in_declarations);
  if (has_backticks(language)) stop_at("`", in_body | in_declarations);
}

bool CodeLexer::is_comment(usize at) const { return holds(at, "//") || holds(at, "/*"); }

usize CodeLexer::skip_literal(usize at) const {
  switch (text_[at]) {
    case '/':
      return skip_slash(at);
    case '"':
      return skip_double_quote(at);
    case '\'':
      return skip_single_quote(at);
    case '`':
      return skip_backtick(at);
    default:
      return at + 1;
  }
}

usize CodeLexer::skip_to(usize at, std::string_view closing) const {
  const usize found = text_.find(closing, at);
  return found == std::string_view::npos ? text_.size() : found + closing.size();
}

usize CodeLexer::skip_slash(usize at) const {
  if (holds(at, "//")) return std::min(text_.find('\n', at), text_.size());
  if (holds(at, "/*")) return skip_block_comment(at);
  if (language_ == Language::javascript && may_begin_regex(at)) return skip_regex(at);
  return at + 1;
}

usize CodeLexer::skip_block_comment(usize at) const {
  if (!nests_comments(language_)) return skip_to(at + 2, "*/");
  usize depth = 1;
  for (at += 2; at < text_.size() && depth > 0;) {
    at = next_stop(at, in_comment);
    if (at == text_.size()) return at;
    const bool opens = holds(at, "/*");
    const bool closes = holds(at, "*/");
    depth += opens ? 1 : 0;
    depth -= closes ? 1 : 0;
    at += opens || closes ? 2 : 1;
  }
  return at;
}

// A slash divides behind a value and begins a regular expression elsewhere, but for `</` of JSX.
bool CodeLexer::may_begin_regex(usize at) const {
  while (at > 0 && is_blank(text_[at - 1])) --at;
  const char last = before(at);
  if (last == '<' || last == ')' || last == ']' || last == '}' || last == '"' || last == '\'' ||
      last == '`') {
    return false;
  }
  if (!is_name_byte(last) && last != '$') return true;
  constexpr std::array<std::string_view, 6> operators = {"return", "typeof", "case",
                                                         "in",     "of",     "void"};
  return std::any_of(operators.begin(), operators.end(), [&](std::string_view word) {
    const bool ends = text_.substr(0, at).ends_with(word);
    return ends && !is_name_byte(before(at - word.size())) && before(at - word.size()) != '.';
  });
}

usize CodeLexer::skip_regex(usize at) const {
  bool in_class = false;
  for (usize i = at + 1; i < text_.size() && text_[i] != '\n'; ++i) {
    const char c = text_[i];
    if (c == '\\') ++i;
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '/' && !in_class) return i + 1;
  }
  return std::min(text_.find('\n', at), text_.size());
}

usize CodeLexer::skip_quoted(usize at, char quote, bool spans_lines) const {
  for (; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == quote) return at + 1;
    if (c == '\n' && !spans_lines) return at;
    if (c != '\\') continue;
    ++at;
    if (text_.substr(at).starts_with("\r\n")) ++at;
  }
  return text_.size();
}

usize CodeLexer::skip_double_quote(usize at) const {
  if (has_triple_quotes(language_) && holds(at, R"(""")")) return skip_to(at + 3, R"(""")");
  const char prefix = before(at);
  if (language_ == Language::cpp && prefix == 'R') return skip_raw_cpp(at);
  if (language_ == Language::csharp) {
    const bool verbatim = prefix == '@' || (prefix == '$' && before(at - 1) == '@');
    if (verbatim) return skip_verbatim(at);
  }
  if (language_ == Language::rust && (prefix == '#' || prefix == 'r')) {
    usize marks = 0;
    while (marks < at && text_[at - 1 - marks] == '#') ++marks;
    if (before(at - marks) == 'r') return skip_to(at + 1, '"' + std::string(marks, '#'));
  }
  return skip_quoted(at + 1, '"', language_ == Language::rust);
}

// R"delimiter(...)delimiter"
usize CodeLexer::skip_raw_cpp(usize at) const {
  const usize open = text_.find_first_of("(\n\"", at + 1);
  const bool raw = open != std::string_view::npos && text_[open] == '(' &&
                   open - at - 1 <= raw_delimiter_bytes_max;
  if (!raw) return skip_quoted(at + 1, '"', false);
  std::string closing = ")";
  closing += text_.substr(at + 1, open - at - 1);
  return skip_to(open + 1, closing + '"');
}

// @"..." of C#: a quote stands in it twice.
usize CodeLexer::skip_verbatim(usize at) const {
  at = skip_to(at + 1, "\"");
  while (at < text_.size() && text_[at] == '"') at = skip_to(at + 1, "\"");
  return at;
}

usize CodeLexer::skip_single_quote(usize at) const {
  if (language_ == Language::rust) {  // a lifetime unless a quote ends it behind one character
    if (holds(at + 1, "\\")) return skip_quoted(at + 1, '\'', false);
    const usize bytes = std::max<usize>(decode_utf8(text_.substr(at + 1)).bytes, 1);
    return holds(at + 1 + bytes, "'") ? at + 2 + bytes : at + 1;
  }
  if (language_ == Language::cpp && is_name_byte(before(at))) {
    usize begin = at;
    const usize begin_min = at - std::min(at, number_bytes_max);
    while (begin > begin_min && (is_name_byte(text_[begin - 1]) || text_[begin - 1] == '\'')) {
      --begin;
    }
    if (is_digit(text_[begin])) return at + 1;
  }
  return skip_quoted(at + 1, '\'', false);
}

usize CodeLexer::skip_backtick(usize at) const {
  if (language_ == Language::go) return skip_to(at + 1, "`");
  if (language_ == Language::javascript) return skip_template(at);
  return at + 1;
}

// `text ${code} text`, where the code may hold templates again: their depth is on a stack.
usize CodeLexer::skip_template(usize at) const {
  std::vector<usize> braces;  // open braces of the code in each template; the last is the innermost
  bool in_text = true;
  for (++at; at < text_.size();) {
    const char c = text_[at];
    if (in_text) {
      if (c == '`' && braces.empty()) return at + 1;
      if (c == '`') in_text = false;
      if (holds(at, "${")) {
        braces.push_back(0);
        in_text = false;
        ++at;
      }
      at += c == '\\' ? 2 : 1;
      continue;
    }
    if (c == '{') ++braces.back();
    if (c == '`') in_text = true;
    if (c == '}' && braces.back()-- == 0) {
      braces.pop_back();
      in_text = true;
    }
    at = c == '`' ? at + 1 : skip_literal(at);
  }
  return text_.size();
}

bool CodeLexer::is_directive(usize at) const {
  if (!has_preprocessor(language_)) return false;
  while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
  return before(at) == '\n';
}

usize CodeLexer::skip_directive(usize at) const {
  while (true) {
    at = next_stop(at, in_directive);
    if (at == text_.size()) return at;
    if (text_[at] == '/') {
      at = is_comment(at) ? skip_literal(at) : at + 1;
    } else if (text_[at] == '"') {
      at = skip_quoted(at + 1, '"', false);
    } else {
      const bool goes_on = before(at) == '\\' || (before(at) == '\r' && before(at - 1) == '\\');
      if (!goes_on) return at;
      ++at;
    }
  }
}

}  // namespace shale::sync

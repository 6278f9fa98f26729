// Passes over what is no code in a language with braces: comments, strings, characters, regular
// expressions and lines of a preprocessor.
//
// No tokens are made: whoever looks for definitions asks for the next byte that may matter and has
// literals passed over. Whatever the bytes are, every call goes on by one byte at least and looks
// at no byte much more than once; what is not closed ends with the line or, where the language
// lets it span lines, with the text.
// Used by brace_scanner and declaration_head.
#pragma once

#include <array>
#include <string_view>

#include "base/integers.hpp"
#include "sync/languages.hpp"

namespace shale::sync {

class CodeLexer {
 public:
  enum Stops : u8 {
    in_body = 1,          // braces and what may begin a literal or directive
    in_declarations = 2,  // these, parentheses, brackets, semicolons and line ends
    in_directive = 4,
    in_comment = 8
  };

  CodeLexer(std::string_view text, Language language);

  // The offset of the next byte at or behind `at` that `stops` asks for; the size where none is.
  usize next_stop(usize at, Stops stops) const {
    while (at < text_.size() && (stops_[u8(text_[at])] & stops) == 0) ++at;
    return at;
  }

  bool is_comment(usize at) const;
  // Behind the literal or comment that begins at `at`; behind that byte where none does (a division
  // sign, a lifetime, the `'` of 1'000).
  usize skip_literal(usize at) const;

  // Whether the `#` at `at` is the first byte of its line that is not blank, in a language with
  // preprocessor. The line is passed over with those it goes on in, up to its line end.
  bool is_directive(usize at) const;
  usize skip_directive(usize at) const;

 private:
  usize skip_slash(usize at) const;
  usize skip_block_comment(usize at) const;
  usize skip_regex(usize at) const;
  bool may_begin_regex(usize at) const;
  usize skip_double_quote(usize at) const;
  usize skip_single_quote(usize at) const;
  usize skip_backtick(usize at) const;
  usize skip_template(usize at) const;
  // Up to the next `quote`, at `at` or later, that no backslash quotes.
  usize skip_quoted(usize at, char quote, bool spans_lines) const;
  usize skip_verbatim(usize at) const;
  usize skip_raw_cpp(usize at) const;
  // Behind `closing`, looked for from `at` on.
  usize skip_to(usize at, std::string_view closing) const;
  bool holds(usize at, std::string_view what) const {
    return at < text_.size() && text_.substr(at).starts_with(what);
  }
  char before(usize at) const { return at > 0 ? text_[at - 1] : '\n'; }

  std::string_view text_;
  Language language_;
  std::array<u8, 256> stops_{};
};

}  // namespace shale::sync

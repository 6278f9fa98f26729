// The grammar of query texts: text -> tree (ast.hpp). Total: every byte string is legal, what is no
// syntax is words. Linear in the text, whatever it holds. Knows neither analysis nor an index.
//
//   query    = items                     items side by side: the match mode decides
//   items    = { either }
//   either   = both { "OR" both }        x y OR z = x (y OR z): binds its two neighbours alone
//   both     = item { "AND" item }       x AND y OR z = (x AND y) OR z; in every match mode
//   item     = [ "-" ] ( group | phrase | regex | clause | chunk )
//   group    = "(" items ")"
//   phrase   = '"' ... '"' [ "~" N ]     N: slop, more than 255 is 255
//   regex    = "/" ... "/"               if `is_regex` says so of what stands between
//   clause   = field ":" value           if filter.hpp takes it: file:src/*.cpp  task:"two words"
//   chunk    = prefix | fuzzy | words    up to the next blank: foo*  foo~  foo~2  std::vector
//
// Blanks are ASCII white space. They part chunks; syntax begins where a chunk does.
// - A chunk is words, whatever it holds: `don't` `C++` `a-b` `foo(bar)` `C:\x` `x:y:z` `--flag`.
//   The `*` or `~` of `foo*`, `foo~`, `foo~2` stands directly behind a letter, digit, `_` or byte
//   beyond ASCII: `*`, `foo**`, `C++*`, `src/*`, `~`, `foo~3` are words.
// - `-` negates what stands directly behind it: `-a` `-"a b"` `-(a b)` `-type:code`. `-`, `- a`,
//   `--a`, `->a`, `-=a`, `a-b` negate nothing. NOT is a word.
// - OR and AND stand alone between two operands: `OR b`, `a AND`, `a AND OR b` are words.
// - `"` opens where a chunk begins, behind its `-` or `(`, and the next one closes; nothing is
//   escaped. `what"s` and a `"` that nothing closes are words, `""` is nothing. Behind the closing
//   one stands `~N`, or words up to the next blank (`"a b"s`), or punctuation, which is nothing
//   (`"a b",`).
// - `/` opens there too. The next `/` without a backslash closes if only `)` stand between it and
//   the next blank, and what it closes has 1 to regex_bytes_max bytes, a blank neither first nor
//   last. `/usr/lib`, `and/or`, `//` are words.
// - `(` opens there too; `)` closes at the end of a chunk. They must match, and the parentheses
//   inside chunks count: `(f(a b) c)` groups `f(a`, `b)`, `c`. `f(a b)`, `(a b)c`, `a)`, `:)` group
//   nothing, `()` is nothing. Groups deeper than group_depth_max are none.
// - A `(` that nothing closes is a byte of the words, prefix or fuzzy word directly behind it, with
//   a `-` between them (`(a`, `(-a*`), makes words of a clause or regex there, and is nothing
//   before a phrase or group.
#pragma once

#include <functional>
#include <string_view>

#include "query/ast.hpp"

namespace shale::query {

inline constexpr usize group_depth_max = 64;
inline constexpr usize regex_bytes_max = 1000;
inline constexpr usize leaves_max = 1024;  // OR and AND count as well

struct ParsedQuery {
  Node root;               // a sequence, of all there is
  bool truncated = false;  // leaves beyond leaves_max were left out
};

// `now` (microseconds since 1970) is what ages in clauses count from. `is_regex` is asked at most
// leaves_max times; without it there are no regular expressions.
ParsedQuery parse_query(std::string_view text, i64 now,
                        const std::function<bool(std::string_view)>& is_regex);

}  // namespace shale::query

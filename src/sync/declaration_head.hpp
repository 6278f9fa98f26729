// What a declaration with a brace declares: reads `static int f(int a)` in front of its `{`.
//
// A guess by words and parentheses, not a parser: it knows the keywords of each language, skips
// attributes, template arguments and groups, and takes the name where its language has it. Heads
// longer than a few kilobytes are read as far as that.
// Used by brace_scanner.
#pragma once

#include <string>
#include <string_view>

#include "base/integers.hpp"
#include "sync/languages.hpp"

namespace shale::sync {

struct Head {
  enum class Role : u8 {
    none,          // no declaration: a block, a list
    continuation,  // the brace is a part of the head, as in `f() : a_{1} {`
    transparent,   // a namespace: what it holds counts as if it stood outside
    type,          // a class: what it holds are its members
    opaque,        // a function, a table: what it holds is its own affair
  };
  Role role = Role::none;
  std::string name;
  std::string_view kind;
};

// `head` reaches up to the brace; `in_type`: it is the head of a member.
Head read_head(std::string_view head, Language language, bool in_type);

}  // namespace shale::sync

// What a scanner of a language finds in a text: definitions, in the order in which they begin.
//
// A definition lies inside its parent, the class it is a member of, and behind the ones before it.
// Definitions inside functions are none. From these, definition_chunks makes chunks.
// Made by brace_scanner, indent_scanner and symbols.
#pragma once

#include <string>
#include <string_view>

#include "base/integers.hpp"

namespace shale::sync {

inline constexpr u32 no_parent = ~0u;
inline constexpr std::string_view variable_kind = "variable";

struct Definition {
  usize begin = 0;         // of its head, with attributes and decorators
  usize body = 0;          // where what it holds begins: behind the brace or colon
  usize end = 0;           // behind its last byte
  u32 parent = no_parent;  // its index
  std::string name;        // as it stands there, `Project::commit`; "" where it has none
  std::string_view kind;   // a literal, or of the Symbol it comes from
};

}  // namespace shale::sync

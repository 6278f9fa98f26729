// Symbols that some other program found, such as universal-ctags, as definitions to cut by.
//
// For languages that no scanner here knows. Whoever runs the program brings what is to be a chunk,
// names and lines; nothing is taken on trust: lines outside of the text, overlaps and any order are
// made definitions that lie one behind or inside the other. What lies inside a function is a part
// of it.
// Used by chunks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"
#include "sync/definitions.hpp"

namespace shale::sync {

struct Symbol {
  std::string name;
  std::string kind;    // as the program calls it
  u32 first_line = 1;  // counted from 1
  u32 last_line = 0;   // 0: up to the next symbol
};

// Valid as long as `symbols`, whose kinds it refers to.
std::vector<Definition> definitions_of(std::string_view text, std::span<const Symbol> symbols);

}  // namespace shale::sync

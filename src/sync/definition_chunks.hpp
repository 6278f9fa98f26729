// Makes chunks of definitions: which of them is one, and to whom what lies between belongs.
//
// Each definition outside of functions is a chunk, with the comments directly above it. A class too
// long for that is cut by its members, and what is left of it keeps its name. What follows a
// definition without an empty line (an export, an #endif) belongs to it; what else lies between is
// a chunk without name, or, where it is short, a part of the definition that follows. Comments do
// not count there: adding or removing them makes no chunk more or less.
// Chunks begin where a line begins: a definition that begins on a line of the last one is a part of
// it. Used by chunks.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sync/border.hpp"
#include "sync/definitions.hpp"

namespace shale::sync {

// How a line of comment begins: `//` and `/*`, `#`, or any of these and `--`.
enum class Comments : u8 { slashes, hashes, any };

struct DefinitionRules {
  u64 bytes_min = 0;  // of code between definitions that is a chunk of its own, and of a variable
  u64 members_from = 0;  // a class of more bytes is cut by its members
  Comments comments = Comments::slashes;
};

std::vector<Border> definition_borders(std::string_view text,
                                       std::span<const Definition> definitions,
                                       const DefinitionRules& rules);

}  // namespace shale::sync

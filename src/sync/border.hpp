// Where a chunk begins and what it is: what headings and definitions of a file come down to.
//
// A list of borders is sorted, begins at 0 and says nothing of where chunks end: each ends where
// the next one begins, so that whatever found the borders, the chunks concatenate to the file. Made
// by headings and definition_chunks, cut by chunks.
#pragma once

#include <string>
#include <string_view>

#include "base/integers.hpp"

namespace shale::sync {

// Of a name: paths of names grow no further, or their depth times their length would be quadratic.
inline constexpr usize name_bytes_max = 200;

struct Border {
  usize begin = 0;
  std::string name;       // "" for what has none; may be longer and no UTF-8
  std::string_view kind;  // as of Definition; "section"; "" for what has no name
};

}  // namespace shale::sync

// Files of dependencies, as `sync --deps` and `sync --keep-deps` take them.
//
// A JSON object a line: `from`, a path, depends on `to`, a path or a list of them. Lines of one
// `from` add up; one with an empty list says that it depends on nothing. Empty lines and further
// keys (a line number, a kind) are passed over. Used by the verb sync.
#pragma once

#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "base/error.hpp"

namespace shale::cli {

// In the order of the lines; `path` may be `-`, the standard input. A line that is none of those is
// invalid_argument, with its number.
Result<std::vector<Dependencies>> read_edge_file(const std::string& path);

}  // namespace shale::cli

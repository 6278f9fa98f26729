// What the program is given to read besides its arguments: all of the standard input, or of a file
// of any kind (a pipe does not say how long it is), in memory. Not for input that comes line by
// line (exchange/line_reader). Used by the verbs that take one text: stash and tokens.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::cli {

// To its end; more than `bytes_max` is ErrorCode::invalid_argument.
Result<std::string> read_standard_input(u64 bytes_max);
Result<std::string> read_input_file(const std::string& path, u64 bytes_max);

}  // namespace shale::cli

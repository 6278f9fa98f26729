// Ids for segments that come without one: 26 characters that sort by the time they were made.
//
// 48 bits of milliseconds since 1970, then 80 random bits, in 32 digits and lower-case letters
// (without i, l, o, u). Ids of one process are in the order of the calls, even within a
// millisecond. Used by `stash`.
#pragma once

#include <string>

namespace shale::cli {

std::string make_identifier();

}  // namespace shale::cli

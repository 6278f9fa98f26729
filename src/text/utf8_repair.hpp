// Text that may be no UTF-8, made so: each maximal part of a broken character becomes one U+FFFD,
// as Python's errors="replace", Rust and the WHATWG's decoder have it.
//
// Bytes are judged 64 at a time without a branch: in random bytes every branch on a byte is taken
// wrongly half of the time, and repairing them a character at a time took a fifth of the time in
// which their tokens were counted. Loops over bytes, which the compiler makes vectors of anywhere.
// Used by token_counter.
#pragma once

#include <string>
#include <string_view>

namespace shale {

void append_repaired(std::string_view text, std::string& out);

}  // namespace shale

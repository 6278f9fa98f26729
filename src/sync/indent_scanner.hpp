// Finds the definitions of a text in Python: functions and classes, by their indentation.
//
// Lines that go on (in brackets, in strings of three quotes, behind a backslash) are no lines of
// their own. A definition begins with its decorators and ends with its last line of code. Where a
// bracket is never closed, a `def` or `class` in column 0 begins anew. Linear in the text.
// Used by chunks.
#pragma once

#include <string_view>
#include <vector>

#include "sync/definitions.hpp"

namespace shale::sync {

std::vector<Definition> scan_indentation(std::string_view text);

}  // namespace shale::sync

// Numbers and strings as MANIFEST and file names spell them: one spelling for each value.
//
// Parsers are strict (no sign, no leading zero, lower-case hex only), so that a flipped bit never
// reads as another spelling of the same value. Not for user input. Used inside catalog only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hex.hpp"
#include "base/integers.hpp"

namespace shale::catalog {

std::optional<u64> parse_hex16(std::string_view text);
std::optional<u64> parse_decimal(std::string_view text);

// Appends `%` and two hex digits.
void append_escape(std::string& out, char byte);
// Undoes append_escape; nothing where a `%` is not followed by two hex digits.
std::optional<std::string> decode_percent(std::string_view text);

}  // namespace shale::catalog

// A SHA-256 as 64 hexadecimal digits, as importers bring it and exports give it.
//
// Digits of either case are read, lower case is written. Computes none: what comes with a segment
// is kept as it came. Used by the readers and writers of all formats.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <shale/segment.hpp>

namespace shale::exchange {

// Nothing for anything else.
std::optional<Sha256> parse_sha256(std::string_view text);
std::string sha256_text(const Sha256& hash);

}  // namespace shale::exchange

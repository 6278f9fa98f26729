// Base64 (RFC 4648, the plain alphabet with padding): how text that is not UTF-8 travels in JSON,
// and the places of a search's pages anywhere.
//
// Reading takes the padding or its absence, and nothing else: no line breaks, no other alphabet.
// Used by the NDJSON reader and writer, and by cursors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shale {

std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace shale

// Pieces of JSON text: writing strings, asking whether a text is JSON at all.
//
// Not a JSON library: reading is simdjson's (ndjson_reader), small answers of the program are
// nlohmann's (src/cli). This is what remains when a segment is written by hand for speed.
// Used by the NDJSON reader and writer, and by the program to put segments into its answers.
#pragma once

#include <string>
#include <string_view>

namespace shale::exchange {

// Appends `text`, which must be UTF-8, as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);
// Whether `text` is one whole JSON value (object, array or scalar).
bool is_json(std::string_view text);

}  // namespace shale::exchange

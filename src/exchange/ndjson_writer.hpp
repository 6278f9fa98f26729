// A segment -> one line of NDJSON that the reader turns back into the same segment.
//
// Lossless: text that is not UTF-8 goes as text_base64; so does long text whose escapes would
// more than double it. Absent values have no key. The one exception: a number attribute that is
// not finite, for which JSON has no form, is written as null.
// Used by `get`, `list` and whatever exports.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <shale/segment.hpp>

namespace shale::exchange {

// What a line says besides metadata; both may be left out.
struct LineParts {
  std::optional<std::string_view> text = std::nullopt;
  std::optional<std::string_view> project = std::nullopt;
};

// Appends the JSON object, without a newline.
void append_segment(std::string& out, const Metadata& metadata, const LineParts& parts);

// Appends the object that "attrs" is.
void append_attributes(std::string& out, const Attributes& attributes);

}  // namespace shale::exchange

// YAML front matter as attributes of a segment.
//
// A scalar becomes an integer, a number or a boolean only where its text comes back from that value
// (1.10 stays text, or it would become 1.1); quoted ones are text. `yes`, `no`, `on` and `off` are
// booleans, as the original's YAML has it. null, lists and mappings become JSON. Aliases are
// followed, to a depth and a size that no honest file has.
// The one user of yaml-cpp; used by mdc_file.cpp, and by the program to describe what it syncs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <shale/segment.hpp>

#include "base/error.hpp"

namespace shale::exchange {

struct FrontValue {
  AttributeValue value;
  std::optional<std::string> text;               // of a scalar that is not null, as it was written
  std::optional<std::vector<std::string>> list;  // of a list of such scalars
};
using FrontMatter = std::vector<std::pair<std::string, FrontValue>>;  // in the file's order

// The keys of a mapping; nothing at all is an empty one. invalid_argument for what is no YAML, or
// no mapping, or too much.
Result<FrontMatter> parse_front_matter(const std::string& yaml);

// Puts `type`, `tags` and `created_at` (touched_at, too) into the fields of those names; false, and
// nothing done, for another key and for a value that its field cannot hold.
bool set_field(NewSegment& segment, const std::string& key, const FrontValue& value);

}  // namespace shale::exchange

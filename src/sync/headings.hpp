// Headings of Markdown and reStructuredText: where the sections of a document begin.
//
// A section reaches to the next heading of any level and is named by its path, `Title / Sub`.
// Markdown: ATX headings and setext ones of one line, outside of fenced code and front matter.
// reStructuredText: underlined titles, with or without a line above; their levels are in the order
// in which their adornments first appear. Inline markup stays in names as it is written.
// Used by chunks; front_matter also by whoever reads the YAML, which is not done here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sync/border.hpp"

namespace shale::sync {

// The YAML between the lines `---` that a document begins with (the last may be `...`), as a view
// into `text`: empty where there is nothing between them, nullopt where they are not there.
std::optional<std::string_view> front_matter(std::string_view text);

// Front matter is a part of the first section, as is what else stands before the first heading
// where that is shorter than `bytes_min`; otherwise the first border has no name.
std::vector<Border> markdown_borders(std::string_view text, u64 bytes_min);
// Labels (`.. _label:`) right above a title belong to it.
std::vector<Border> restructured_borders(std::string_view text, u64 bytes_min);

}  // namespace shale::sync

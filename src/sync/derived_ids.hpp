// The ids of segments that belong to a file without being a part of it: analyses, dependencies.
//
// Whoever makes such a segment anew comes to the same id, so that it takes the place of the one
// before. Nothing else has ids like these: those of a file's pieces begin with its path. Used by
// analyses and kept_dependencies.
#pragma once

#include <string>
#include <string_view>

namespace shale::sync {

// `KIND:REST`; where that is too long, or no id, the XXH3-128 of it stands for the rest.
std::string derived_id(std::string_view kind, std::string_view rest);

}  // namespace shale::sync

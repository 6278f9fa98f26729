// The cursor of a search over all projects: where each of them goes on.
//
// "all." and base64 of a JSON list of [project, its cursor], in the order of the projects' names. A
// project that has no more hits keeps its place, because its total and facets still count. What the
// cursors themselves say is checked by the library. Used by verbs_search.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace shale::cli {

using ProjectCursors = std::vector<std::pair<std::string, std::string>>;

bool is_joined_cursor(std::string_view text);
std::string join_cursors(const ProjectCursors& cursors);
// invalid_argument for anything else.
Result<ProjectCursors> split_cursor(std::string_view text);

}  // namespace shale::cli

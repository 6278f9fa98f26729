#include "cli/joined_cursor.hpp"

#include "base/base64.hpp"
#include "cli/output.hpp"

namespace shale::cli {

namespace {

constexpr std::string_view mark = "all.";

Unexpected not_joined() {
  return fail(
      ErrorCode::invalid_argument,
      "That is no cursor of --all-projects: it must be the text that such a search gave for "
      "its next page.");
}

}  // namespace

bool is_joined_cursor(std::string_view text) { return text.starts_with(mark); }

std::string join_cursors(const ProjectCursors& cursors) {
  Json list = Json::array();
  for (const auto& [project, cursor] : cursors) list.push_back({project, cursor});
  return std::string(mark) + encode_base64(to_text(list));
}

Result<ProjectCursors> split_cursor(std::string_view text) {
  if (!is_joined_cursor(text)) return not_joined();
  const auto bytes = decode_base64(text.substr(mark.size()));
  if (!bytes) return not_joined();
  const Json list = Json::parse(*bytes, nullptr, false);
  if (!list.is_array()) return not_joined();
  ProjectCursors cursors;
  for (const Json& one : list) {
    const bool is_pair =
        one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_string();
    if (!is_pair) return not_joined();
    cursors.emplace_back(one[0].get<std::string>(), one[1].get<std::string>());
  }
  return cursors;
}

}  // namespace shale::cli

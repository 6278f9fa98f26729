#include "cli/edge_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.hpp"
#include "exchange/line_reader.hpp"
#include "exchange/ndjson_reader.hpp"

namespace shale::cli {

namespace {

using Object = nlohmann::json;

std::optional<std::vector<std::string>> paths_of(const Object& value) {
  if (value.is_string()) return std::vector{value.get<std::string>()};
  const bool is_list =
      value.is_array() &&
      std::all_of(value.begin(), value.end(), [](const Object& one) { return one.is_string(); });
  return is_list ? std::optional(value.get<std::vector<std::string>>()) : std::nullopt;
}

std::optional<Dependencies> dependencies_in(std::string_view line) {
  const Object edge = Object::parse(line, nullptr, false);
  if (!edge.is_object()) return std::nullopt;
  const auto from = edge.find("from");
  const auto to = edge.find("to");
  if (from == edge.end() || !from->is_string() || to == edge.end()) return std::nullopt;
  auto paths = paths_of(*to);
  if (!paths) return std::nullopt;
  return Dependencies{from->get<std::string>(), *std::move(paths)};
}

}  // namespace

Result<std::vector<Dependencies>> read_edge_file(const std::string& path) {
  const bool is_input = path == "-";
  std::optional<File> file;
  if (!is_input) file = TRY(File::open(path, File::Mode::read));
  const std::string name = is_input ? "the standard input" : path;
  exchange::LineReader lines(is_input ? STDIN_FILENO : file->descriptor(), name,
                             exchange::line_bytes_max);
  std::vector<Dependencies> all;
  for (;;) {
    const auto line = TRY(lines.next());
    if (line.state == exchange::LineReader::State::end) return all;
    const bool is_long = line.state == exchange::LineReader::State::too_long;
    if (!is_long && line.text.empty()) continue;
    auto found = is_long ? std::nullopt : dependencies_in(line.text);
    if (!found) {
      return fail(ErrorCode::invalid_argument,
                  name + ':' + std::to_string(line.number) +
                      ": The line is no {\"from\": path, \"to\": path or [path, …]}.");
    }
    all.push_back(*std::move(found));
  }
}

}  // namespace shale::cli

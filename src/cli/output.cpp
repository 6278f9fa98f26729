#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"

namespace shale::cli {

Exit exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return Exit::usage;
    case ErrorCode::corrupt:
      return Exit::damaged;
    case ErrorCode::busy:
    case ErrorCode::conflict:
      return Exit::busy;
    case ErrorCode::too_new:
      return Exit::too_new;
    case ErrorCode::cancelled:
      return Exit::interrupted;
    default:
      return Exit::failed;
  }
}

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::io:
      return "io";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::too_new:
      return "too_new";
    case ErrorCode::read_only:
      return "read_only";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::conflict:
      return "conflict";
  }
  return "io";
}

bool Output::colours() {
  const char* terminal = std::getenv("TERM");
  const char* refused = std::getenv("NO_COLOR");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return isatty(STDOUT_FILENO) == 1 && !dumb && (refused == nullptr || *refused == '\0');
}

void Output::raw(std::string_view bytes) {
  if (!bytes.empty()) std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

void Output::line(std::string_view text) {
  raw(text);
  raw("\n");
}

void Output::object(const Json& members) {
  Json whole = {{"v", 1}};
  whole.update(members);
  line(to_text(whole));
}

void Output::flush() { std::fflush(stdout); }

void Output::note(std::string_view text) const {
  if (!quiet) warning(text);
}

void Output::warning(std::string_view text) const {
  const std::string line = fmt::format("shale: {}\n", printable(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Output::faults(const std::vector<Fault>& faults) const {
  for (const Fault& fault : faults) {
    std::string text = fmt::format("damaged: {}", fault.message);
    if (!fault.file.empty()) {
      text += fmt::format(" [{} {} at {}]", fault.file, fault.section, fault.offset);
    }
    if (!fault.ids.empty()) text += fmt::format(" hides {} segments", fault.ids.size());
    warning(text);
  }
}

Exit Output::error(const Error& error) {
  std::string text = error.message;
  if (!error.path.empty() && text.find(error.path) == std::string::npos) {
    text += fmt::format(" [{}]", error.path);
  }
  warning(text);
  if (!is_text()) {
    Json members = {{"code", name_of(error.code)},
                    {"message", error.message},
                    {"path", error.path},
                    {"offset", error.offset}};
    if (error.pid != 0) members["pid"] = error.pid;
    object({{"error", members}});
  }
  return exit_of(error.code);
}

Exit Output::finish(Exit exit) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
  warning(fail_errno("cannot write the result", "", errno).error.message);
  return Exit::failed;
}

Json json_of(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) {
    list.push_back({{"project", fault.project},
                    {"file", fault.file},
                    {"section", fault.section},
                    {"offset", fault.offset},
                    {"message", fault.message},
                    {"ids", fault.ids}});
  }
  return list;
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (usize i = 0; i < out.size(); ++i) {
    if (u8(out[i]) < 0x20 || out[i] == 0x7F) out[i] = ' ';
    // U+0080 to U+009F, in two bytes: some terminals obey them.
    const bool pair = u8(out[i]) == 0xC2 && i + 1 < out.size();
    if (pair && u8(out[i + 1]) >= 0x80 && u8(out[i + 1]) < 0xA0) out[i] = out[i + 1] = ' ';
  }
  return out;
}

std::string size_text(u64 bytes) {
  constexpr std::array<std::string_view, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = double(bytes) / 1024;
  usize unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace shale::cli

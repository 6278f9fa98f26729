#include "base/lock_holder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/system.hpp"

namespace shale {

namespace {

std::optional<i64> number(std::string_view text) {
  i64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The numbered entries of a folder under /proc: processes, or open files. None where it may not be
// read, or is gone.
std::vector<i64> numbered(const std::filesystem::path& folder) {
  std::vector<i64> found;
  for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>())) {
    if (const std::optional<i64> one = number(name)) found.push_back(*one);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// A line of fdinfo: "lock: 1: OFDLCK ADVISORY WRITE -1 fe:00:1234 0 0", the last two the first and
// the last byte, or "EOF". The device there is not stat's on every file system.
bool tells_of(std::string_view line, u64 byte) {
  std::istringstream words{std::string(line)};
  std::string title, index, kind, advisory, access, pid, inode, first, last;
  words >> title >> index >> kind >> advisory >> access >> pid >> inode >> first >> last;
  if (title != "lock:" || kind != "OFDLCK") return false;
  const std::optional<i64> begin = number(first);
  const std::optional<i64> end = last == "EOF" ? std::optional(INT64_MAX) : number(last);
  return begin.has_value() && end.has_value() && u64(*begin) <= byte && byte <= u64(*end);
}

// Told without touching the file system that the open file is on: that one may hang.
bool holds_byte(const std::filesystem::path& fdinfo, u64 byte) {
  std::istringstream lines(read_proc(fdinfo).value_or(std::string()));
  for (std::string line; std::getline(lines, line);) {
    if (tells_of(line, byte)) return true;
  }
  return false;
}

bool process_holds(const std::filesystem::path& process, const FileIdentity& file, u64 byte) {
  for (const i64 descriptor : numbered(process / "fdinfo")) {
    const std::string name = std::to_string(descriptor);
    if (!holds_byte(process / "fdinfo" / name, byte)) continue;
    const auto identity = path_identity(process / "fd" / name);
    if (identity && *identity == file) return true;
  }
  return false;
}

}  // namespace

std::optional<i64> lock_holder(const FileIdentity& file, u64 byte) {
  const std::filesystem::path proc = "/proc";
  for (const i64 pid : numbered(proc)) {
    if (process_holds(proc / std::to_string(pid), file, byte)) return pid;
  }
  return std::nullopt;
}

}  // namespace shale

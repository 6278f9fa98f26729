#include "sync/skipped_files.hpp"

#include <charconv>
#include <optional>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"

namespace shale::sync {

namespace {

constexpr u64 file_bytes_max = 64u << 20;

// Takes a number and the blank behind it off the front.
template <class Number>
std::optional<Number> take_number(std::string_view& line) {
  Number number = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, number);
  if (error != std::errc() || stop == end || *stop != ' ') return std::nullopt;
  line.remove_prefix(usize(stop - line.data()) + 1);
  return number;
}

}  // namespace

SkippedFiles SkippedFiles::load(const std::filesystem::path& path) {
  SkippedFiles skipped;
  const auto bytes = read_file(path, file_bytes_max);
  if (bytes && !skipped.parse(as_text(*bytes))) skipped.files_.clear();
  return skipped;
}

bool SkippedFiles::contains(const std::string& path, const FileStamp& stamp) const {
  const auto found = files_.find(path);
  return found != files_.end() && found->second == stamp;
}

void SkippedFiles::add(std::string path, const FileStamp& stamp) {
  if (path.find('\n') == std::string::npos) files_.insert_or_assign(std::move(path), stamp);
}

void SkippedFiles::save(const std::filesystem::path& path) const {
  if (load(path) == *this) return;
  (void)replace_file(path, as_bytes(format()));  // a hint: without it files are read again
}

std::string SkippedFiles::format() const {
  std::string text;
  for (const auto& [path, stamp] : files_) {
    text += std::to_string(stamp.bytes) + ' ' + std::to_string(stamp.modified_ns) + ' ' +
            std::to_string(stamp.inode) + ' ' + path + '\n';
  }
  return text + hex16(checksum64(as_bytes(text))) + '\n';
}

bool SkippedFiles::parse(std::string_view text) {
  constexpr usize checksum_line = 17;
  if (text.size() < checksum_line) return false;
  const std::string_view sum = text.substr(text.size() - checksum_line);
  text.remove_suffix(checksum_line);
  if (sum != hex16(checksum64(as_bytes(text))) + '\n') return false;
  while (!text.empty()) {
    const usize end = text.find('\n');
    if (end == std::string_view::npos) return false;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto bytes = take_number<u64>(line);
    const auto modified = take_number<i64>(line);
    const auto inode = take_number<u64>(line);
    if (!bytes || !modified || !inode) return false;
    files_.emplace(line, FileStamp{*bytes, *modified, *inode});
  }
  return true;
}

}  // namespace shale::sync

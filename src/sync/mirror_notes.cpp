#include "sync/mirror_notes.hpp"

#include <charconv>
#include <optional>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"

namespace shale::sync {

namespace {

constexpr u64 file_bytes_max = 64u << 20;
constexpr std::string_view root_key = "root ";

// Takes a line off the front; nothing where no newline ends it.
std::optional<std::string_view> take_line(std::string_view& text) {
  const usize end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

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

std::filesystem::path own_path(const std::filesystem::path& folder, std::string_view prefix,
                               std::string_view ending) {
  return folder / ("mirror-" + hex16(checksum64(as_bytes(prefix)))).append(ending);
}

}  // namespace

MirrorNotes MirrorNotes::load(const std::filesystem::path& path) {
  MirrorNotes notes;
  const auto bytes = read_file(path, file_bytes_max);
  if (bytes && !notes.parse(as_text(*bytes))) return {};
  return notes;
}

bool MirrorNotes::skips(const std::string& path, const FileStamp& stamp) const {
  const auto found = skipped_.find(path);
  return found != skipped_.end() && found->second == stamp;
}

void MirrorNotes::skip(std::string path, const FileStamp& stamp) {
  if (path.find('\n') == std::string::npos) skipped_.insert_or_assign(std::move(path), stamp);
}

void MirrorNotes::save(const std::filesystem::path& path) const {
  if (load(path) == *this) return;
  (void)replace_file(path, as_bytes(format()));  // a hint: without it files are read again
}

std::string MirrorNotes::format() const {
  std::string text = std::string(root_key) + root_ + '\n';
  for (const auto& [path, stamp] : skipped_) {
    text += std::to_string(stamp.bytes) + ' ' + std::to_string(stamp.modified_ns) + ' ' +
            std::to_string(stamp.inode) + ' ' + path + '\n';
  }
  return text + hex16(checksum64(as_bytes(text))) + '\n';
}

bool MirrorNotes::parse(std::string_view text) {
  constexpr usize checksum_line = 17;
  if (text.size() < checksum_line) return false;
  const std::string_view sum = text.substr(text.size() - checksum_line);
  text.remove_suffix(checksum_line);
  if (sum != hex16(checksum64(as_bytes(text))) + '\n') return false;
  const auto root = take_line(text);
  if (!root || !root->starts_with(root_key)) return false;
  root_ = root->substr(root_key.size());
  while (!text.empty()) {
    const auto next = take_line(text);
    if (!next) return false;
    std::string_view line = *next;
    const auto bytes = take_number<u64>(line);
    const auto modified = take_number<i64>(line);
    const auto inode = take_number<u64>(line);
    if (!bytes || !modified || !inode) return false;
    skipped_.emplace(line, FileStamp{*bytes, *modified, *inode});
  }
  return true;
}

std::filesystem::path notes_path(const std::filesystem::path& folder, std::string_view prefix) {
  return own_path(folder, prefix, ".notes");
}

std::filesystem::path lock_path(const std::filesystem::path& folder, std::string_view prefix) {
  return own_path(folder, prefix, ".lock");
}

}  // namespace shale::sync

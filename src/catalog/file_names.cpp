#include "catalog/file_names.hpp"

#include "base/checksum.hpp"
#include "catalog/text_form.hpp"

namespace shale::catalog {

namespace {

// A file name may have 255 bytes; the rest is room for suffixes of tools (PROTOCOL C9).
constexpr usize folder_bytes_max = 200;
constexpr std::string_view hashed_prefix = "%h";
// No escape is a bare `%`: it stands for the name without any byte.
constexpr std::string_view empty_name = "%";

bool stands_for_itself(std::string_view name, usize at) {
  const char c = name[at];
  const bool inner = at != 0 && at + 1 != name.size();
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         (c == '.' && inner);
}

std::string numbered(FileId id, std::string_view kind, u64 number) {
  return file_id_text(id) + std::string(kind) + std::to_string(number);
}

}  // namespace

std::string encode_project_name(std::string_view name) {
  if (name.empty()) return std::string(empty_name);
  std::string folder;
  for (usize i = 0; i < name.size(); ++i) {
    if (stands_for_itself(name, i)) {
      folder += name[i];
    } else {
      append_escape(folder, name[i]);
    }
  }
  if (folder.size() <= folder_bytes_max) return folder;
  const TextHash hash = checksum128(as_bytes(name));
  return std::string(hashed_prefix) + hex16(hash.high) + hex16(hash.low);
}

std::optional<std::string> decode_project_name(std::string_view folder) {
  if (folder == empty_name) return std::string();
  std::optional<std::string> name = decode_percent(folder);
  // Only the one spelling encode gives is a project's: two folders never decode to one name.
  if (!name || encode_project_name(*name) != folder) return std::nullopt;
  return name;
}

std::filesystem::path ProjectPaths::log(FileId id) const {
  return log_folder() / (file_id_text(id) + ".log");
}
std::filesystem::path ProjectPaths::index(FileId id) const {
  return volatile_folder() / (file_id_text(id) + ".idx");
}
std::filesystem::path ProjectPaths::shard(FileId id) const {
  return shard_folder() / (file_id_text(id) + ".shard");
}
std::filesystem::path ProjectPaths::dead(FileId id, u64 number) const {
  return shard_folder() / numbered(id, ".dead.", number);
}
std::filesystem::path ProjectPaths::changes(FileId id) const {
  return changes_folder() / (file_id_text(id) + ".changes");
}

std::filesystem::path ProjectPaths::access(FileId shard) const {
  return shard_folder() / (file_id_text(shard) + ".access");
}
std::filesystem::path ProjectPaths::log_access(FileId log) const {
  return volatile_folder() / (file_id_text(log) + ".access");
}

std::filesystem::path ProjectPaths::patch(FileId id, u64 number) const {
  return shard_folder() / numbered(id, ".patch.", number);
}

std::string file_id_text(FileId id) { return std::to_string(id.sequence) + "-" + hex16(id.random); }

std::optional<FileId> parse_file_id(std::string_view text) {
  const usize dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<u64> sequence = parse_decimal(text.substr(0, dash));
  const std::optional<u64> random = parse_hex16(text.substr(dash + 1));
  if (!sequence || !random) return std::nullopt;
  return FileId{*sequence, *random};
}

}  // namespace shale::catalog

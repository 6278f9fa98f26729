// Which files a store has, and how they are called. Names carry the random id of what they hold,
// so that no name is ever used for two contents (PROTOCOL B6).
//
//   STORE/shale.toml
//   STORE/projects/<name>/MANIFEST, LOCK
//   STORE/projects/<name>/log/<seq>-<id>.log
//   STORE/projects/<name>/shards/<seq>-<id>.shard, .dead.<n>, .patch.<n>, .access
//   STORE/projects/<name>/changes/<seq>-<id>.changes
//   STORE/projects/<name>/volatile/CONTROL, STATS, <seq>-<id>.idx, <seq>-<id>.access, HOT,
//   CACHEDIR.TAG
//
// <seq> is decimal, <id> 16 hex digits. <name> is the project's, percent-encoded: letters, digits,
// `_`, `-` and inner dots stand for themselves, capitals are encoded too (file systems that fold
// case); over 200 bytes it becomes %h and the XXH3-128 of the name, which then stands in MANIFEST.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "model/numbers.hpp"

namespace shale::catalog {

std::string encode_project_name(std::string_view name);
// Nothing for %h names (MANIFEST has the name) and for what is no project folder.
std::optional<std::string> decode_project_name(std::string_view folder);

struct ProjectPaths {
  std::filesystem::path folder;
  std::filesystem::path manifest() const { return folder / "MANIFEST"; }
  std::filesystem::path lock() const { return folder / "LOCK"; }
  std::filesystem::path log_folder() const { return folder / "log"; }
  std::filesystem::path shard_folder() const { return folder / "shards"; }
  std::filesystem::path changes_folder() const { return folder / "changes"; }
  std::filesystem::path volatile_folder() const { return folder / "volatile"; }
  std::filesystem::path control() const { return folder / "volatile" / "CONTROL"; }
  std::filesystem::path stats() const { return folder / "volatile" / "STATS"; }
  std::filesystem::path hot_set() const { return folder / "volatile" / "HOT"; }
  std::filesystem::path log(FileId id) const;
  std::filesystem::path index(FileId id) const;
  std::filesystem::path shard(FileId id) const;
  std::filesystem::path dead(FileId id, u64 number) const;
  std::filesystem::path patch(FileId id, u64 number) const;
  std::filesystem::path changes(FileId id) const;
  std::filesystem::path access(FileId shard) const;
  std::filesystem::path log_access(FileId log) const;
};

std::string file_id_text(FileId id);  // "<seq>-<id>"
std::optional<FileId> parse_file_id(std::string_view text);

}  // namespace shale::catalog

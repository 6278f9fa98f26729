// What is noted of a mirrored folder on this machine: where it lies, and which of its files were
// read and not taken (binaries), so that they are not read again while they are the same.
//
// A hint beside the project's other volatile files: text, `root <path>`, then a line `bytes
// mtime_ns inode path` each, the last one the XXH3-64 of all before it. Notes that are missing,
// damaged or not the newest cost a reading, and nobody can tell whether hits are still as the
// folder has them (freshness). Paths that hold a newline are not kept. Used by mirror and
// freshness.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/folder.hpp"

namespace shale::sync {

class MirrorNotes {
 public:
  // Empty where there are none, or they cannot be read.
  static MirrorNotes load(const std::filesystem::path& path);

  const std::string& root() const { return root_; }  // absolute; empty where it is not known
  void set_root(std::string root) { root_ = std::move(root); }
  bool skips(const std::string& path, const FileStamp& stamp) const;
  void skip(std::string path, const FileStamp& stamp);
  // Writes them, unless what is there is the same.
  void save(const std::filesystem::path& path) const;
  bool operator==(const MirrorNotes&) const = default;

 private:
  std::string format() const;
  bool parse(std::string_view text);

  std::string root_;
  std::map<std::string, FileStamp, std::less<>> skipped_;
};

// Files of a prefix among the volatile ones of its project.
std::filesystem::path notes_path(const std::filesystem::path& folder, std::string_view prefix);
std::filesystem::path lock_path(const std::filesystem::path& folder, std::string_view prefix);

}  // namespace shale::sync

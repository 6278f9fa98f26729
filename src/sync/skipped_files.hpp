// Files of a mirrored folder that were read and not taken (binaries): their stamps, so that they
// are not read again while they are the same.
//
// A hint beside the project's other volatile files: text, `bytes mtime_ns inode path` a line, the
// last one the XXH3-64 of all before it. One that is missing, damaged or not the newest costs a
// reading, no more. Paths that hold a newline are not kept. Used by mirror.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/folder.hpp"

namespace shale::sync {

class SkippedFiles {
 public:
  // Empty where there are none, or they cannot be read.
  static SkippedFiles load(const std::filesystem::path& path);

  bool contains(const std::string& path, const FileStamp& stamp) const;
  void add(std::string path, const FileStamp& stamp);
  // Writes them, unless what is there is the same.
  void save(const std::filesystem::path& path) const;
  bool operator==(const SkippedFiles&) const = default;

 private:
  std::string format() const;
  bool parse(std::string_view text);

  std::map<std::string, FileStamp, std::less<>> files_;
};

}  // namespace shale::sync

// What lies in a folder, with the stamp of each file: what a walk over a tree of folders reads.
//
// A stamp is what the file system says of a file without its bytes being read; equal stamps mean
// equal bytes but where a file was written twice within one tick of the clock that stamps it, or
// its time was set back by hand. Reads no files and follows no rules (sync/folder_walk does).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

class File;

struct FileStamp {
  u64 bytes = 0;
  i64 modified_ns = 0;  // since 1970 UTC
  u64 inode = 0;
  bool operator==(const FileStamp&) const = default;
};

enum class EntryKind : u8 { file, folder, link, other };

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::other;
  FileStamp stamp = {};  // of a file
};

// In any order. `follow_links`: a link to a file is that file; one to a folder, or to nothing,
// stays a link. What goes away while it is looked at is left out.
Result<std::vector<FolderEntry>> read_folder(const std::filesystem::path& folder,
                                             bool follow_links = false);

Result<FileStamp> stamp_of(const File& file);
// Of the file at a path, which is not opened; nothing where no file is there.
Result<std::optional<FileStamp>> stamp_at(const std::filesystem::path& path);

}  // namespace shale

// Files and folders through system calls that report and retry as they must: the only place that
// writes to disk, through the seam of file_system.hpp. Nothing here maps memory (mapped_file.hpp
// does).
//
// All paths are absolute or relative to the working directory; all files are opened O_CLOEXEC.
// File is move-only and safe to use from many threads (pread and pwrite carry their own offset).
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace shale {

// What identifies a file while it exists, whatever its name.
struct FileIdentity {
  u64 device = 0;
  u64 inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

class File {
 public:
  enum class Mode : u8 {
    read,        // O_RDONLY
    read_write,  // O_RDWR, must exist
    create_new,  // O_RDWR | O_CREAT | O_EXCL, 0600
    create,      // O_RDWR | O_CREAT, 0600
  };
  static Result<File> open(std::filesystem::path path, Mode mode);
  // A file without a name in `folder` (O_TMPFILE, or created and unlinked): a spool.
  static Result<File> make_unnamed(const std::filesystem::path& folder);
  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  // Reads up to out.size() bytes; fewer only at the end of the file. Returns the count.
  Result<usize> read_at(u64 offset, MutableBytes out) const;
  // Reads exactly out.size() bytes; a shorter file is ErrorCode::corrupt.
  Result<void> read_exactly(u64 offset, MutableBytes out) const;
  Result<void> write_at(u64 offset, Bytes bytes);
  // All pieces one behind the other, from `offset`.
  Result<void> write_pieces(u64 offset, std::span<const Bytes> pieces);
  // From now on the disk takes what is written in sequence in steps of a few megabytes, each waited
  // for before the one after the next begins. A long file that meets the disk all at once, when it
  // is synced, makes every log's sync wait for it. Promises nothing of its own: sync_data() does.
  void pace_writes() { is_paced_ = true; }
  Result<void> sync_data();  // fdatasync
  // Asks the disk to take what was written so far, and waits for nothing. A promise of nothing.
  void start_writing();
  Result<void> allocate(u64 offset, u64 bytes);  // real blocks: a full disk is an error here
  Result<u64> size() const;
  Result<FileIdentity> identity() const;
  Result<void> drop_cached() const;    // POSIX_FADV_DONTNEED on all of it (after a sync)
  Result<void> advise_random() const;  // POSIX_FADV_RANDOM
  // POSIX_FADV_WILLNEED: advice only, and what becomes of it changes no answer.
  void will_need(u64 offset, u64 bytes) const;
  // Appends bytes [0, size) of this file to `to` at `offset` (copy_file_range, or by hand).
  Result<void> copy_all_to(File& to, u64 offset) const;

  // Ends the use of the file; what is called afterwards fails. Allowed in a child of fork.
  void close() noexcept;

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  File(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  struct Stretch {
    u64 offset = 0;
    u64 bytes = 0;
  };
  Result<void> keep_pace(u64 written_end);
  Result<void> write_back(Stretch stretch, unsigned flags);

  int descriptor_ = -1;
  std::filesystem::path path_;
  bool is_paced_ = false;
  Stretch under_way_;  // what the disk was told to take last; all before it is there
};

Result<Buffer> read_file(const std::filesystem::path& path, u64 bytes_max);
// Writes `name`.tmp beside `path`, syncs it, renames it over `path`, syncs the folder: after a
// crash the path holds the old bytes or the new ones, whole.
Result<void> replace_file(const std::filesystem::path& path, Bytes bytes);
Result<void> sync_folder(const std::filesystem::path& folder);
Result<void> rename_path(const std::filesystem::path& from, const std::filesystem::path& to);
Result<void> make_folder(const std::filesystem::path& folder);  // 0700; one that exists is fine
// The same with the folders above it that are missing, each synced into the folder that holds it.
Result<void> make_folders(const std::filesystem::path& folder);
// Removes a file; one that is gone already is fine.
Result<void> remove_file(const std::filesystem::path& path);
// Removes a folder and all in it; links are removed, not followed.
Result<void> remove_tree(const std::filesystem::path& folder);
Result<std::vector<std::string>> list_folder(const std::filesystem::path& folder);  // names, sorted
// Whether the path is there and is a folder, or a link to one where links are followed.
bool leads_to_folder(const std::filesystem::path& path, bool follow_links = true);
Result<bool> path_exists(const std::filesystem::path& path);
// What the path names now, or nothing where it names nothing.
struct PathStanding {
  FileIdentity identity;
  u64 bytes = 0;
};
Result<std::optional<PathStanding>> path_standing(const std::filesystem::path& path);
// Its device and inode alone.
Result<std::optional<FileIdentity>> path_identity(const std::filesystem::path& path);

}  // namespace shale

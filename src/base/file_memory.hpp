// Files that live in this process's memory alone, under paths that no disk can have:
//
//   /proc/shale-memory/<volume>/<path>     volume: a number, given out once in a process
//
// A volume is a tree of folders, kept in a table of this process, over files of memfd_create(2).
// What takes a path (open, rename, link, list ...) is answered from the table: FileSystem and
// base/file ask is_memory_path() first. What takes a descriptor is the kernel's as ever: such a
// file is read, written, mapped, locked and copied as one on a tmpfs. Each open() is an open file
// of its own, through /proc/self/fd, so that locks (base/lock) part two openings as they do on a
// disk.
//
// Why the prefix cannot be met by accident: it is absolute, so no relative path leads there; nobody
// makes entries in procfs, not even root; and without procfs there are no volumes (make() fails).
// Whoever writes it out on purpose reaches volumes of his own process and nothing else.
//
// A volume goes with its last handle, a killed process's with the process. A child of fork has none
// of its parent's: the descriptors that keep them are closed before fork returns there, and the
// paths lead nowhere (what it inherited open or mapped it keeps until it ends or execs, as of all
// its parent's memory). Each file takes one descriptor as long as it has a name (RLIMIT_NOFILE),
// for the kernel knows no other way to keep it; a project has 10 to 40. The memory is shared
// memory: it counts as RssShmem where it is mapped, against a container's limit in any case, and
// may be swapped out.
//
// Any thread: one mutex over the table, held for some microseconds. Of one core: to open and close
// takes 4 us (on ext4 2), a look at a path 0.4 (0.9), a sync 0.13 (5), replace_file 17 (300).
// Not for folders of users: no links, times or rights. Used by store.cpp, which holds the volume.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

// Keeps a volume, from make() to the last handle.
class MemoryVolume : public std::enable_shared_from_this<MemoryVolume> {
 public:
  // Empty. io where the kernel has no memfd, or where /proc is not mounted.
  static Result<std::shared_ptr<MemoryVolume>> make();
  // Of a path in a volume of this process; null for all others.
  static std::shared_ptr<MemoryVolume> of(const std::filesystem::path& path);
  ~MemoryVolume();
  MemoryVolume(const MemoryVolume&) = delete;
  MemoryVolume& operator=(const MemoryVolume&) = delete;
  const std::filesystem::path& root() const { return root_; }

 private:
  explicit MemoryVolume(u64 number);
  u64 number_;
  std::filesystem::path root_;
};

// Whether this module answers for the path, be there a volume or not.
bool is_memory_path(const char* path) noexcept;

// What the system calls of these names do, for such paths: -1 and errno where they fail.
namespace memory_files {
// An opened folder, and a file without a name (O_TMPFILE), is an empty file of memory.
int open(const char* path, int flags);
int make_folder(const char* path);
int rename(const char* from, const char* to);
int link(const char* from, const char* to);
int remove(const char* path);
int remove_folder(const char* path);
int look(const char* path, struct stat& out);                 // stat
int list(const char* path, std::vector<std::string>& names);  // in byte order
}  // namespace memory_files

}  // namespace shale

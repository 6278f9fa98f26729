// The seam between base/file and the kernel: every call that changes a disk, opens, reads or maps a
// file, as one object that can be exchanged for the whole process.
//
// Exchanged by tests alone: to record what is written and in which order, to fail a call, to end
// the process in the middle of one (tests/crash). Each member does what the system call it names
// does, and tells of a failure the same way: a negative answer and errno. Retries, error values and
// durability are base/file's affair; locks, stat and advice do not come by here, for they change
// nothing that a power cut could lose. Paths of files in memory are file_memory.hpp's to answer,
// here and where base/file looks at a path or lists a folder.
//
// Thread-safe as the calls are. A virtual call costs 2 ns beside the 300 of the cheapest of these.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "base/integers.hpp"

namespace shale {

class FileSystem {
 public:
  FileSystem() = default;
  virtual ~FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  virtual int open(const char* path, int flags, mode_t rights);
  virtual ssize_t read(int descriptor, void* out, usize bytes, off_t offset);           // pread
  virtual ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset);  // pwritev
  virtual ssize_t copy_range(int source, off_t* from, int target, off_t* to, usize bytes);
  virtual int allocate(int descriptor, off_t offset, off_t bytes);  // fallocate, mode 0
  virtual int sync_data(int descriptor);                            // fdatasync
  // sync_file_range
  virtual int write_back(int descriptor, off_t offset, off_t bytes, unsigned flags);
  virtual int sync_folder(int descriptor);                   // fsync of an opened folder
  virtual int make_folder(const char* path, mode_t rights);  // mkdir
  virtual int rename(const char* from, const char* to);
  virtual int link(const char* from, const char* to);
  virtual int remove(const char* path);         // unlink
  virtual int remove_folder(const char* path);  // rmdir
  // Asked before a file is mapped: 0, or -1 where the map is to fail with errno.
  virtual int allow_map(int descriptor);

  // The one in use: the kernel's, where nobody exchanged it.
  static FileSystem& current();
  // Not while another thread is inside a call. Null: the kernel's again. The caller keeps it alive.
  static void use(FileSystem* other) noexcept;
};

}  // namespace shale

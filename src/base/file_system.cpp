#include "base/file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "base/file_memory.hpp"

namespace shale {

namespace {

// Acquire and release: who loads the pointer sees the object it points to whole.
std::atomic<FileSystem*> exchanged = nullptr;

}  // namespace

FileSystem& FileSystem::current() {
  FileSystem* const other = exchanged.load(std::memory_order_acquire);
  if (other != nullptr) [[unlikely]]
    return *other;
  static FileSystem* const kernel = new FileSystem;  // outlives every static that owns a file
  return *kernel;
}

void FileSystem::use(FileSystem* other) noexcept {
  exchanged.store(other, std::memory_order_release);
}

int FileSystem::open(const char* path, int flags, mode_t rights) {
  return is_memory_path(path) ? memory_files::open(path, flags) : ::open(path, flags, rights);
}
ssize_t FileSystem::read(int descriptor, void* out, usize bytes, off_t offset) {
  return ::pread(descriptor, out, bytes, offset);
}
ssize_t FileSystem::write(int descriptor, const iovec* pieces, int count, off_t offset) {
  return ::pwritev(descriptor, pieces, count, offset);
}
ssize_t FileSystem::copy_range(int source, off_t* from, int target, off_t* to, usize bytes) {
  return ::copy_file_range(source, from, target, to, bytes, 0);
}
int FileSystem::allocate(int descriptor, off_t offset, off_t bytes) {
  return ::fallocate(descriptor, 0, offset, bytes);
}
int FileSystem::sync_data(int descriptor) { return ::fdatasync(descriptor); }
int FileSystem::write_back(int descriptor, off_t offset, off_t bytes, unsigned flags) {
  return ::sync_file_range(descriptor, offset, bytes, flags);
}
int FileSystem::sync_folder(int descriptor) { return ::fsync(descriptor); }
int FileSystem::make_folder(const char* path, mode_t rights) {
  return is_memory_path(path) ? memory_files::make_folder(path) : ::mkdir(path, rights);
}
int FileSystem::rename(const char* from, const char* to) {
  const bool is_in_memory = is_memory_path(from) || is_memory_path(to);
  return is_in_memory ? memory_files::rename(from, to) : ::rename(from, to);
}
int FileSystem::link(const char* from, const char* to) {
  const bool is_in_memory = is_memory_path(from) || is_memory_path(to);
  return is_in_memory ? memory_files::link(from, to) : ::link(from, to);
}
int FileSystem::remove(const char* path) {
  return is_memory_path(path) ? memory_files::remove(path) : ::unlink(path);
}
int FileSystem::remove_folder(const char* path) {
  return is_memory_path(path) ? memory_files::remove_folder(path) : ::rmdir(path);
}
int FileSystem::allow_map(int) { return 0; }

}  // namespace shale

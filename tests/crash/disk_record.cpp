#include "tests/crash/disk_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace shale::testing {

namespace {

using std::filesystem::path;

std::string bytes_of_file(const path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(bytes).str();
}

std::string without_zeros_behind(std::string bytes) {
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  return bytes;
}

NodeNo read_node(const path& at, std::map<NodeNo, Node>& nodes, NodeNo& next) {
  const NodeNo number = next++;
  Node node;
  node.is_folder = std::filesystem::is_directory(at);
  if (!node.is_folder) {
    node.content.size = std::filesystem::file_size(at);
    if (!is_volatile(at)) node.content.bytes = without_zeros_behind(bytes_of_file(at));
  } else {
    std::vector<path> entries;
    for (const auto& entry : std::filesystem::directory_iterator(at)) entries.push_back(entry);
    std::sort(entries.begin(), entries.end());
    for (const path& entry : entries) {
      node.entries[entry.filename().string()] = read_node(entry, nodes, next);
    }
  }
  nodes[number] = std::move(node);
  return number;
}

std::string joined(const iovec* pieces, ssize_t bytes) {
  std::string all;
  for (ssize_t left = bytes; left > 0; ++pieces) {
    const auto part = std::min<ssize_t>(left, ssize_t(pieces->iov_len));
    all.append(static_cast<const char*>(pieces->iov_base), usize(part));
    left -= part;
  }
  return all;
}

}  // namespace

bool is_volatile(const path& file) { return file.parent_path().filename() == "volatile"; }

void FileBytes::write(u64 offset, std::string_view piece) {
  size = std::max<u64>(size, offset + piece.size());
  const bool all_zeros =
      piece.empty() ||
      (piece[0] == '\0' && std::memcmp(piece.data(), piece.data() + 1, piece.size() - 1) == 0);
  if (all_zeros && offset >= bytes.size()) return;
  if (bytes.size() < offset + piece.size()) bytes.resize(offset + piece.size());
  bytes.replace(offset, piece.size(), piece);
}

std::map<NodeNo, Node> read_nodes(const path& root) {
  std::map<NodeNo, Node> nodes;
  NodeNo next = 0;
  read_node(root, nodes, next);
  return nodes;
}

RestartedFileSystem::RestartedFileSystem(const path& root, const std::string& boot)
    : boot_file_(root.string() + ".boot-id") {
  std::ofstream(boot_file_) << boot;
}

RestartedFileSystem::~RestartedFileSystem() { ::unlink(boot_file_.c_str()); }

int RestartedFileSystem::open(const char* at, int flags, mode_t rights) {
  const bool is_boot = std::strcmp(at, "/proc/sys/kernel/random/boot_id") == 0;
  return FileSystem::open(is_boot ? boot_file_.c_str() : at, flags, rights);
}

RecordingFileSystem::RecordingFileSystem(path root, const std::string& boot)
    : RestartedFileSystem(root, boot), root_(std::move(root)) {
  record_.base = read_nodes(root_);
  next_ = NodeNo(record_.base.size());
  // The numbers of read_nodes, found again by identity.
  const auto visit = [&](const auto& self, const path& at, NodeNo number) -> void {
    struct stat status = {};
    if (::stat(at.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + at.string());
    known_[{status.st_dev, status.st_ino}] = number;
    sizes_[number] = record_.base[number].content.size;
    for (const auto& [name, child] : record_.base[number].entries) self(self, at / name, child);
  };
  visit(visit, root_, 0);
  copy_volatile_files();
}

void RecordingFileSystem::mark(u64 acknowledged, u64 begun) {
  Operation operation;
  operation.count = acknowledged;
  operation.offset = begun;
  add(std::move(operation));
  copy_volatile_files();
}

void RecordingFileSystem::copy_volatile_files() {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
    if (!entry.is_regular_file() || !is_volatile(entry.path())) continue;
    files[std::filesystem::relative(entry.path(), root_).string()] =
        without_zeros_behind(bytes_of_file(entry.path()));
  }
  record_.volatile_files.emplace_back(record_.operations.size(), std::move(files));
}

void RecordingFileSystem::add(Operation operation) {
  record_.operations.push_back(std::move(operation));
}

bool RecordingFileSystem::place_of(const char* at, Place& place) const {
  const path whole(at);
  struct stat status = {};
  const path parent = whole.parent_path();
  if (::stat(parent.empty() ? "." : parent.c_str(), &status) != 0) return false;
  const auto found = known_.find({status.st_dev, status.st_ino});
  if (found == known_.end()) return false;
  place = {found->second, whole.filename().string()};
  return true;
}

bool RecordingFileSystem::node_of(int descriptor, NodeNo& node) const {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) return false;
  const auto found = known_.find({status.st_dev, status.st_ino});
  if (found == known_.end()) return false;
  node = found->second;
  return true;
}

void RecordingFileSystem::add_create(const char* at, bool is_folder) {
  Place place;
  if (!place_of(at, place)) return;
  struct stat status = {};
  if (::lstat(at, &status) != 0) return;
  Operation operation;
  operation.kind = Operation::Kind::create;
  operation.node = next_++;
  operation.folder = place.folder;
  operation.name = place.name;
  operation.is_folder = is_folder;
  known_[{status.st_dev, status.st_ino}] = operation.node;
  sizes_[operation.node] = 0;
  add(std::move(operation));
}

int RecordingFileSystem::open(const char* at, int flags, mode_t rights) {
  struct stat before = {};
  const bool was_there = ::lstat(at, &before) == 0;
  const int descriptor = RestartedFileSystem::open(at, flags, rights);
  if (descriptor < 0) return descriptor;
  const int problem = errno;
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    // A file without a name; its inode may be one that a removed file had.
    struct stat status = {};
    if (::fstat(descriptor, &status) == 0) known_.erase({status.st_dev, status.st_ino});
  } else if ((flags & O_CREAT) != 0 && !was_there) {
    add_create(at, false);
  }
  errno = problem;
  return descriptor;
}

ssize_t RecordingFileSystem::write(int descriptor, const iovec* pieces, int count, off_t offset) {
  const ssize_t written = FileSystem::write(descriptor, pieces, count, offset);
  Operation operation;
  if (written <= 0 || !node_of(descriptor, operation.node)) return written;
  operation.kind = Operation::Kind::write;
  operation.offset = u64(offset);
  operation.bytes = joined(pieces, written);
  u64& size = sizes_[operation.node];
  operation.grows = u64(offset) + u64(written) > size;
  size = std::max(size, u64(offset) + u64(written));
  add(std::move(operation));
  return written;
}

ssize_t RecordingFileSystem::copy_range(int source, off_t* from, int target, off_t* to,
                                        usize bytes) {
  // As a write of what is copied: one way of recording bytes is enough.
  std::string copied(std::min<usize>(bytes, usize(1) << 20), '\0');
  const ssize_t got = FileSystem::read(source, copied.data(), copied.size(), *from);
  if (got <= 0) return got;
  const iovec piece = {copied.data(), usize(got)};
  const ssize_t written = write(target, &piece, 1, *to);
  if (written <= 0) return written;
  *from += written;
  *to += written;
  return written;
}

int RecordingFileSystem::allocate(int descriptor, off_t offset, off_t bytes) {
  const int answer = FileSystem::allocate(descriptor, offset, bytes);
  Operation operation;
  if (answer != 0 || !node_of(descriptor, operation.node)) return answer;
  operation.kind = Operation::Kind::extend;
  operation.offset = u64(offset);
  operation.count = u64(bytes);
  u64& size = sizes_[operation.node];
  operation.grows = u64(offset) + u64(bytes) > size;
  size = std::max(size, u64(offset) + u64(bytes));
  add(std::move(operation));
  return answer;
}

int RecordingFileSystem::sync_data(int descriptor) {
  Operation operation;
  operation.kind = Operation::Kind::sync_data;
  if (node_of(descriptor, operation.node)) add(std::move(operation));
  return 0;
}

int RecordingFileSystem::sync_folder(int descriptor) {
  Operation operation;
  operation.kind = Operation::Kind::sync_folder;
  if (node_of(descriptor, operation.node)) add(std::move(operation));
  return 0;
}

int RecordingFileSystem::make_folder(const char* at, mode_t rights) {
  const int answer = FileSystem::make_folder(at, rights);
  const int problem = errno;
  if (answer == 0) add_create(at, true);
  errno = problem;
  return answer;
}

int RecordingFileSystem::rename(const char* from, const char* to) {
  Place source;
  Place target;
  const bool both = place_of(from, source) && place_of(to, target);
  const int answer = FileSystem::rename(from, to);
  if (answer != 0 || !both) return answer;
  struct stat status = {};
  Operation operation;
  if (::lstat(to, &status) != 0) throw std::runtime_error("a renamed file is gone");
  operation.node = known_.at({status.st_dev, status.st_ino});
  operation.kind = Operation::Kind::rename;
  operation.folder = source.folder;
  operation.name = source.name;
  operation.to_folder = target.folder;
  operation.to_name = target.name;
  add(std::move(operation));
  return 0;
}

int RecordingFileSystem::link(const char* from, const char* to) {
  const int answer = FileSystem::link(from, to);
  Place target;
  struct stat status = {};
  if (answer != 0 || !place_of(to, target) || ::lstat(to, &status) != 0) return answer;
  Operation operation;
  operation.kind = Operation::Kind::link;
  operation.node = known_.at({status.st_dev, status.st_ino});
  operation.folder = target.folder;
  operation.name = target.name;
  add(std::move(operation));
  return 0;
}

int RecordingFileSystem::remove(const char* at) { return removed(at, FileSystem::remove(at)); }

int RecordingFileSystem::remove_folder(const char* at) {
  return removed(at, FileSystem::remove_folder(at));
}

int RecordingFileSystem::removed(const char* at, int answer) {
  const int problem = errno;
  Operation operation;
  Place place;
  if (answer == 0 && place_of(at, place)) {
    operation.kind = Operation::Kind::remove;
    operation.folder = place.folder;
    operation.name = place.name;
    add(std::move(operation));
  }
  errno = problem;
  return answer;
}

void RecordingFileSystem::lose_unsynced(int descriptor) {
  NodeNo node = 0;
  if (!node_of(descriptor, node)) return;
  for (usize at = record_.operations.size(); at-- > 0;) {
    Operation& operation = record_.operations[at];
    if (operation.node != node) continue;
    if (operation.kind == Operation::Kind::sync_data) return;
    if (operation.is_data()) operation.is_lost = true;
  }
}

}  // namespace shale::testing

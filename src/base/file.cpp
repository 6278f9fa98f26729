#include "base/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/file_memory.hpp"
#include "base/file_system.hpp"

namespace shale {

namespace {

constexpr mode_t file_rights = 0600;
constexpr mode_t folder_rights = 0700;
constexpr usize copy_bytes = usize(1) << 20;
constexpr usize pieces_max = 1024;  // IOV_MAX of Linux

// Repeats a system call while a signal interrupts it.
template <class Call>
auto retry(Call call) {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

Unexpected fail_now(const char* what, const std::filesystem::path& path) {
  return fail_errno(what, path.string(), errno);
}

int flags_of(File::Mode mode) {
  switch (mode) {
    case File::Mode::read:
      return O_RDONLY;
    case File::Mode::read_write:
      return O_RDWR;
    case File::Mode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
    case File::Mode::create:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

FileSystem& disk() { return FileSystem::current(); }

int open_descriptor(const std::filesystem::path& path, int flags) {
  return retry([&] { return disk().open(path.c_str(), flags | O_CLOEXEC, file_rights); });
}

// Drops what `count` written bytes cover from the front of `pieces`.
void drop_front(std::vector<iovec>& pieces, usize& first, usize count) {
  while (first < pieces.size() && count >= pieces[first].iov_len) {
    count -= pieces[first].iov_len;
    ++first;
  }
  if (first == pieces.size()) return;
  pieces[first].iov_base = static_cast<std::byte*>(pieces[first].iov_base) + count;
  pieces[first].iov_len -= count;
}

// stat, or lstat, wherever the path leads.
int look_at(const std::filesystem::path& path, struct stat& status, bool follow_links) {
  if (is_memory_path(path.c_str())) return memory_files::look(path.c_str(), status);
  return follow_links ? ::stat(path.c_str(), &status) : ::lstat(path.c_str(), &status);
}

FileIdentity identity_of(const struct stat& status) {
  return {.device = u64(status.st_dev), .inode = u64(status.st_ino)};
}

// Errors of copy_file_range that only mean "not between these two".
bool cannot_copy_range(int problem) {
  return problem == EXDEV || problem == EINVAL || problem == ENOSYS || problem == EOPNOTSUPP ||
         problem == EPERM || problem == ETXTBSY;
}

}  // namespace

Result<File> File::open(std::filesystem::path path, Mode mode) {
  const int descriptor = open_descriptor(path, flags_of(mode));
  if (descriptor < 0) return fail_now("cannot open the file", path);
  return File(descriptor, std::move(path));
}

Result<File> File::make_unnamed(const std::filesystem::path& folder) {
  const int descriptor = open_descriptor(folder, O_TMPFILE | O_RDWR);
  if (descriptor >= 0) return File(descriptor, folder);
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
    return fail_now("cannot make a spool file", folder);
  }
  std::string pattern = (folder / ".spool-XXXXXX").string();
  const int named = retry([&] { return ::mkostemp(pattern.data(), O_CLOEXEC); });
  if (named < 0) return fail_now("cannot make a spool file", folder);
  File file(named, folder);
  if (::unlink(pattern.c_str()) != 0) return fail_now("cannot unlink the spool file", pattern);
  return file;
}

File::~File() {
  // Linux frees the descriptor even when close() is interrupted: never repeated.
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::close() noexcept { const File ended(std::exchange(descriptor_, -1), {}); }

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      is_paced_(other.is_paced_),
      under_way_(other.under_way_) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(is_paced_, other.is_paced_);
  std::swap(under_way_, other.under_way_);
  return *this;
}

Result<usize> File::read_at(u64 offset, MutableBytes out) const {
  usize done = 0;
  while (done < out.size()) {
    const ssize_t got = retry([&] {
      return disk().read(descriptor_, out.data() + done, out.size() - done, off_t(offset + done));
    });
    if (got < 0) return fail_now("cannot read the file", path_);
    if (got == 0) break;
    done += usize(got);
  }
  return done;
}

Result<void> File::read_exactly(u64 offset, MutableBytes out) const {
  const usize got = TRY(read_at(offset, out));
  if (got == out.size()) return {};
  return fail_at(
      ErrorCode::corrupt,
      "the file ends after " + std::to_string(got) + " of " + std::to_string(out.size()) + " bytes",
      path_.string(), offset);
}

Result<void> File::write_at(u64 offset, Bytes bytes) {
  return write_pieces(offset, std::span(&bytes, 1));
}

Result<void> File::write_pieces(u64 offset, std::span<const Bytes> pieces) {
  std::vector<iovec> vectors;
  vectors.reserve(pieces.size());
  for (const Bytes piece : pieces) {
    // iovec serves reading too and so wants a pointer to mutable bytes; pwritev only reads them.
    if (!piece.empty()) vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  }
  for (usize first = 0; first < vectors.size();) {
    const usize count = std::min(vectors.size() - first, pieces_max);
    const ssize_t written = retry(
        [&] { return disk().write(descriptor_, &vectors[first], int(count), off_t(offset)); });
    if (written < 0) return fail_now("cannot write the file", path_);
    if (written == 0) return fail_errno("cannot write the file", path_.string(), EIO);
    offset += u64(written);
    drop_front(vectors, first, usize(written));
  }
  return is_paced_ ? keep_pace(offset) : Result<void>();
}

// Measured with 128 MB written beside a log that is synced every ms: the log's worst sync took 81
// to 93 ms without steps, 27 to 33 in steps of 2 MiB, 33 to 40 of 8 MiB; p99 24, 5 and 9. The long
// file itself was done in three quarters of the time.
constexpr u64 pace_bytes = u64(2) << 20;

Result<void> File::keep_pace(u64 written_end) {
  const u64 begun = under_way_.offset + under_way_.bytes;
  if (written_end < begun + pace_bytes) return {};
  TRY(write_back(under_way_, SYNC_FILE_RANGE_WAIT_BEFORE));
  under_way_ = {begun, written_end - begun};
  return write_back(under_way_, SYNC_FILE_RANGE_WRITE);
}

// An error must not pass by: the kernel tells it once, and sync_data() would not hear of it again.
Result<void> File::write_back(Stretch stretch, unsigned flags) {
  if (stretch.bytes == 0) return {};  // to the kernel that means all of the file
  const auto call = [&] {
    return disk().write_back(descriptor_, off_t(stretch.offset), off_t(stretch.bytes), flags);
  };
  if (retry(call) == 0) return {};
  if (errno != ENOSYS && errno != EINVAL) return fail_now("cannot write the file", path_);
  is_paced_ = false;  // not on this file system
  return {};
}

Result<void> File::sync_data() {
  // Never repeated after an error: the kernel reports a failed write-back once and then forgets
  // it. EINTR alone is safe.
  if (retry([&] { return disk().sync_data(descriptor_); }) == 0) return {};
  return fail_now("cannot sync the file", path_);
}

void File::start_writing() {
  static_cast<void>(disk().write_back(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE));
}

Result<void> File::allocate(u64 offset, u64 bytes) {
  if (bytes == 0) return {};
  if (retry([&] { return disk().allocate(descriptor_, off_t(offset), off_t(bytes)); }) == 0) {
    return {};
  }
  if (errno != EOPNOTSUPP) return fail_now("cannot allocate space for the file", path_);
  // A file system without fallocate: zeros behind the end. Bytes before the end are left alone,
  // for somebody may have them mapped (glibc's posix_fallocate rewrites them).
  const u64 end = TRY(size());
  const std::vector<std::byte> zeros(usize(std::min<u64>(bytes, copy_bytes)));
  for (u64 at = std::max(offset, end); at < offset + bytes;) {
    const u64 count = std::min<u64>(zeros.size(), offset + bytes - at);
    TRY(write_at(at, Bytes(zeros).first(usize(count))));
    at += count;
  }
  return {};
}

Result<u64> File::size() const {
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0) return fail_now("cannot measure the file", path_);
  return u64(status.st_size);
}

Result<FileIdentity> File::identity() const {
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0) return fail_now("cannot identify the file", path_);
  return identity_of(status);
}

Result<void> File::drop_cached() const {
  const int problem = ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
  if (problem == 0) return {};
  return fail_errno("cannot drop the file from the cache", path_.string(), problem);
}

Result<void> File::advise_random() const {
  const int problem = ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_RANDOM);
  if (problem == 0) return {};
  return fail_errno("cannot advise on the file", path_.string(), problem);
}

void File::will_need(u64 offset, u64 bytes) const {
  static_cast<void>(::posix_fadvise(descriptor_, off_t(offset), off_t(bytes), POSIX_FADV_WILLNEED));
}

namespace {

// [from, end) of `source` by read and write.
Result<void> copy_by_hand(const File& source, File& to, u64 from, u64 end, u64 offset) {
  Buffer room(usize(std::min<u64>(copy_bytes, end - from)));
  for (u64 at = from; at < end;) {
    const MutableBytes part = MutableBytes(room).first(usize(std::min<u64>(room.size(), end - at)));
    TRY(source.read_exactly(at, part));
    TRY(to.write_at(offset + at, part));
    at += part.size();
  }
  return {};
}

}  // namespace

Result<void> File::copy_all_to(File& to, u64 offset) const {
  const u64 end = TRY(size());
  u64 done = 0;
  while (done < end) {
    off_t in = off_t(done);
    off_t out = off_t(offset + done);
    const ssize_t copied = retry([&] {
      return disk().copy_range(descriptor_, &in, to.descriptor_, &out, usize(end - done));
    });
    if (copied < 0 && !cannot_copy_range(errno)) return fail_now("cannot copy the file", path_);
    // Some file systems answer 0 where they cannot.
    if (copied <= 0) return copy_by_hand(*this, to, done, end, offset);
    done += u64(copied);
  }
  return {};
}

Result<Buffer> read_file(const std::filesystem::path& path, u64 bytes_max) {
  const File file = TRY(File::open(path, File::Mode::read));
  const u64 size = TRY(file.size());
  if (size > bytes_max) {
    return fail_at(ErrorCode::corrupt,
                   "the file has " + std::to_string(size) + " bytes, at most " +
                       std::to_string(bytes_max) + " were expected",
                   path.string());
  }
  Buffer bytes(static_cast<usize>(size));
  bytes.resize(TRY(file.read_at(0, bytes)));
  return bytes;
}

namespace {

Result<void> write_whole(const std::filesystem::path& path, Bytes bytes) {
  File file = TRY(File::open(path, File::Mode::create_new));
  TRY(file.write_at(0, bytes));
  return file.sync_data();
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& path, Bytes bytes) {
  std::filesystem::path draft = path;
  draft += ".tmp";
  TRY(remove_file(draft));  // of a writer that was killed here
  Result<void> result = write_whole(draft, bytes);
  if (result) result = rename_path(draft, path);
  if (!result) {
    static_cast<void>(remove_file(draft));
    return result;
  }
  const std::filesystem::path folder = path.parent_path();
  return sync_folder(folder.empty() ? "." : folder);
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int descriptor = open_descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return fail_now("cannot open the folder", folder);
  const int answer = retry([&] { return disk().sync_folder(descriptor); });
  const int problem = errno;
  ::close(descriptor);
  // EINVAL: a file system that keeps no folders to sync (some network and FUSE mounts).
  if (answer == 0 || problem == EINVAL) return {};
  return fail_errno("cannot sync the folder", folder.string(), problem);
}

Result<void> rename_path(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (disk().rename(from.c_str(), to.c_str()) == 0) return {};
  return fail_now("cannot rename the file", from);
}

Result<void> make_folder(const std::filesystem::path& folder) {
  if (disk().make_folder(folder.c_str(), folder_rights) == 0) return {};
  const int problem = errno;
  if (problem == EEXIST && leads_to_folder(folder)) return {};
  return fail_errno("cannot make the folder", folder.string(), problem);
}

Result<void> make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || leads_to_folder(folder)) return {};
  const std::filesystem::path parent = folder.parent_path();
  if (parent != folder) TRY(make_folders(parent));
  TRY(make_folder(folder));
  return sync_folder(parent.empty() ? "." : parent);
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (disk().remove(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail_now("cannot remove the file", path);
}

Result<void> remove_tree(const std::filesystem::path& folder) {
  for (const std::string& name : TRY(list_folder(folder))) {
    const std::filesystem::path path = folder / name;
    TRY(leads_to_folder(path, false) ? remove_tree(path) : remove_file(path));
  }
  if (disk().remove_folder(folder.c_str()) == 0 || errno == ENOENT) return {};
  return fail_now("cannot remove the folder", folder);
}

bool leads_to_folder(const std::filesystem::path& path, bool follow_links) {
  struct stat status = {};
  return look_at(path, status, follow_links) == 0 && S_ISDIR(status.st_mode);
}

Result<std::vector<std::string>> list_folder(const std::filesystem::path& folder) {
  if (is_memory_path(folder.c_str())) {
    std::vector<std::string> names;
    if (memory_files::list(folder.c_str(), names) == 0) return names;
    return fail_now("cannot list the folder", folder);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> open_folder(::opendir(folder.c_str()), ::closedir);
  if (!open_folder) return fail_now("cannot open the folder", folder);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;  // the only way to tell the end from an error
    const dirent* const entry = ::readdir(open_folder.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail_now("cannot list the folder", folder);
  std::sort(names.begin(), names.end());
  return names;
}

Result<bool> path_exists(const std::filesystem::path& path) {
  return TRY(path_identity(path)).has_value();
}

Result<std::optional<PathStanding>> path_standing(const std::filesystem::path& path) {
  struct stat status = {};
  if (look_at(path, status, true) == 0) {
    return std::optional(PathStanding{identity_of(status), u64(status.st_size)});
  }
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<PathStanding>();
  return fail_now("cannot look at the path", path);
}

Result<std::optional<FileIdentity>> path_identity(const std::filesystem::path& path) {
  const std::optional<PathStanding> there = TRY(path_standing(path));
  return there.has_value() ? std::optional(there->identity) : std::nullopt;
}

}  // namespace shale

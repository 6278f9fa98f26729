#include "base/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>

#include "base/file.hpp"

namespace shale {

namespace {

constexpr i64 nanoseconds_per_second = 1'000'000'000;

FileStamp stamp_of(const struct stat& status) {
  return {u64(status.st_size),
          i64(status.st_mtim.tv_sec) * nanoseconds_per_second + status.st_mtim.tv_nsec,
          u64(status.st_ino)};
}

EntryKind kind_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return EntryKind::file;
  if (S_ISDIR(status.st_mode)) return EntryKind::folder;
  return S_ISLNK(status.st_mode) ? EntryKind::link : EntryKind::other;
}

// Nothing where the entry has gone. Folders are told by the listing alone, where it tells kinds.
Result<std::optional<FolderEntry>> look_at(int folder, const dirent& listed, bool follow_links) {
  FolderEntry entry{listed.d_name};
  if (listed.d_type == DT_DIR) {
    entry.kind = EntryKind::folder;
    return std::optional(std::move(entry));
  }
  struct stat status = {};
  if (::fstatat(folder, listed.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::optional<FolderEntry>();
    return fail_errno("cannot look at the file", entry.name, errno);
  }
  entry.kind = kind_of(status);
  if (follow_links && entry.kind == EntryKind::link) {
    struct stat target = {};
    const bool leads_to_file =
        ::fstatat(folder, listed.d_name, &target, 0) == 0 && S_ISREG(target.st_mode);
    if (leads_to_file) entry.kind = EntryKind::file;
    if (leads_to_file) status = target;
  }
  if (entry.kind == EntryKind::file) entry.stamp = stamp_of(status);
  return std::optional(std::move(entry));
}

}  // namespace

Result<std::vector<FolderEntry>> read_folder(const std::filesystem::path& folder,
                                             bool follow_links) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open_folder(::opendir(folder.c_str()), ::closedir);
  if (!open_folder) return fail_errno("cannot open the folder", folder.string(), errno);
  std::vector<FolderEntry> entries;
  for (;;) {
    errno = 0;  // the only way to tell the end from an error
    const dirent* const listed = ::readdir(open_folder.get());
    if (listed == nullptr) break;
    const std::string_view name = listed->d_name;
    if (name == "." || name == "..") continue;
    auto entry = TRY(look_at(::dirfd(open_folder.get()), *listed, follow_links));
    if (entry.has_value()) entries.push_back(*std::move(entry));
  }
  if (errno != 0) return fail_errno("cannot list the folder", folder.string(), errno);
  return entries;
}

Result<FileStamp> stamp_of(const File& file) {
  struct stat status = {};
  if (::fstat(file.descriptor(), &status) != 0) {
    return fail_errno("cannot look at the file", file.path().string(), errno);
  }
  return stamp_of(status);
}

Result<std::optional<FileStamp>> stamp_at(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0) {
    return S_ISREG(status.st_mode) ? std::optional(stamp_of(status)) : std::nullopt;
  }
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileStamp>();
  return fail_errno("cannot look at the file", path.string(), errno);
}

}  // namespace shale

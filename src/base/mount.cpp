#include "base/mount.hpp"

#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/file_memory.hpp"

namespace shale {

namespace {

struct Kind {
  u32 magic;
  const char* name;
  bool shares;
};

// Magic numbers: statfs(2) and linux/magic.h; of zfs, its own headers.
constexpr Kind kinds[] = {
    {0xef53, "ext4", true},  // ext2 and ext3 have the same
    {0x58465342, "xfs", true},   {0x9123683e, "btrfs", true},
    {0xf2f52010, "f2fs", true},  {0x2fc12fc1, "zfs", true},
    {0x01021994, "tmpfs", true}, {0x794c7630, "overlayfs", true},
    {0x6969, "nfs", false},      {0x01021997, "9p", false},
    {0x65735546, "fuse", false},  // virtiofs as well
    {0xff534d42, "cifs", false}, {0xfe534d42, "smb2", false},
    {0x517b, "smb", false},      {0x00c36400, "ceph", false},
    {0x5346414f, "afs", false},  {0x858458f6, "ramfs", false},
};

constexpr u32 memory_magic = 0x01021994;  // to the kernel a file in memory is one of a tmpfs

const Kind* find_kind(u32 magic) {
  const Kind* const found = std::find_if(std::begin(kinds), std::end(kinds),
                                         [&](const Kind& kind) { return kind.magic == magic; });
  return found == std::end(kinds) ? nullptr : found;
}

}  // namespace

Result<Mount> mount_of(const std::filesystem::path& folder) {
  if (is_memory_path(folder.c_str())) return Mount{memory_magic, false};
  std::error_code ignored;
  std::filesystem::path place = std::filesystem::absolute(folder, ignored);
  for (;;) {
    struct statfs told = {};
    if (::statfs(place.c_str(), &told) == 0) {
      return Mount{u32(told.f_type), (told.f_flags & ST_RDONLY) != 0};
    }
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    if (errno == EINTR) continue;
    if (!is_missing || !place.has_relative_path()) {
      return fail_errno("cannot ask for the file system", place.string(), errno);
    }
    place = place.parent_path();
  }
}

bool shares_memory(u32 magic) {
  const Kind* const kind = find_kind(magic);
  return kind != nullptr && kind->shares;
}

std::string file_system_name(u32 magic) {
  if (const Kind* const kind = find_kind(magic); kind != nullptr) return kind->name;
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magic, 16).ptr;
  return "a file system of type 0x" + std::string(digits.data(), end);
}

}  // namespace shale

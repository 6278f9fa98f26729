// What kind of file system a folder lies on, and whether processes can share memory through its
// files: maps that all see at once, locks that all obey.
//
// An allow-list: a list of those that are known not to would miss the next network file system. Not
// the seam to the kernel's calls, which is file_system.hpp. Used by store/surroundings.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

struct Mount {
  u32 magic = 0;           // as statfs(2) has it
  bool read_only = false;  // nobody can write here
};

// Of the folder, or of the nearest one above it that exists.
Result<Mount> mount_of(const std::filesystem::path& folder);

// ext2 to ext4, xfs, btrfs, f2fs, zfs, tmpfs; overlayfs as well, which is taken to lie over these.
bool shares_memory(u32 magic);

// "nfs"; one that is not known by name: "a file system of type 0x1234".
std::string file_system_name(u32 magic);

}  // namespace shale

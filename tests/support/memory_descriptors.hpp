// How many files in memory this process has open, volumes' and others': what must be as before when
// all handles are gone.
//
// Counted in /proc/self/fd by the name that memfd_create was given there. Not what they take: that
// is shared memory, of the machine.
#pragma once

#include <filesystem>
#include <system_error>

namespace shale::testing {

inline int memory_descriptors() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one by which the folder is read
    const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().starts_with("/memfd:shale")) ++count;
  }
  return count;
}

}  // namespace shale::testing

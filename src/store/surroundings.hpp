// What a store finds itself on, and whether it may be written there (PROTOCOL A15, A16).
//
// Processes share CONTROL and the indexes of logs through mapped files. Where the file system is
// not known to keep such maps coherent, a store is read; or, where the caller says so
// (StoreOptions::any_file_system), one process at a time has a project to itself: it holds the
// lease from opening to closing, recovers at every opening, and keeps what would be shared in its
// own memory. The same where the boot cannot be told: what another boot left would pass for new.
// Asked of the system; a test says what it likes. Used by store and project when they open.
#pragma once

#include <filesystem>

#include "base/mount.hpp"
#include "base/system.hpp"

namespace shale::store {

struct Surroundings {
  Result<Mount> (*mount)(const std::filesystem::path&) = mount_of;
  Result<u64> (*boot)() = boot_id;
};

// The boot that files of memory belong to, which none of them outlives: known where the kernel's
// own id cannot be read.
Result<u64> boot_of_memory();

struct Sharing {
  bool is_alone = false;  // nothing may be shared with other processes
  u64 boot = 0;           // a number of its own where alone
};

// How what lies in `folder`, or is to be made there, may be opened for writing. read_only where it
// may not. A file system that is mounted read-only is no matter: writing fails there by itself.
Result<Sharing> sharing_in(const Surroundings& surroundings, const std::filesystem::path& folder,
                           bool any_file_system);

}  // namespace shale::store

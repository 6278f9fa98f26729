// A file once more: by another name, or by a copy of its bytes.
//
// Another name (a hard link) costs no bytes and no time, and is right only for what nobody ever
// writes again: both names see every write. A copy is made by copy_file_range, with which the
// kernel shares the blocks where the file system can (btrfs, xfs: a reflink; FICLONE of a whole
// file does no more), else by reading and writing. Names are not synced: the caller syncs the
// folder. Used by backups.
#pragma once

#include "base/file.hpp"

namespace shale {

// Whether `to` is now another name of the file at `from`; false where that cannot be between these
// two (file systems differ or have no links, too many names, another owner's file), and a copy can.
// not_found where `from` is gone.
Result<bool> link_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Called with the bytes that were added since the last time; an error ends the copying.
using CopyStep = std::function<Result<void>(u64 bytes)>;

// Makes `to`, which must not be there, of the first `bytes` bytes of `from`, synced. Where it fails
// nothing of it is left.
Result<void> copy_file(const File& from, u64 bytes, const std::filesystem::path& to,
                       const CopyStep& step);

}  // namespace shale

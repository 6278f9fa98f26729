// Who has a lock between processes (base/lock.hpp), as far as the kernel tells it.
//
// F_OFD_GETLK says that a lock is held, and gives -1 for whose it is. But /proc/PID/fdinfo lists,
// for every open file of a process, the locks held by it. What is told there needs nobody's help: a
// holder that is stopped before it could write its name anywhere is found as well.
// For messages: all processes are looked through, some microseconds for each of their open files.
#pragma once

#include <optional>

#include "base/file.hpp"

namespace shale {

// The process that has this byte of the file locked by an open file of its own: the one with the
// lowest pid, where several share that open file. Nothing where nobody has, where it is a process
// of another user or namespace, or where there is no /proc. Any thread; true for the moment only.
std::optional<i64> lock_holder(const FileIdentity& file, u64 byte);

}  // namespace shale

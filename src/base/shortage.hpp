// Whether an error says that this process, or the machine, is out of something it needs to open a
// file: descriptors or memory. Nothing is known then of the file itself, which may be sound.
//
// Used wherever the error of a file becomes a fault, beside an answer that does without the file:
// out of descriptors every file would seem damaged, and the answer would be that of an empty store.
#pragma once

#include <cerrno>

#include <shale/result.hpp>

namespace shale {

inline bool is_shortage(const Error& error) {
  return error.errno_value == EMFILE || error.errno_value == ENFILE || error.errno_value == ENOMEM;
}

}  // namespace shale

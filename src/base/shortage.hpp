// What an error says of the file: that it is damaged; or nothing, because this process, or the
// machine, is out of something it needs to open one, descriptors or memory. Nothing is
// known then of the file itself, which may be sound.
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

// Whether it says that what was read is damaged, or that the disk did not give it: what becomes a
// fault beside the answer.
inline bool is_damage(const Error& error) {
  const bool concerns_file = error.code == ErrorCode::corrupt || error.code == ErrorCode::io;
  return concerns_file && !is_shortage(error);
}

}  // namespace shale

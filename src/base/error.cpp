#include "base/error.hpp"

#include <cerrno>
#include <cstring>

namespace shale {

namespace {

ErrorCode code_of(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // RLIMIT_FSIZE
      return ErrorCode::no_space;
    case EROFS:
    case EACCES:
    case EPERM:
      return ErrorCode::read_only;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::not_found;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

Unexpected fail_errno(std::string what, std::string path, int errno_value) {
  char text[128] = {};
  // The GNU form of strerror_r returns the text, in the buffer or elsewhere.
  const char* reason = strerror_r(errno_value, text, sizeof text);
  Error error(code_of(errno_value), what.append(": ").append(reason));
  error.path = std::move(path);
  error.errno_value = errno_value;
  return Unexpected{std::move(error)};
}

}  // namespace shale

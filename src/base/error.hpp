// Making and passing on errors: the whole of the house's error style in one header, used by every
// folder of src/. The types themselves (Result, Error, ErrorCode) are public: shale/result.hpp.
// Nothing here throws or logs; an error is a value until somebody outside reads it.
#pragma once

#include <string>
#include <utility>

#include <shale/result.hpp>

namespace shale {

// return fail(ErrorCode::corrupt, "...") from any function that answers a Result.
[[nodiscard]] inline Unexpected fail(ErrorCode code, std::string message) {
  return Unexpected{Error(code, std::move(message))};
}

// The same, with the place in a file.
[[nodiscard]] inline Unexpected fail_at(ErrorCode code, std::string message, std::string path,
                                        std::uint64_t offset = 0) {
  Error error(code, std::move(message));
  error.path = std::move(path);
  error.offset = offset;
  return Unexpected{std::move(error)};
}

// A failed system call: classifies errno_value (ENOSPC, EDQUOT and EFBIG are no_space, EROFS and
// EACCES read_only, ENOENT not_found) and appends its text to `what`.
[[nodiscard]] Unexpected fail_errno(std::string what, std::string path, int errno_value);

}  // namespace shale

// TRY(expression of a Result): its value, or return its error from this function. Not behind a
// member in a braced initialiser: gcc 12 and clang 14 do not destroy that member on the way out.
#define TRY(...)                                                 \
  (__extension__({                                               \
    auto try_result = (__VA_ARGS__);                             \
    if (!try_result) [[unlikely]]                                \
      return ::shale::Unexpected{std::move(try_result).error()}; \
    *std::move(try_result);                                      \
  }))

#include "cli/input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/output.hpp"

namespace shale::cli {

Result<std::string> read_standard_input(u64 bytes_max) {
  std::string text;
  char block[1 << 16];
  while (true) {
    const ssize_t got = read(STDIN_FILENO, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the standard input", "", errno);
    if (got == 0) return text;
    text.append(block, usize(got));
    if (text.size() > bytes_max) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("The text is longer than {}.", size_text(bytes_max)));
    }
  }
}

}  // namespace shale::cli

#include "cli/input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.hpp"
#include "cli/output.hpp"

namespace shale::cli {

namespace {

Result<std::string> read_to_end(int descriptor, const std::string& name, u64 bytes_max) {
  std::string text;
  char block[1 << 16];
  while (true) {
    const ssize_t got = read(descriptor, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the input", name, errno);
    if (got == 0) return text;
    text.append(block, usize(got));
    if (text.size() > bytes_max) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("The text is longer than {}.", size_text(bytes_max)));
    }
  }
}

}  // namespace

Result<std::string> read_standard_input(u64 bytes_max) {
  return read_to_end(STDIN_FILENO, "standard input", bytes_max);
}

Result<std::string> read_input_file(const std::string& path, u64 bytes_max) {
  const File file = TRY(File::open(path, File::Mode::read));
  return read_to_end(file.descriptor(), path, bytes_max);
}

}  // namespace shale::cli

#include "cli/input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::cli {
namespace {

// The standard input is a file of these bytes as long as it lives.
class Standing {
 public:
  explicit Standing(const std::string& bytes) : kept_(dup(STDIN_FILENO)) {
    std::ofstream(folder_ / "input", std::ios::binary) << bytes;
    const int file = open((folder_ / "input").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(dup2(file, STDIN_FILENO) == STDIN_FILENO);
    close(file);
  }
  ~Standing() {
    dup2(kept_, STDIN_FILENO);
    close(kept_);
  }
  Standing(const Standing&) = delete;
  Standing& operator=(const Standing&) = delete;

 private:
  testing::TemporaryFolder folder_;
  int kept_;
};

TEST_CASE("input: all of it, whatever its bytes") {
  for (const usize bytes : {usize(0), usize(5), usize(1) << 16, usize(200'001)}) {
    std::string text(bytes, '\0');
    for (usize i = 0; i < bytes; ++i) text[i] = char(i * 7);
    const Standing input(text);
    CHECK(read_standard_input(1 << 20).value() == text);
  }
}

TEST_CASE("input: more than there may be is refused") {
  const Standing input(std::string(1001, 'a'));
  const auto read = read_standard_input(1000);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace shale::cli

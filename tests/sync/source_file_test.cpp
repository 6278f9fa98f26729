#include "sync/source_file.hpp"

#include <fstream>

#include "base/checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

TEST_CASE("source file: bytes, stamp and hash") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "a";
  std::ofstream(path) << "text";
  using namespace std::chrono_literals;
  fs::last_write_time(path, fs::last_write_time(path) - 10s + 1us);
  const SourceFile source = read_source(path, 4).value();
  CHECK(as_text(source.bytes) == "text");
  CHECK(source.stamp.bytes == 4);
  CHECK(source.hash == checksum64(as_bytes("text")));
  CHECK(source.is_settled);
  CHECK(read_source(path, 3).error().code == ErrorCode::invalid_argument);
  CHECK(read_source(folder.path() / "absent", 3).error().code == ErrorCode::not_found);
  CHECK_FALSE(read_source(folder.path(), 100));
}

TEST_CASE("source file: a file just written is not settled") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder.path() / "a") << "text";
  CHECK_FALSE(read_source(folder.path() / "a", 100).value().is_settled);
}

TEST_CASE("source file: what the clock's grain makes racy") {
  constexpr i64 read_at = 1'000'000'000'000'000;
  CHECK_FALSE(is_racy({1, read_at - 20'000'001, 1}, read_at));
  CHECK(is_racy({1, read_at - 19'999'999, 1}, read_at));
  CHECK(is_racy({1, read_at + 1'000'000'000'000, 1}, read_at));  // of the future
  // Whole seconds may be all that the file system keeps.
  CHECK(is_racy({1, read_at - 1'000'000'000, 1}, read_at));
  CHECK_FALSE(is_racy({1, read_at - 2'000'000'000, 1}, read_at));
}

TEST_CASE("source file: a long file, one without a size, binaries") {
  const testing::TemporaryFolder folder;
  const std::string text(3u << 20, 'x');
  std::ofstream(folder.path() / "a") << text;
  CHECK(as_text(read_source(folder.path() / "a", text.size()).value().bytes) == text);
  // Files under /proc say that they are empty.
  CHECK(read_source("/proc/self/status", 1u << 20).value().bytes.size() > 100);
  CHECK_FALSE(is_binary("text"));
  CHECK(is_binary(std::string_view("te\0t", 4)));
  CHECK_FALSE(is_binary(std::string(8192, 'x') + '\0'));
}

}  // namespace shale::sync

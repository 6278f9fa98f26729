#include "delta/log_header.hpp"

#include "base/checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::delta;

namespace {

ErrorCode check(const Buffer& block) {
  const shale::testing::TemporaryFolder folder;
  File file = File::open(folder / "log", File::Mode::create_new).value();
  file.write_at(0, block).value();
  const auto result = check_log_header(file, 3, {4, 5});
  return result ? ErrorCode::cancelled : result.error().code;  // cancelled: there was no error
}

}  // namespace

TEST_CASE("a header block passes its own check and no other") {
  const Buffer block = log_header_block(3, {4, 5});
  REQUIRE(block.size() == log_header_bytes);
  REQUIRE(check(block) == ErrorCode::cancelled);
  REQUIRE(check(log_header_block(2, {4, 5})) == ErrorCode::corrupt);
  REQUIRE(check(log_header_block(3, {5, 5})) == ErrorCode::corrupt);
  REQUIRE(check(log_header_block(3, {4, 4})) == ErrorCode::corrupt);
  REQUIRE(check(Buffer(10)) == ErrorCode::corrupt);
}

TEST_CASE("every flipped byte of a header is seen") {
  for (usize i = 0; i < sizeof(LogHeader); ++i) {
    Buffer block = log_header_block(3, {4, 5});
    block[i] ^= std::byte{1};
    CAPTURE(i);
    REQUIRE(check(block) != ErrorCode::cancelled);
  }
}

TEST_CASE("a log of a newer version is told from a damaged one") {
  Buffer block = log_header_block(3, {4, 5});
  auto header = load<LogHeader>(block.data());
  header.version = 9;
  header.reader_version = log_version + 1;
  store_value(block.data(), header);
  REQUIRE(check(block) == ErrorCode::too_new);
}

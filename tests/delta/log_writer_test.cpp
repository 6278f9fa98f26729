// Appending: zeros ahead, several processes, identity of the file.
#include "delta/log_writer.hpp"

#include "delta/log_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::delta;
using shale::testing::TemporaryFolder;

namespace {

constexpr FileId log_id{9, 99};

bool is_zero(const File& file, u64 begin, u64 end) {
  Buffer bytes(end - begin);
  file.read_exactly(begin, bytes).value();
  for (const std::byte b : bytes)
    if (b != std::byte{0}) return false;
  return true;
}

}  // namespace

TEST_CASE("a new log is a header and zeros, and is never made over another") {
  TemporaryFolder folder;
  const auto path = folder / "a.log";
  const LogWriter writer = LogWriter::create(path, 1, log_id).value();
  REQUIRE(writer.file().size().value() == 256 << 10);
  REQUIRE(is_zero(writer.file(), sizeof(LogHeader), 256 << 10));
  REQUIRE(writer.id() == log_id);
  REQUIRE(!LogWriter::create(path, 1, log_id));
  writer.sync().value();
}

TEST_CASE("a log that cannot be made whole is not left behind") {
  TemporaryFolder folder;
  const auto path = folder / "a.log";
  for (const u64 room : {0u, 100u, 5000u, 200u << 10}) {
    const shale::testing::FullDisk full(room);
    const auto made = LogWriter::create(path, 1, log_id);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::no_space);
    CHECK(made.error().path == path);
    CHECK_FALSE(path_exists(path).value());
  }
  REQUIRE(LogWriter::create(path, 1, log_id));
}

TEST_CASE("frames are written into zeros that were written before") {
  TemporaryFolder folder;
  LogWriter writer = LogWriter::create(folder / "a.log", 1, log_id).value();
  LogEnd end{log_header_bytes, log_id.random};
  const std::string payload(100'000, 'p');
  for (u32 i = 0; i < 80; ++i) {
    const FrameHeader header =
        writer.append(end, FrameKind::batch, as_bytes(payload), Lsn{7}).value();
    REQUIRE(header.lsn == Lsn::make(9, end.offset).value);
    REQUIRE(header.durable_lsn == 7);
    REQUIRE(header.checksum == end.checksum);
    REQUIRE(header.written_at > 0);
    const u64 size = writer.file().size().value();
    REQUIRE(size > end.offset);
    REQUIRE(size % (256 << 10) == 0);
    REQUIRE(is_zero(writer.file(), end.offset, size));
  }
  REQUIRE(writer.file().size().value() == 8 << 20);  // 8.0 MB of frames, in steps of 4 MiB
}

TEST_CASE("a writer whose idea of the file is old does not write zeros over frames of others") {
  TemporaryFolder folder;
  const auto path = folder / "a.log";
  LogWriter first = LogWriter::create(path, 1, log_id).value();
  LogWriter second = LogWriter::open(path, 1, log_id).value();
  LogEnd end{log_header_bytes, log_id.random};
  const std::string payload(200'000, 'p');
  u64 frames = 0;
  for (u32 i = 0; i < 40; ++i, ++frames) {
    LogWriter& writer = i % 8 == 7 ? first : second;
    static_cast<void>(writer.append(end, FrameKind::batch, as_bytes(payload), {}).value());
  }
  const LogReader reader = LogReader::open(path, 1, log_id).value();
  const LogScan scan =
      reader.scan(0, [](const FrameHeader&, Bytes) { return Result<void>(); }).value();
  REQUIRE(scan.frames == frames);
  REQUIRE(scan.end.offset == end.offset);
}

TEST_CASE("a frame that does not fit leaves the end where it was") {
  TemporaryFolder folder;
  LogWriter writer = LogWriter::create(folder / "a.log", 1, log_id).value();
  LogEnd end{log_header_bytes, log_id.random};
  const Bytes huge(static_cast<const std::byte*>(nullptr), frame_bytes_max + 1);
  REQUIRE(writer.append(end, FrameKind::batch, huge, {}).error().code ==
          ErrorCode::invalid_argument);
  REQUIRE(end.offset == log_header_bytes);
  REQUIRE(end.checksum == log_id.random);
}

TEST_CASE("a log is opened only as what it is") {
  TemporaryFolder folder;
  const auto path = folder / "a.log";
  static_cast<void>(LogWriter::create(path, 1, log_id).value());
  REQUIRE(LogWriter::open(path, 1, log_id));
  REQUIRE(LogWriter::open(path, 2, log_id).error().code == ErrorCode::corrupt);
  REQUIRE(LogWriter::open(path, 1, {9, 98}).error().code == ErrorCode::corrupt);
  REQUIRE(LogReader::open(path, 1, {8, 99}).error().code == ErrorCode::corrupt);
  REQUIRE(LogReader::open(folder / "b.log", 1, log_id).error().code == ErrorCode::not_found);
}

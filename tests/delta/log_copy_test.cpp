// Logs under another id: the same history, and no frame of one is any frame of the other.
#include "delta/log_copy.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::delta;
using shale::testing::TemporaryFolder;

namespace {

constexpr u64 project = 77;
constexpr FileId log_id{5, 0x1234567890abcdef};
constexpr FileId copy_id{5, 0xfedcba0987654321};

using Frames = std::vector<std::pair<FrameHeader, std::string>>;

struct TwoLogs {
  TemporaryFolder folder;
  LogWriter writer = LogWriter::create(folder / "a.log", project, log_id).value();
  LogEnd end{log_header_bytes, log_id.random};

  void append(std::string_view payload, FrameKind kind = FrameKind::batch) {
    static_cast<void>(writer.append(end, kind, as_bytes(payload), Lsn{7}).value());
  }
  LogReader source() const { return LogReader::open(folder / "a.log", project, log_id).value(); }
  LogReader copy_log_file() const {
    return LogReader::open(folder / "b.log", project, copy_id).value();
  }

  Result<LogEnd> copy(u64 until, FileId id = copy_id) const {
    File file = TRY(File::open(folder / "b.log", File::Mode::create));
    u64 at = 0;
    return copy_log(source(), until, project, id, [&](Bytes bytes) -> Result<void> {
      TRY(file.write_at(at, bytes));
      at += bytes.size();
      return {};
    });
  }
};

Frames frames_of(const LogReader& log, u64 end) {
  Frames frames;
  const LogScan scan = log.scan(end,
                                [&](const FrameHeader& header, Bytes payload) -> Result<void> {
                                  frames.emplace_back(header, as_text(payload));
                                  return {};
                                })
                           .value();
  CHECK_FALSE(scan.damaged);
  return frames;
}

}  // namespace

TEST_CASE("a log under another id has the same frames in the same places") {
  TwoLogs logs;
  std::mt19937_64 random(1);
  for (const usize bytes : {0u, 1u, 7u, 8u, 100u, 70000u, 3000000u, 5u}) {
    std::string payload(bytes, '\0');
    for (char& c : payload) c = char(random());
    logs.append(payload);
  }
  logs.append("", FrameKind::advance);
  const LogEnd end = logs.copy(logs.end.offset).value();
  CHECK(end.offset == logs.end.offset);
  CHECK(end.checksum != logs.end.checksum);
  const Frames before = frames_of(logs.source(), logs.end.offset);
  const Frames after = frames_of(logs.copy_log_file(), end.offset);
  REQUIRE(before.size() == 9);
  REQUIRE(after.size() == before.size());
  for (usize i = 0; i < before.size(); ++i) {
    const auto& [was, payload] = before[i];
    const auto& [is, copied] = after[i];
    CHECK(copied == payload);
    CHECK(is.lsn == was.lsn);
    CHECK(is.durable_lsn == was.durable_lsn);
    CHECK(is.written_at == was.written_at);
    CHECK(is.writer_pid == was.writer_pid);
    CHECK(is.kind == was.kind);
    CHECK(is.previous != was.previous);
    CHECK(is.checksum != was.checksum);
  }
  CHECK(after.back().first.checksum == end.checksum);
  CHECK(File::open(logs.folder / "b.log", File::Mode::read).value().size().value() == end.offset);
}

TEST_CASE("a log under its own id has the same bytes") {
  TwoLogs logs;
  for (int i = 0; i < 100; ++i) logs.append(std::string(usize(i) * 37, char('a' + i % 26)));
  const LogEnd end = logs.copy(logs.end.offset, log_id).value();
  CHECK(end.checksum == logs.end.checksum);
  const Buffer copied = read_file(logs.folder / "b.log", 1 << 30).value();
  Buffer original = read_file(logs.folder / "a.log", 1 << 30).value();
  original.resize(usize(end.offset));
  CHECK(copied == original);
}

TEST_CASE("a copy ends where it was asked to, whatever stands behind") {
  TwoLogs logs;
  logs.append("one");
  const LogEnd middle = logs.end;
  logs.append("two");
  CHECK(logs.copy(middle.offset).value().offset == middle.offset);
  const Frames after = frames_of(logs.copy_log_file(), middle.offset);
  REQUIRE(after.size() == 1);
  CHECK(after[0].second == "one");
  CHECK(logs.copy(log_header_bytes).value().offset == log_header_bytes);
}

TEST_CASE("what cannot be read as far as that is an error with its place") {
  TwoLogs logs;
  logs.append("one");
  const LogEnd middle = logs.end;
  logs.append("two");
  const auto check_at = [&](u64 until, u64 place) {
    const auto copied = logs.copy(until);
    REQUIRE(!copied);
    CHECK(copied.error().code == ErrorCode::corrupt);
    CHECK(copied.error().path == (logs.folder / "a.log").string());
    CHECK(copied.error().offset == place);
  };
  check_at(logs.end.offset + 64, logs.end.offset);  // nothing stands there
  check_at(logs.end.offset - 8, middle.offset);     // in the middle of a frame
  File file = File::open(logs.folder / "a.log", File::Mode::read_write).value();
  file.write_at(middle.offset + sizeof(FrameHeader), as_bytes("x")).value();
  check_at(logs.end.offset, middle.offset);
}

TEST_CASE("an error of who takes the bytes ends the copying") {
  TwoLogs logs;
  for (int i = 0; i < 5; ++i) logs.append(std::string(usize(1) << 20, 'x'));
  int calls = 0;
  const auto copied =
      copy_log(logs.source(), logs.end.offset, project, copy_id, [&](Bytes) -> Result<void> {
        ++calls;
        return fail(ErrorCode::no_space, "full");
      });
  REQUIRE(!copied);
  CHECK(copied.error().code == ErrorCode::no_space);
  CHECK(calls == 1);
}

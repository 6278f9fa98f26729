// Finding where a log ends: chained frames, torn tails, damage that a later frame proves.
#include "delta/log_reader.hpp"

#include <random>

#include "base/checksum.hpp"
#include "base/file_system.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::delta;
using shale::testing::TemporaryFolder;

namespace {

constexpr u64 project = 77;
constexpr FileId log_id{5, 0x1234567890abcdef};

struct TestLog {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "1.log";
  LogWriter writer = LogWriter::create(path, project, log_id).value();
  LogEnd end{log_header_bytes, log_id.random};
  Lsn durable{};
  std::vector<LogEnd> ends{end};  // behind each frame

  void append(std::string_view payload) {
    static_cast<void>(writer.append(end, FrameKind::batch, as_bytes(payload), durable).value());
    ends.push_back(end);
  }
  LogReader reader() const { return LogReader::open(path, project, log_id).value(); }
  LogScan scan(u64 sealed = 0, std::vector<std::string>* payloads = nullptr) const {
    return reader()
        .scan(sealed,
              [&](const FrameHeader&, Bytes payload) -> Result<void> {
                if (payloads != nullptr) payloads->emplace_back(as_text(payload));
                return {};
              })
        .value();
  }
  void overwrite(u64 offset, Bytes bytes) {
    File file = File::open(path, File::Mode::read_write).value();
    file.write_at(offset, bytes).value();
  }
  void flip(u64 offset) {
    std::byte byte[1];
    writer.file().read_exactly(offset, byte).value();
    byte[0] ^= std::byte{4};
    overwrite(offset, byte);
  }
  Lsn lsn(const LogEnd& at) const { return Lsn::make(log_id.sequence, at.offset); }
};

}  // namespace

TEST_CASE("frames above an LSN are found without those before them") {
  TestLog log;
  for (int n = 0; n < 40; ++n) log.append("payload " + std::to_string(n) + std::string(n * 9, 'x'));
  const auto above = [&](Lsn since, u64 end) {
    std::vector<u64> ends;
    log.reader()
        .scan_above(since, end,
                    [&](const FrameHeader& header, Bytes) -> Result<void> {
                      ends.push_back(Lsn{header.lsn}.offset());
                      return {};
                    })
        .value();
    return ends;
  };
  const auto expected = [&](usize first, usize last) {
    std::vector<u64> ends;
    for (usize i = first; i <= last; ++i) ends.push_back(log.ends[i].offset);
    return ends;
  };
  const u64 end = log.ends.back().offset;
  for (usize i = 0; i < log.ends.size(); ++i) {
    const Lsn since = Lsn::make(log_id.sequence, log.ends[i].offset);
    CHECK(above(since, end) == expected(i + 1, 40));
    CHECK(above({since.value - 8}, end) == expected(std::max<usize>(i, 1), 40));
    CHECK(above({since.value - 3}, end) == expected(std::max<usize>(i, 1), 40));
    CHECK(above({}, log.ends[i].offset) == expected(1, i));
  }
  CHECK(above({}, end) == expected(1, 40));
  CHECK(above(Lsn::make(log_id.sequence + 1, 4096), end).empty());
  CHECK(above(Lsn::make(log_id.sequence - 1, 1 << 20), end) == expected(1, 40));
  // Damage before the place hides nothing behind it, damage behind it is told.
  log.flip(log.ends[10].offset + 70);
  CHECK(above(Lsn::make(log_id.sequence, log.ends[11].offset), end) == expected(12, 40));
  const auto visit = [](const FrameHeader&, Bytes) -> Result<void> { return {}; };
  const auto damaged = log.reader().scan_above({}, end, visit);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code == ErrorCode::corrupt);
  CHECK(damaged.error().offset == log.ends[10].offset);
  CHECK_FALSE(log.reader().scan_above({}, end + 8, visit));
}

TEST_CASE("an error of the visitor ends a scan above an LSN") {
  TestLog log;
  for (int n = 0; n < 5; ++n) log.append("payload");
  int seen = 0;
  const auto ended = log.reader().scan_above({}, log.ends.back().offset,
                                             [&](const FrameHeader&, Bytes) -> Result<void> {
                                               if (++seen < 3) return {};
                                               return fail(ErrorCode::cancelled, "enough");
                                             });
  CHECK(ended.error().code == ErrorCode::cancelled);
  CHECK(seen == 3);
}

TEST_CASE("a scan gives back what was appended, large frames included") {
  TestLog log;
  std::mt19937_64 random(1);
  std::vector<std::string> expected;
  for (const usize bytes : {0u, 1u, 7u, 8u, 100u, 70000u, 3000000u, 5u}) {
    std::string payload(bytes, '\0');
    for (char& c : payload) c = char(random());
    log.append(payload);
    expected.push_back(payload);
  }
  std::vector<std::string> found;
  const LogScan scan = log.scan(0, &found);
  REQUIRE(found == expected);
  REQUIRE(scan.frames == expected.size());
  REQUIRE(scan.end.offset == log.end.offset);
  REQUIRE(scan.end.checksum == log.end.checksum);
  REQUIRE(scan.last == log.lsn(log.end));
  REQUIRE(!scan.damaged);
}

TEST_CASE("an empty log ends where its frames would begin") {
  TestLog log;
  const LogScan scan = log.scan();
  REQUIRE(scan.frames == 0);
  REQUIRE(scan.end.offset == log_header_bytes);
  REQUIRE(scan.end.checksum == log_id.random);
  REQUIRE(scan.last == Lsn{});
}

TEST_CASE("a scan tells the most that its frames claim was durable") {
  TestLog log;
  log.append("one");
  CHECK(log.scan().durable == Lsn{});
  log.durable = log.lsn(log.end);
  log.append("two");
  const LogEnd two = log.end;
  CHECK(log.scan().durable == log.lsn(log.ends[1]));
  log.append("three");  // claims no more than the one before it
  CHECK(log.scan().durable == log.lsn(log.ends[1]));
  log.durable = log.lsn(two);
  log.append("four");
  CHECK(log.scan().durable == log.lsn(two));
  log.flip(log.ends[3].offset + sizeof(FrameHeader));  // of "four": it claims nothing now
  CHECK(log.scan().durable == log.lsn(log.ends[1]));
}

TEST_CASE("a stale frame behind one of the same length is not accepted") {
  // PROTOCOL A1: a writer appends two frames and is killed; the next one does not know of them and
  // writes one of the same length over the first. The second still parses, and must not count.
  TestLog log;
  log.append("stash a");
  const LogEnd committed = log.end;
  log.append("stash b");
  const LogEnd stale_at = log.end;
  log.append("erase b");
  log.end = committed;
  log.append("stash c");
  REQUIRE(log.end.offset == stale_at.offset);

  // What a reader without the chain would see: a frame, whole, with the LSN of its place.
  std::byte bytes[sizeof(FrameHeader) + 7];
  log.writer.file().read_exactly(stale_at.offset, bytes).value();
  const auto stale = load<FrameHeader>(bytes);
  REQUIRE(frame_is_valid(stale, Bytes(bytes).subspan(sizeof stale)));
  REQUIRE(Lsn{stale.lsn}.offset() == stale_at.offset + frame_total_bytes(7));
  REQUIRE(stale.previous == stale_at.checksum);

  std::vector<std::string> found;
  const LogScan scan = log.scan(0, &found);
  REQUIRE(found == std::vector<std::string>{"stash a", "stash c"});
  REQUIRE(scan.end.offset == log.end.offset);
  REQUIRE(!scan.damaged);
}

TEST_CASE("a tail torn at any byte ends the log before its frame, without a fault") {
  TestLog log;
  log.append("first");
  log.durable = log.lsn(log.end);
  log.append("the second frame, of which a part is missing");
  const u64 begin = log.ends[1].offset;
  const u64 total = log.ends[2].offset - begin;
  const u64 meaning = total - 4;  // 4 bytes of padding carry nothing
  REQUIRE(frame_total_bytes(44) == total);
  Buffer whole(total);
  log.writer.file().read_exactly(begin, whole).value();
  for (u64 cut = 0; cut < meaning; ++cut) {
    Buffer torn = whole;
    std::fill(torn.begin() + i64(cut), torn.end(), std::byte{0});
    log.overwrite(begin, torn);
    const LogScan scan = log.scan();
    CAPTURE(cut);
    REQUIRE(scan.frames == 1);
    REQUIRE(scan.end.offset == begin);
    REQUIRE(!scan.damaged);
  }
  std::filesystem::resize_file(log.path, begin + 30);
  REQUIRE(log.scan().frames == 1);
}

TEST_CASE("any flipped bit of a frame is found, and is damage where later frames prove it") {
  TestLog log;
  log.append("one");
  log.append("two: acknowledged");
  log.durable = log.lsn(log.end);  // written into the frames from here
  log.append("three");
  log.append("four");
  REQUIRE(!log.scan().damaged);
  const u64 begin = log.ends[1].offset;
  for (u64 at = begin; at < begin + sizeof(FrameHeader) + 17; ++at) {
    log.flip(at);
    const LogScan scan = log.scan();
    CAPTURE(at - begin);
    REQUIRE(scan.frames == 1);
    REQUIRE(scan.damaged);
    REQUIRE(scan.damaged_at == begin);
    log.flip(at);
  }
  // The third was never claimed to be durable: a bad third frame is a torn tail.
  log.flip(log.ends[2].offset + 3);
  const LogScan scan = log.scan();
  REQUIRE(scan.frames == 2);
  REQUIRE(!scan.damaged);
}

TEST_CASE("evidence is found far behind the bad frame, over zeros and noise") {
  TestLog log;
  log.append(std::string(3 << 20, 'x'));
  log.durable = log.lsn(log.end);
  log.append(std::string((1 << 20) - 40, '\0'));
  log.append("proof");
  log.flip(log.ends[0].offset + 100);
  log.flip(log.ends[1].offset + 100);
  const LogScan scan = log.scan();
  REQUIRE(scan.frames == 0);
  REQUIRE(scan.damaged);
  REQUIRE(scan.damaged_at == log_header_bytes);
}

TEST_CASE("a sealed log is whole up to its seal and nothing behind it counts") {
  TestLog log;
  log.append("one");
  log.append("two");
  log.append("three, behind the seal");
  const u64 sealed = log.ends[2].offset;
  REQUIRE(log.scan(sealed).frames == 2);
  REQUIRE(!log.scan(sealed).damaged);
  REQUIRE(log.scan(sealed - 8).damaged);  // no frame ends there
  log.flip(log.ends[1].offset + 20);
  const LogScan scan = log.scan(sealed);
  REQUIRE(scan.frames == 1);
  REQUIRE(scan.damaged);
  REQUIRE(scan.damaged_at == log.ends[1].offset);
}

TEST_CASE("an error from the visitor ends the scan") {
  TestLog log;
  log.append("one");
  const auto result = log.reader().scan(0, [](const FrameHeader&, Bytes) -> Result<void> {
    return fail(ErrorCode::cancelled, "enough");
  });
  REQUIRE(!result);
  REQUIRE(result.error().code == ErrorCode::cancelled);
}

TEST_CASE("a frame is recognised by its checksum at its place") {
  TestLog log;
  log.append("one");
  log.append("two");
  const LogReader reader = log.reader();
  REQUIRE(reader.holds_frame(log.ends[1].offset, log.ends[2].checksum).value());
  REQUIRE(!reader.holds_frame(log.ends[1].offset, log.ends[1].checksum).value());
  REQUIRE(!reader.holds_frame(log.ends[1].offset + 8, log.ends[2].checksum).value());
  REQUIRE(!reader.holds_frame(u64(1) << 39, log.ends[2].checksum).value());
  log.flip(log.ends[1].offset + sizeof(FrameHeader) + 1);
  REQUIRE(!reader.holds_frame(log.ends[1].offset, log.ends[2].checksum).value());
}

TEST_CASE("a log goes on behind a place only with a frame written behind it") {
  TestLog log;
  log.append("one");
  log.append("two");
  const LogReader reader = log.reader();
  CHECK(reader.goes_on(log.ends[0]).value());
  CHECK(reader.goes_on(log.ends[1]).value());
  CHECK(!reader.goes_on(log.ends[2]).value());
  CHECK(!reader.goes_on({log.ends[1].offset, log.ends[0].checksum}).value());
  log.flip(log.ends[1].offset + sizeof(FrameHeader) + 1);
  CHECK(!reader.goes_on(log.ends[1]).value());
}

TEST_CASE("texts are read and checked") {
  TestLog log;
  log.append("some text here");
  const LogReader reader = log.reader();
  const u64 at = log_header_bytes + sizeof(FrameHeader) + 5;
  REQUIRE(reader.read_text(at, 4, checksum128(as_bytes("text"))).value() == "text");
  REQUIRE(reader.read_text(at, 4, checksum128(as_bytes("Text"))).error().code ==
          ErrorCode::corrupt);
  REQUIRE(!reader.read_text(at, 0xffffffff, {}));
  REQUIRE(!reader.read_text(u64(1) << 40, 4, {}));
}

namespace {

// A reader meets a writer in the middle of a frame: the first read that reaches `offset` finds
// zeros from there on, every later one what stands there.
class TornRead : public FileSystem {
 public:
  TornRead(u64 offset, int times) : offset_(offset), times_(times) { FileSystem::use(this); }
  ~TornRead() override { FileSystem::use(nullptr); }
  ssize_t read(int descriptor, void* out, usize bytes, off_t at) override {
    const ssize_t got = FileSystem::read(descriptor, out, bytes, at);
    const u64 end = u64(at) + u64(std::max<ssize_t>(got, 0));
    if (u64(at) > offset_ || end <= offset_ || times_-- <= 0) return got;
    std::memset(static_cast<char*>(out) + (offset_ - u64(at)), 0, 64);
    return got;
  }

 private:
  u64 offset_;
  int times_;
};

}  // namespace

TEST_CASE("a frame that was being written when it was read is no damage once it is whole") {
  TestLog log;
  for (int n = 0; n < 5; ++n) {
    log.append("payload " + std::to_string(n));
    log.durable = log.lsn(log.end);
  }
  for (usize n = 0; n < 4; ++n) {
    INFO("frame " << n);
    const TornRead torn(log.ends[n].offset + 20, 1);
    std::vector<std::string> payloads;
    const LogScan scan = log.scan(0, &payloads);
    CHECK_FALSE(scan.damaged);
    CHECK(scan.damaged_at == 0);
    CHECK(scan.frames == 5);
    CHECK(payloads.size() == 5);
    CHECK(scan.end.offset == log.end.offset);
  }
  const TornRead stays(log.ends[2].offset + 20, 1000);
  const LogScan scan = log.scan();
  CHECK(scan.damaged);
  CHECK(scan.damaged_at == log.ends[2].offset);
  CHECK(scan.frames == 2);
}

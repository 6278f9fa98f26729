#include "delta/log_reader.hpp"

#include <algorithm>
#include <optional>

#include "base/checksum.hpp"
#include "delta/log_header.hpp"
#include "delta/log_window.hpp"

namespace shale::delta {
namespace {

struct Frame {
  FrameHeader header;
  Bytes payload;
};

// Whether a header could be that of a frame at `offset` of this log: checked before the checksum
// is computed, and that its LSN names its own place makes a header out of chance bytes unlikely.
bool is_plausible(const FrameHeader& header, u64 offset, u64 sequence, u64 file_bytes) {
  if (header.magic != frame_magic || header.payload_bytes > frame_bytes_max) return false;
  const u64 total = frame_total_bytes(header.payload_bytes);
  return offset <= file_bytes && total <= file_bytes - offset &&
         header.lsn == Lsn::make(sequence, offset + total).value;
}

// Looks for a valid frame behind a bad place that claims more was durable than the bad place:
// then what stood there was acknowledged, and is damaged (PROTOCOL A4).
class EvidenceSearch {
 public:
  EvidenceSearch(const File& file, u64 sequence, u64 bad_at, u64 file_bytes)
      : window_(file),
        payloads_(file),
        sequence_(sequence),
        bad_at_(bad_at),
        file_bytes_(file_bytes),
        budget_(4 * file_bytes + (u64(1) << 20)) {}

  Result<bool> run() {
    constexpr u64 piece = u64(1) << 20;
    // Pieces overlap by a header, so that each place is looked at with its header whole.
    for (u64 offset = bad_at_; offset + sizeof(FrameHeader) <= file_bytes_; offset += piece) {
      const Bytes bytes = TRY(window_.at(offset, piece + sizeof(FrameHeader)));
      if (TRY(search(bytes, offset, piece))) return true;
    }
    return false;
  }

 private:
  Result<bool> search(Bytes bytes, u64 offset, u64 piece) {
    for (u64 at = 0; at < piece && at + sizeof(FrameHeader) <= bytes.size(); at += 8) {
      if (is_zero_line(bytes, at)) {
        at += zero_line - 8;
        continue;
      }
      if (load<u32>(bytes.data() + at) != frame_magic) continue;
      const auto header = load<FrameHeader>(bytes.data() + at);
      if (TRY(proves(header, offset + at))) return true;
    }
    return false;
  }

  static constexpr usize zero_line = 64;
  // The zeros written ahead are most of what is searched.
  static bool is_zero_line(Bytes bytes, u64 at) {
    if (at + zero_line > bytes.size()) return false;
    u64 sum = 0;
    for (usize i = 0; i < zero_line; i += 8) sum |= load<u64>(bytes.data() + at + i);
    return sum == 0;
  }

  Result<bool> proves(const FrameHeader& header, u64 offset) {
    const bool claims_more =
        header.durable_lsn > Lsn::make(sequence_, bad_at_).value && header.durable_lsn < header.lsn;
    if (!claims_more || !is_plausible(header, offset, sequence_, file_bytes_)) return false;
    // Bytes that were made to look like many long frames must not cost their square: beyond the
    // budget the claim is believed, which loses nothing but a person's time.
    if (header.payload_bytes > budget_) return true;
    budget_ -= header.payload_bytes;
    const Bytes payload = TRY(payloads_.at(offset + sizeof(FrameHeader), header.payload_bytes));
    return frame_is_valid(header, payload);
  }

  LogWindow window_;
  LogWindow payloads_;
  u64 sequence_;
  u64 bad_at_;
  u64 file_bytes_;
  u64 budget_;
};

// The frame at `end` if it is whole, valid, and was written behind the very frame before it.
Result<std::optional<Frame>> frame_behind(LogWindow& window, const LogEnd& end, u64 sequence,
                                          u64 file_bytes) {
  const Bytes bytes = TRY(window.at(end.offset, sizeof(FrameHeader)));
  if (bytes.size() < sizeof(FrameHeader)) return std::optional<Frame>();
  Frame frame{load<FrameHeader>(bytes.data()), {}};
  const bool fits = is_plausible(frame.header, end.offset, sequence, file_bytes) &&
                    frame.header.previous == end.checksum;
  if (!fits) return std::optional<Frame>();
  frame.payload = TRY(window.at(end.offset + sizeof(FrameHeader), frame.header.payload_bytes));
  if (!frame_is_valid(frame.header, frame.payload)) return std::optional<Frame>();
  return std::optional<Frame>(frame);
}

}  // namespace

Result<LogReader> LogReader::open(const std::filesystem::path& path, u64 project_id, FileId id) {
  File file = TRY(File::open(path, File::Mode::read));
  TRY(check_log_header(file, project_id, id));
  return LogReader(std::move(file), id);
}

Result<void> LogReader::scan_on(u64 sealed_offset, u64 file_bytes, const FrameVisitor& visit,
                                LogScan& scan) const {
  LogWindow window(file_);
  while (sealed_offset == 0 || scan.end.offset < sealed_offset) {
    const std::optional<Frame> frame =
        TRY(frame_behind(window, scan.end, id_.sequence, file_bytes));
    if (!frame) break;
    const u64 next = scan.end.offset + frame_total_bytes(frame->header.payload_bytes);
    if (sealed_offset != 0 && next > sealed_offset) break;
    TRY(visit(frame->header, frame->payload));
    scan.end = {next, frame->header.checksum};
    scan.last = {frame->header.lsn};
    scan.durable = std::max(scan.durable, Lsn{frame->header.durable_lsn});
    ++scan.frames;
  }
  return {};
}

Result<LogScan> LogReader::scan(u64 sealed_offset, const FrameVisitor& visit) const {
  LogScan scan;
  scan.end.checksum = id_.random;
  for (;;) {
    const u64 file_bytes = TRY(file_.size());
    const u64 frames = scan.frames;
    TRY(scan_on(sealed_offset, file_bytes, visit, scan));
    if (sealed_offset != 0) {
      scan.damaged = scan.end.offset < sealed_offset;
      break;
    }
    scan.damaged = TRY(EvidenceSearch(file_, id_.sequence, scan.end.offset, file_bytes).run());
    // A writer may have been in the middle of what looked bad, and went on to what proves it so:
    // then it is whole now, for he wrote the one before the other.
    if (!scan.damaged || (scan.damaged_at == scan.end.offset && scan.frames == frames)) break;
    scan.damaged_at = scan.end.offset;
  }
  if (scan.damaged) scan.damaged_at = scan.end.offset;
  if (!scan.damaged) scan.damaged_at = 0;
  return scan;
}

Result<void> LogReader::scan_above(Lsn since, u64 end, const FrameVisitor& visit) const {
  if (since >= Lsn::make(id_.sequence, end)) return {};
  LogScan scan;
  scan.end.checksum = id_.random;
  const bool begins_here = since.log_sequence() == id_.sequence;
  if (begins_here && since.offset() >= log_header_bytes && since.offset() % 8 == 0) {
    std::byte raw[sizeof(FrameHeader)];
    const auto header =
        file_.read_exactly(since.offset(), raw) ? load<FrameHeader>(raw) : FrameHeader{.magic = 0};
    if (is_plausible(header, since.offset(), id_.sequence, end)) {
      scan.end = {since.offset(), header.previous};
    }
  }
  const auto visit_above = [&](const FrameHeader& header, Bytes payload) -> Result<void> {
    if (Lsn{header.lsn} <= since) return {};
    return visit(header, payload);
  };
  TRY(scan_on(end, end, visit_above, scan));
  if (scan.frames == 0 && scan.end.offset > log_header_bytes) {  // it only looked like a frame
    scan.end = {log_header_bytes, id_.random};
    TRY(scan_on(end, end, visit_above, scan));
  }
  if (scan.end.offset >= end) return {};
  return fail_at(ErrorCode::corrupt, "The log is damaged here", path().string(), scan.end.offset);
}

Result<bool> LogReader::holds_frame(u64 frame_offset, u64 checksum) const {
  const u64 file_bytes = TRY(file_.size());
  LogWindow window(file_);
  const Bytes bytes = TRY(window.at(frame_offset, sizeof(FrameHeader)));
  if (bytes.size() < sizeof(FrameHeader)) return false;
  const auto header = load<FrameHeader>(bytes.data());
  if (header.checksum != checksum || !is_plausible(header, frame_offset, id_.sequence, file_bytes))
    return false;
  const Bytes payload = TRY(window.at(frame_offset + sizeof(FrameHeader), header.payload_bytes));
  return frame_is_valid(header, payload);
}

Result<bool> LogReader::goes_on(const LogEnd& end) const {
  LogWindow window(file_);
  const u64 file_bytes = TRY(file_.size());
  return TRY(frame_behind(window, end, id_.sequence, file_bytes)).has_value();
}

Result<std::string> LogReader::read_text(u64 offset, u32 bytes, TextHash hash) const {
  if (bytes > text_bytes_max)
    return fail_at(ErrorCode::corrupt, "A text is too long.", path().string(), offset);
  std::string text(bytes, '\0');
  TRY(file_.read_exactly(offset, std::as_writable_bytes(std::span(text))));
  if (checksum128(as_bytes(text)) != hash)
    return fail_at(ErrorCode::corrupt, "A text does not fit its hash.", path().string(), offset);
  return text;
}

}  // namespace shale::delta

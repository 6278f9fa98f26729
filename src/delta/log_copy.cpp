#include "delta/log_copy.hpp"

#include "delta/log_header.hpp"

namespace shale::delta {
namespace {

constexpr usize sink_bytes = usize(1) << 20;  // handed on at a time: frames of a kilobyte are many

// Frames of one log, written behind each other again as those of another.
class Rewriter {
 public:
  Rewriter(u64 project_id, FileId id, const LogSink& sink) : sink_(sink) {
    room_.raw(log_header_block(project_id, id));
    end_ = {log_header_bytes, id.random};
    sequence_ = id.sequence;
  }

  Result<void> add(FrameHeader header, Bytes payload) {
    const u64 total = frame_total_bytes(payload.size());
    header.previous = end_.checksum;
    header.lsn = Lsn::make(sequence_, end_.offset + total).value;
    seal_frame(header, payload);
    room_.value(header);
    room_.raw(payload);
    room_.pad_to(8);
    end_ = {end_.offset + total, header.checksum};
    return room_.size() < sink_bytes ? Result<void>() : flush();
  }

  Result<LogEnd> finish() {
    TRY(flush());
    return end_;
  }

 private:
  Result<void> flush() {
    TRY(sink_(room_.bytes()));
    room_.clear();
    return {};
  }

  const LogSink& sink_;
  ByteWriter room_;  // begins at a multiple of 8, as frames do
  LogEnd end_;
  u64 sequence_ = 0;
};

}  // namespace

Result<LogEnd> copy_log(const LogReader& source, u64 end, u64 project_id, FileId id,
                        const LogSink& sink) {
  Rewriter copy(project_id, id, sink);
  const LogScan scan =
      TRY(source.scan(end, [&](const FrameHeader& header, Bytes payload) -> Result<void> {
        return copy.add(header, payload);
      }));
  if (scan.damaged || scan.end.offset != end) {
    return fail_at(ErrorCode::corrupt, "The log is damaged here: it cannot be copied.",
                   source.path().string(), scan.damaged_at);
  }
  return copy.finish();
}

}  // namespace shale::delta

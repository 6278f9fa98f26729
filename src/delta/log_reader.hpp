// Reads a log frame by frame, and texts out of it; finds where it ends.
//
// Never maps, never writes, and cuts nothing: what a bad tail means is for recovery to say
// (store), from the LogScan. Safe from many threads.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/file.hpp"
#include "delta/log_format.hpp"
#include "delta/log_writer.hpp"

namespace shale::delta {

// What a scan of a log found.
struct LogScan {
  LogEnd end;  // behind the last whole valid frame
  u64 frames = 0;
  Lsn last;  // LSN of the last frame, {} if none
  // What the valid frames claim was durable when they were written: the greatest, {} if none.
  Lsn durable;
  // A frame that is not valid though it must be: it lies below `sealed_offset`, or a later frame
  // that is valid on its own claims that more was durable (PROTOCOL A4).
  bool damaged = false;
  u64 damaged_at = 0;  // offset of the first bad frame
};

class LogReader {
 public:
  static Result<LogReader> open(const std::filesystem::path& path, u64 project_id, FileId id);

  // Calls visit(header, payload) for every valid frame in order. `sealed_offset` is where MANIFEST
  // says the log ends, or 0 for a log that is not sealed. An error from visit ends the scan.
  using FrameVisitor = std::function<Result<void>(const FrameHeader&, Bytes payload)>;
  Result<LogScan> scan(u64 sealed_offset, const FrameVisitor& visit) const;

  // The same of the valid frames above `since`, up to `end`, where a frame ends. Begins at `since`
  // where a frame of this log ends there, which costs nothing of what stands before it; then what
  // the first frame is chained to is not checked. corrupt where the frames do not reach `end`.
  Result<void> scan_above(Lsn since, u64 end, const FrameVisitor& visit) const;

  // The header of the frame that ends at `end_offset` is not stored anywhere: checks instead that
  // a frame with this checksum ends there (PROTOCOL A6). `frame_offset` is where it begins.
  Result<bool> holds_frame(u64 frame_offset, u64 checksum) const;

  // Whether a valid frame stands behind `end`.
  Result<bool> goes_on(const LogEnd& end) const;

  // Reads `bytes` of text at `offset`, and checks it against `hash`.
  Result<std::string> read_text(u64 offset, u32 bytes, TextHash hash) const;
  FileId id() const { return id_; }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  // From scan.end on, as far as frames are valid.
  Result<void> scan_on(u64 sealed_offset, u64 file_bytes, const FrameVisitor& visit,
                       LogScan& scan) const;

  LogReader(File file, FileId id) : file_(std::move(file)), id_(id) {}
  File file_;
  FileId id_;
};

}  // namespace shale::delta

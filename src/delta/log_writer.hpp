// Appends frames to a log. Written means: in the page cache, safe from kill -9; durable is sync().
//
// The caller holds the project's lease for everything but sync(). One writer object per process and
// log; another process may have appended since, so each append says where it goes.
#pragma once

#include <filesystem>

#include "base/file.hpp"
#include "delta/log_format.hpp"

namespace shale::delta {

// Where a log ends: what the next frame stands behind.
struct LogEnd {
  u64 offset = log_header_bytes;
  u64 checksum = 0;  // of the last frame, or the log's random id
};

class LogWriter {
 public:
  // Makes a new log: header, zeros ahead, synced, and the folder synced. The file is new (O_EXCL),
  // and gone again where that fails.
  static Result<LogWriter> create(const std::filesystem::path& path, u64 project_id, FileId id);
  // Opens an existing one to append to; the header must carry `project_id` and `id`.
  static Result<LogWriter> open(const std::filesystem::path& path, u64 project_id, FileId id);

  // Writes one frame behind `end` and moves `end`. On failure `end` is unchanged and the bytes
  // behind it are void: the next frame overwrites them.
  Result<FrameHeader> append(LogEnd& end, FrameKind kind, Bytes payload, Lsn durable);
  Result<void> sync() const;  // fdatasync; from any thread
  FileId id() const { return id_; }
  const File& file() const { return file_; }

 private:
  LogWriter(File file, FileId id, u64 zeroed) : file_(std::move(file)), id_(id), zeroed_(zeroed) {}
  Result<void> begin(u64 project_id);
  Result<void> zero_ahead(u64 wanted);

  mutable File file_;  // sync() changes nothing that anybody sees
  FileId id_;
  u64 zeroed_ = 0;  // the file is written (zeros or frames) up to here
};

}  // namespace shale::delta

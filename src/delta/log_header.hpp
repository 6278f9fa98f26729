// The first block of a log: made here, written once by log_writer.cpp.
//
// Not the frames behind it (log_format.hpp). Checked by whoever opens the log, writer and reader.
#pragma once

#include "base/file.hpp"
#include "delta/log_format.hpp"

namespace shale::delta {

// The header block of a new log, zeros and all.
Buffer log_header_block(u64 project_id, FileId id);
// Reads the header of `file`: corrupt where it is damaged or not that of this log, too_new where a
// newer version of shale wrote what this one cannot read.
Result<void> check_log_header(const File& file, u64 project_id, FileId id);

}  // namespace shale::delta

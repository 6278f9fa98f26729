// A log's history as another log: what a backup has of a log that goes on being written.
//
// Payloads, places, LSNs and times stay what they were; the header and the checksums that chain the
// frames are the new log's, so that no frame of the one is ever valid in the other, whatever is
// appended to either (PROTOCOL A5, A13). Under the id that it has, the bytes are the same. Reads
// and checks the frames; where the bytes go, and that they are synced, is the caller's affair.
#pragma once

#include <functional>

#include "delta/log_reader.hpp"

namespace shale::delta {

// Takes the bytes of the new log in order, from its first one.
using LogSink = std::function<Result<void>(Bytes bytes)>;

// The frames of `source` up to `end`, an offset where a frame ends, as log `id` of the project.
// Answers where the new log ends. corrupt, with the place, where `source` cannot be read that far.
Result<LogEnd> copy_log(const LogReader& source, u64 end, u64 project_id, FileId id,
                        const LogSink& sink);

}  // namespace shale::delta

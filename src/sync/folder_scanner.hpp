// Files and folders as segments: what `shale add PATH...` stashes.
//
// Takes what folder_walk finds, in its order, but for binaries (a NUL in the first 8 KiB) and empty
// files. Long files are cut at line ends; a piece is the
// segment `path#first-line`, its `file` the path, relative to the working directory where it lies
// inside it. What cannot be read is reported and passed over.
// Does not compare with what a store holds (that is `sync`). Used by the program's `add`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <shale/segment.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::sync {

struct ScanOptions {
  u64 lines = 0;                    // lines of a piece; 0: as many as fit
  u64 piece_bytes_max = 64u << 10;  // of a piece where `lines` is 0
};

struct ScanProblem {
  std::string path;
  std::string reason;
};

struct ScanReport {
  u64 files = 0;
  u64 binaries = 0;  // passed over
  std::vector<ScanProblem> problems;
};

using SegmentSink = std::function<Result<void>(NewSegment)>;

// Hands every segment to `sink`; an error from there ends the scan and is returned.
Result<ScanReport> scan_paths(const std::vector<std::filesystem::path>& paths,
                              const ScanOptions& options, const SegmentSink& sink);

// "code" for source files, "log" for logs, "note" for the rest, by the name alone.
std::string type_of_file(const std::filesystem::path& path);

}  // namespace shale::sync

// One import: where its segments go, what it has counted, and how it tells of what it could not
// take.
//
// The readers of the formats (context_file, mdc_file, docdevai, code_graph, sqlite_rows) hand
// everything through here, so that places read alike (`file:line: reason`) and counts mean the
// same. Knows no format and no store: the target's functions are file_import's, which stashes, or
// only counts for a dry run. Belongs to one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <shale/segment.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

struct ImportTarget {
  // An error of code invalid_argument concerns this segment alone; any other ends the import.
  std::function<Result<void>(const std::string& project, NewSegment segment)> stash;
  std::function<void(const std::string& message)> warn;
  // `bytes` more of the input are read. An error (cancelled) ends the import.
  std::function<Result<void>(u64 bytes)> advance;
};

struct ImportOptions {
  std::optional<std::string> project;       // takes all, whatever the input says
  std::string default_project = "default";  // of what names none
  bool with_deleted = false;                // documents that DocDevAI only marked as deleted
};

struct ImportCounts {
  u64 files = 0;        // read, to the end or to where they are damaged
  u64 bad = 0;          // segments refused, each told of
  u64 skipped = 0;      // segments and files passed over by rule
  u64 damaged = 0;      // files that are cut off or not of their format
  u64 unreadable = 0;   // files the system would not read
  u64 undecidable = 0;  // files whose project only the user can say
};

class ImportRun {
 public:
  ImportRun(ImportOptions options, ImportTarget target)
      : options_(std::move(options)), target_(std::move(target)) {}

  const ImportOptions& options() const { return options_; }
  const ImportCounts& counts() const { return counts_; }

  // The project of what names `named`.
  std::string project_of(const std::optional<std::string>& named) const;

  // Where something stands: a file, and a line of it (0: none in particular).
  struct Place {
    const std::string& file;
    u64 line = 0;
  };
  // Hands a segment to the target; one that it refuses is counted and told of.
  Result<void> take(const Place& place, const std::string& project, NewSegment segment);
  void refuse(const Place& place, std::string_view reason);
  void skip(u64 segments_or_files = 1) { counts_.skipped += segments_or_files; }
  void warn(const Place& place, std::string_view message) const;
  Result<void> advance(u64 bytes) const { return target_.advance(bytes); }

  // The end of a file: `read` is an error of that file where it is damaged or cannot be read, which
  // is told and counted; any other error is returned.
  Result<void> close(const std::string& file, Result<void> read);
  // The file's project cannot be told from its name.
  void refuse_undecidable(const std::string& file, std::string_view reason);

 private:
  ImportOptions options_;
  ImportTarget target_;
  ImportCounts counts_;
};

// A message about a line of NDJSON, about what is no line.
std::string about_segment(std::string message);

}  // namespace shale::exchange

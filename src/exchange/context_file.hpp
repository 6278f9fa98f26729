// Segments of Out of Context's JSON files, of every version that had them, and of NDJSON.
//
//   {"version", "projects": {NAME: {"segments": [...], "indexes"}}}   a single file (0.2 to 0.9)
//   {"segments": [...]}                                               one project (0.10 to 0.13)
//   {...}                                                             one segment, evicted
//   [...]                                                             segments of any origin
//
// Objects go to the NDJSON reader, which knows the original's names; indexes are never looked at. A
// project is what the keys above a segment say, then the name of a file below `stashed`, then
// project_id; where project_id says another, the segment keeps that as an attribute. The name
// `a_2025-12` may mean a project of that name or a month of project `a`: where the segments do not
// settle it, only the user can. Streams: memory is bounded by the longest segment.
#pragma once

#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

// Errors of the file itself carry its path (ImportRun::close).
Result<void> import_context(ImportRun& run, const ImportFile& file);
Result<void> import_ndjson(ImportRun& run, const ImportFile& file);

// The file name, without `.json`, of a project below `stashed`: the name itself, but for slashes,
// control characters, `%` and a leading dot, which are percent-encoded. A name that is too long
// for a file becomes %h and a hash; its segments name it.
std::string project_file_stem(std::string_view project);

}  // namespace shale::exchange

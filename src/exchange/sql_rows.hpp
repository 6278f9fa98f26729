// The rows of a SELECT over any SQLite database as segments: `import --sql 'select id, text, ...'`.
//
// A column named like a key of NDJSON is that field (README "Import and export"), any other an
// attribute: integers, numbers and text by value, blobs as base64; NULL is absence. `text` may be
// text or a blob, `pinned` 0 or 1, `tags` a JSON array or one tag, `line_range` and `attrs` JSON.
// Each row becomes a line of NDJSON, and the NDJSON reader says what it means. Used by
// import_files.cpp.
#pragma once

#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

Result<void> import_sql(ImportRun& run, const ImportFile& file, const std::string& statement);

}  // namespace shale::exchange

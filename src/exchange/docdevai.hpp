// The SQLite database of DocDevAI's document storage (M002): tables documents, metadata and
// document_versions.
//
// A document becomes the segment of its uuid: content the text, type, file_path, created_at,
// updated_at (touched_at) and content_hash (sha256) the fields, every other column an attribute
// under its name (`id` as document_id). A row of metadata is an attribute under its key, typed by
// value_type; under `metadata.KEY` where a column has that name. What such a row says of itself
// (category, is_searchable, is_public) stands in the attribute `metadata_details`. A version is the
// segment `uuid@N` of tier archive, with the integer attribute `version` and the attribute
// `document`. Documents of status `deleted` are passed over, unless asked for. Indexes and the
// audit log are not read. The rewrite that encrypts its content can only be read through its own
// program. Used by import_files.cpp.
#pragma once

#include "exchange/database.hpp"
#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

Result<bool> is_docdevai(const Database& database);
Result<void> import_docdevai(ImportRun& run, const ImportFile& file);

}  // namespace shale::exchange

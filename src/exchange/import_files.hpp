// Files of any format that is known -> segments, one file after the other.
//
// The table of contents of an import: plan what there is (import_format), hand each file to the
// reader of its format, tell what became of it. A file that is damaged or unreadable leaves the
// others alone. Used by file_import.
#pragma once

#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

// An error that is no matter of one file (interrupted, the store's, a bad statement) ends it.
// `statement`: what to take of databases; empty: what is known of their format.
Result<void> import_files(ImportRun& run, const ImportPlan& plan, const std::string& statement);

}  // namespace shale::exchange

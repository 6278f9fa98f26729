// A JSON snapshot of parseltongue's first generation: {"nodes", "edges", "metadata"}.
//
// A node becomes a segment: its signature the text, its hash (in decimal) the id, type `code`, the
// file, the line as a range of one, and `hash`, `kind`, `name` and whatever else it has as
// attributes. Its outgoing edges become tags of the form `Calls:<hash of the other node>`, so that
// `tag:Calls:247729474533075947` finds who calls. The file is read twice, edges first (24 bytes of
// memory each): they stand behind the nodes. The second generation keeps its graph in a database of
// its own (CozoDB), which cannot be read from outside. Used by import_files.cpp.
#pragma once

#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

Result<void> import_code_graph(ImportRun& run, const ImportFile& file);

}  // namespace shale::exchange

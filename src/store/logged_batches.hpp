// A log's frames as the batches that `changes` tells of: who, when, and what became of which id.
//
// Reads frames, never the index: what a batch superseded stands in its frame
// (delta/log_format.hpp). The frame of a bulk ingest, or of a drop, says only that there may be
// one: MANIFEST says that there is; an ingest's changes stand in shards (change_feed.hpp). Used by
// the fold and by readers.
#pragma once

#include "catalog/changes_file.hpp"
#include "delta/log_reader.hpp"

namespace shale::store {

// Where a log ends for who sees the project up to `committed`; the header's end: nothing is in it.
u64 visible_end(const catalog::LogEntry& entry, Lsn committed);

// The batches above `since`, in order, up to `end`, where a frame ends. Texts are read over.
Result<void> read_batches(const delta::LogReader& log, Lsn since, u64 end,
                          const catalog::Manifest& manifest, const catalog::BatchVisitor& visit);

}  // namespace shale::store

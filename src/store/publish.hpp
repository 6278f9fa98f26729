// The one way a new edition comes to be: seal, fold, merge and bulk ingest all end here.
//
// Order (PROTOCOL C4, B5): everything the manifest names is synced -> CONTROL: MANIFEST in flight
// -> MANIFEST replaced and its folder synced -> CONTROL: epoch odd, edition and log, epoch even ->
// in flight cleared -> retired files unlinked. A crash before the rename leaves the old edition and
// orphans; after it, the next holder of the lease sees the word in flight and finishes the change,
// or recovers where a frame stands behind the last one that was committed (recovery.hpp).
#pragma once

#include "store/lease.hpp"

namespace shale::store {

// LEASE, and everything committed is durable (durability.hpp): overlays speak of it. `next` is a
// changed copy of the current manifest; its edition is set here. `last_frame` is given by a bulk
// ingest, whose change becomes visible with the edition.
Result<void> publish_edition(Lease& lease, catalog::Manifest next,
                             std::optional<catalog::LastFrame> last_frame = std::nullopt);

// LEASE. Syncs the active log, seals it and goes on in a new one. Nothing to do for an empty log.
Result<void> seal_active_log(Lease& lease);

// LEASE. Whether the active log is to be sealed before `text_bytes` in `documents` more come in.
Result<bool> seal_is_due(Lease& lease, u64 text_bytes, u64 documents);

// A new file id out of the manifest's sequence.
FileId next_file_id(catalog::Manifest& manifest);

}  // namespace shale::store

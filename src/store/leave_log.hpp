// Leaves a log whose sync failed: its disk may have lost pages that the cache still shows.
//
// LEASE. The log is sealed where it was known durable; the batches published behind that place are
// read once more (they are in the cache, or the sync would not have failed quietly), written to a
// new log, synced there, and indexed anew; then one edition names the sealed log and the new one
// (PROTOCOL A3). States a crash can leave: before MANIFEST the old log as it was, poisoned, and an
// orphan; after it the new edition. What was acknowledged lies below `durable` and is in either.
//
// The sealed log's index goes on being used, cut at the LSN where it was sealed, so nothing of the
// batches that moved is seen twice.
#pragma once

#include "store/lease.hpp"

namespace shale::store {

// Afterwards everything published is durable. ErrorCode::io where the new log cannot be written or
// synced either: the project can only be read then, and the next holder tries again.
Result<void> leave_log(Lease& lease);

}  // namespace shale::store

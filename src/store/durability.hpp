// From visible to durable: who syncs the log for whom, and what happens when a sync fails.
//
// One caller syncs for all that wait, in all processes: the sync lock (in-process mutex, then a
// byte of LOCK) is held around fdatasync, and `durable` in CONTROL, loaded again once the lock is
// had, tells whether somebody else's sync covered the caller. The lock is an optimisation: whoever
// cannot have it within 20 ms, because its holder is stopped or the disk is slow, takes the late
// sync lock, another byte and mutex, and syncs beside him (PROTOCOL C2).
//
// Writers that commit one batch after the other come back within some 50 us of a sync, while the
// next one, started by the first of them, would cover him alone and make the others wait for two.
// So each waits until as many have asked as shared the last syncs, and the last one syncs: four
// writers need one sync for four batches, not for two. A lone writer waits for nobody; for one who
// stays away the others wait once, a millisecond at most (SyncGroup in catalog/control.hpp).
//
// The kernel tells each open file of a failed write-back once, and a file opened after one of them
// was told hears nothing (errseq_t). So a sync whose outcome nobody learned counts as failed (A3):
// CONTROL has a word for the holder of each lock, set before fdatasync and cleared after `durable`
// was raised or the log poisoned; who gets a lock and finds its word set knows that its owner died.
// And a success is worth something only by a file that was open before whatever may have failed:
// each process opens the log once, before its first sync of it, and believes its syncs from the
// moment that neither word names the log and it is not poisoned. Until then it leaves syncing to
// others; where nothing becomes durable for as long as a writer's patience, and a second at least,
// the log is poisoned, which is always safe.
//
// A poisoned log is never synced or appended to again. The next holder of the lease leaves
// it (leave_log.hpp), with which everything published is durable in a new file; a caller waiting
// here takes the lease for that. Only where that fails too does his commit fail.
#pragma once

#include "store/lease.hpp"

namespace shale::store {

// Waits until everything up to `lsn`, which lies in log `log`, is durable.
Result<void> make_durable(Project::State& project, FileId log, Lsn lsn);

// Everything committed so far becomes durable.
Result<void> sync_project(Project::State& project);

// LEASE. The same before an edition is published: an overlay or a seal must never be younger on
// disk than the batches it speaks of. May leave a poisoned log, and so change the lease's view.
Result<void> make_committed_durable(Lease& lease);

}  // namespace shale::store

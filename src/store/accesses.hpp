// Access tracking: what a process has counted becomes what the store knows.
//
//   get, get_many, pack -> View::count_access -> AccessCounts: this process's own (15 ns)
//   once a second, at close, before an answer that tells counts: flush_accesses
//     access lock; the newest view (access_lock.hpp)
//     counts are taken; each belongs to the live version of its segment (access_books.hpp)
//     versions that were superseded here hand what they have to the live one
//     .access files are read, added to, written (catalog/access_file.hpp)
//   every 20 s: those of shards are synced
//   at close: the disk is asked to begin, which it has done long before 30 s have passed (a sync
//     was 4 ms of each short process)
//
// A kill loses what its process has not flushed, of what was read in a second; what was flushed is
// the kernel's. A power cut loses what was flushed since the last sync; a log's counts are in
// volatile/ and last until they are folded into a shard's or the project is recovered. Merges carry
// what stands in files (access_carry.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <shale/store.hpp>
#include <shale/working_set.hpp>

#include "base/error.hpp"

namespace shale::store {

struct View;
class AccessLock;

// Nothing is lost where it fails or has to wait (false): what was taken is there for the next time.
Result<bool> flush_accesses(Project::State& project, std::chrono::milliseconds patience);

// What a housekeeper does in each round; `last`: the process is about to let go of the project.
void keep_accesses(Project::State& project, bool last);

// Before an answer by documents: the flush, and every version that is dead hands on what it has.
Result<void> flush_and_inherit(const AccessLock& lock);

// The texts of a pack are handed out.
void count_accesses(const View& view, const Pack& pack);

// The same snapshot for who reads texts and is no reader: exports.
Snapshot uncounted(const Snapshot& snapshot);

// How often and when each of these was read, whichever version of it: this process's reads up to
// now included. Where nothing may be written, what the files of the shards in `view` say.
Result<std::vector<Access>> accesses_of(Project::State& project,
                                        const std::shared_ptr<const View>& view,
                                        std::span<const std::string> ids);

}  // namespace shale::store

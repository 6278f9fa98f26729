// What happened in a project, batch by batch: the audit trail, and the feed by which one agent
// learns what the others did.
//
//   auto news = notes.snapshot().value().changes({.since = seen}).value();
//   for (const auto& batch : news.batches)
//     for (const auto& change : batch.changes) reload(change.id);
//   seen = news.lsn;
//
// Every batch that was committed is told once, in order, by its LSN, until it is older than the
// store keeps them (`changes.keep_days` in shale.toml, 30). A snapshot tells what it sees: a commit
// that a power cut could still take back is told too, unless the snapshot is `durable_only`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <shale/query.hpp>

namespace shale {

enum class ChangeKind : std::uint8_t {
  stashed,     // a segment that was not there
  superseded,  // a new version took the place of the one that was there
  updated,     // its metadata changed
  erased,
  ingested,  // stashed by a bulk ingest, which does not tell of each whether it superseded
};

struct Change {
  ChangeKind kind = ChangeKind::stashed;
  std::string id;
  bool operator==(const Change&) const = default;
};

struct ChangedBatch {
  std::uint64_t lsn = 0;
  std::int64_t committed_at = 0;  // microseconds since 1970 UTC, by the writer's clock
  std::uint32_t pid = 0;          // of the process that committed it, as its own namespace counts
  bool is_ingest = false;
  // Of an ingest alone, which a log has no room for: how many segments it stashed and superseded.
  // Its changes are found in the shards, where versions that were superseded since are gone after a
  // merge: there are fewer of them then.
  std::uint64_t stashed = 0;
  std::uint64_t superseded = 0;
  // Whole shards that the rules of retention let go (retention.hpp): how many segments, and between
  // which moments all of them were created (microseconds since 1970 UTC). Which they were is not
  // told: who keeps a copy asks again for what it has of that time. A drop has no changes.
  bool is_drop = false;
  std::uint64_t dropped = 0;
  std::int64_t created_first = 0;
  std::int64_t created_last = 0;
  std::vector<Change> changes;  // in the order of the batch; of an ingest, of its shards
  bool operator==(const ChangedBatch&) const = default;
};

struct ChangesQuery {
  std::uint64_t since = 0;  // batches above this LSN
  // Ends behind the batch that makes it so many changes: no batch is told in part.
  std::uint64_t limit = ~std::uint64_t(0);
  bool operator==(const ChangesQuery&) const = default;
};

struct Changes {
  std::vector<ChangedBatch> batches;  // by LSN, ascending
  std::uint64_t lsn = 0;              // where to go on: the next question's `since`
  bool more = false;                  // the limit ended it
  // Batches up to this LSN are not kept any more, or were never. Where it is above `since`, the
  // answer leaves them out: who follows has missed something, and lists the project anew.
  std::uint64_t kept_after = 0;
  std::vector<Fault> faults;  // files that are damaged: their batches are left out
};

}  // namespace shale

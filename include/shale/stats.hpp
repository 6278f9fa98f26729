// Figures: what a project holds (Project::stats), what has been done with it by all processes
// (ProjectStats::activity) and by this one alone (Store::stats), and the text of it that Prometheus
// reads.
//
// Plain values, copied when asked for. Each process counts for itself and adds what is new to the
// sums of all (volatile/STATS of the project) once a second and when it closes: a kill loses a
// second of its figures at most, a restart of the machine all of them. Nothing is decided by them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <shale/result.hpp>

namespace shale {

class Store;

// What is counted and timed.
enum class Operation : std::uint8_t {
  get,
  get_many,
  search,
  count,
  list,
  sum,  // and aggregate
  usage,
  pack,
  changes,
  snapshot,
  commit_full,     // by durability
  commit_relaxed,  // the same, and all of commit_async, which syncs many at once
  ingest,
  sync,  // fdatasync of a log: what a commit waits for the disk
};
inline constexpr std::size_t operation_count = 14;
SHALE_API const char* name_of(Operation operation) noexcept;  // "get_many"

// How many took no longer than that, since counting began: each includes those before it.
struct LatencyBucket {
  std::uint64_t up_to_ns = 0;
  std::uint64_t count = 0;
};

// `count` is exact. Each one is timed, but of `get` and `snapshot`, which may take less than it
// costs to read a clock, one of 64 on each thread, the first one included. Percentiles are at most
// 1/8 above the true ones of those that were timed, and never below. Errors count like answers.
struct OperationStats {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // of text: of commits and ingests; else 0
  std::uint64_t timed = 0;
  std::uint64_t total_ns = 0;  // of those that were timed
  std::uint64_t p50_ns = 0;
  std::uint64_t p90_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t longest_ns = 0;
  std::vector<LatencyBucket> buckets;  // up to 64 ns, 128 ns, ... 137 s; empty where none was timed
};

// Waiting for a lock that somebody else had, 20 us at least: shorter ones are not told.
struct WaitStats {
  std::uint64_t count = 0;
  std::uint64_t total_us = 0;
  std::uint64_t longest_us = 0;
};

// Merges that were published. Read are files of shards and logs, written files of shards.
struct MergeStats {
  std::uint64_t folds = 0;   // of logs alone
  std::uint64_t merges = 0;  // of shards
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t total_us = 0;  // from the first look to the new edition
};

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
};

struct Activity {
  // Microseconds since 1970 UTC: counted from here on. 0: by this process alone, since it opened
  // the project (there are no sums of all: read_only in a boot that nobody has written in, a
  // project that one process has to itself, another version's STATS).
  std::int64_t since = 0;
  std::array<OperationStats, operation_count> operations;  // by Operation
  WaitStats lease;                                         // to write
  WaitStats merge;                                         // to merge
  WaitStats sync;  // for somebody else's sync of the log; one's own is Operation::sync
  MergeStats merges;
  std::uint64_t faults = 0;  // told by answers; each answer tells all that it met
  // A process with several projects open adds what its caches did to one of them: the sum over
  // projects is exact.
  CacheCounts segments;  // decoded ones
  CacheCounts results;   // answers

  const OperationStats& of(Operation operation) const {
    return operations[static_cast<std::size_t>(operation)];
  }
};

struct SectionBytes {
  std::string name;
  std::uint64_t bytes = 0;
};

// Shards of one level and month.
struct ShardGroup {
  std::uint32_t level = 0;  // 0: from logs or an ingest; 1: merged
  std::uint32_t month = 0;  // yyyymm; 0: not parted by months
  std::uint64_t shards = 0;
  std::uint64_t segments = 0;  // superseded ones included
  std::uint64_t text_bytes = 0;
  std::uint64_t file_bytes = 0;
};

struct ProjectStats {
  std::uint64_t segments = 0;    // live
  std::uint64_t text_bytes = 0;  // of live segments
  std::uint64_t tokens = 0;      // of live segments that have a count
  std::uint64_t superseded = 0;  // versions still on disk that no reader of now sees
  std::uint64_t shards = 0;
  std::uint64_t logs = 0;  // sealed and active
  std::uint64_t sealed_logs = 0;
  std::uint64_t delta_segments = 0;  // in logs, superseded ones included
  std::uint64_t delta_bytes = 0;     // of text, of live segments in logs
  std::uint64_t disk_bytes = 0;
  std::uint64_t log_bytes = 0;  // of disk_bytes
  std::uint64_t edition = 0;
  std::uint64_t committed_lsn = 0;
  std::uint64_t durable_lsn = 0;
  // What a power cut could take back: bytes of the log, and since when its oldest batch is there
  // (0: nothing).
  std::uint64_t durable_lag_bytes = 0;
  std::uint64_t durable_lag_us = 0;
  std::uint64_t ingested_bytes = 0;  // text that ever entered through a fold or the bulk way
  // Bytes of shards ever written; divided by ingested_bytes it is the write amplification.
  std::uint64_t written_bytes = 0;
  std::vector<SectionBytes> sections;
  std::vector<ShardGroup> shard_groups;  // by level, then month
  std::uint64_t cache_hits = 0;          // of this process
  std::uint64_t cache_misses = 0;
  Activity activity;  // of all processes
};

struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

// Mapped pages of shards, counted by windows of 2 MiB.
struct PageStats {
  std::uint64_t hits = 0;              // looks at bytes that were verified already
  std::uint64_t misses = 0;            // windows that came in
  std::uint64_t evictions = 0;         // windows given back, to keep the budget
  std::uint64_t verified_bytes = 0;    // that went through their checksums
  std::uint64_t resident_bytes = 0;    // of all that the process has mapped of files, now
  std::uint64_t prefetched_bytes = 0;  // asked for in advance, because they were hot before
};

struct StoreStats {
  CacheStats segments;  // decoded ones
  CacheStats results;   // answers
  PageStats pages;
  Activity activity;  // of this process, over the projects it has opened through this store
};

// The text that Prometheus scrapes (exposition format 0.0.4, all names begin with `shale_`): of all
// projects of the store, and of this process. An HTTP server answers with it under
// "text/plain; version=0.0.4". Costs a look at two columns of every segment and at every file's
// size: about 5 ms a million segments.
SHALE_API Result<std::string> prometheus_text(const Store& store);

struct NamedProjectStats {
  std::string project;
  ProjectStats stats;
};
// The same of figures at hand; `process` may be null.
SHALE_API std::string prometheus_text(std::span<const NamedProjectStats> projects,
                                      const StoreStats* process);

}  // namespace shale

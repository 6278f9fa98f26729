// Figures: what a project holds (Project::stats) and what this process has done (Store::stats).
//
// Plain values, copied when asked for; the counters behind them cost a relaxed addition where the
// thing they count takes microseconds. Sums over processes are the reader's affair, but for what
// stands in the project itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shale {

struct SectionBytes {
  std::string name;
  std::uint64_t bytes = 0;
};

struct ProjectStats {
  std::uint64_t segments = 0;    // live
  std::uint64_t text_bytes = 0;  // of live segments
  std::uint64_t tokens = 0;      // of live segments that have a count
  std::uint64_t superseded = 0;  // versions still on disk that no reader of now sees
  std::uint64_t shards = 0;
  std::uint64_t logs = 0;  // sealed and active
  std::uint64_t delta_segments = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t edition = 0;
  std::uint64_t committed_lsn = 0;
  std::uint64_t durable_lsn = 0;
  std::uint64_t ingested_bytes = 0;  // text that ever entered through a fold or the bulk way
  // Bytes of shards ever written; divided by ingested_bytes it is the write amplification.
  std::uint64_t written_bytes = 0;
  std::vector<SectionBytes> sections;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
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
};

}  // namespace shale

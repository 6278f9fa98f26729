// STATS: what all processes have done with a project since the file was made (volatile/STATS).
//
//   0    StatsHeader  written once, before the file has its name
//   64   StatsWords   sums; each word is only added to, the longest of a kind only raised
//
// The words, all u64: 20 of OperationPart (2,048 bytes), in the order of Operation; 8 of WaitPart,
// in the order of Lock; 8 of CachePart, in the order of Cache; MergePart; faults. Parts of no
// meaning yet are zeros: what comes later takes one of them, and needs no new version.
//
// Anybody adds, at any time, without a lock; each word is atomic by itself and nothing is said of
// two of them together: a reader may see an operation counted whose time is yet to come, and a kill
// in the middle leaves it so. The file is no page of CONTROL because nothing is decided by it: a
// version that knows other words leaves it alone, and has no figures. One of another boot, file or
// project is made anew under lock_byte::figures (store/figures.hpp); no recovery reads it, no
// backup has it.
//
// Version history: 1 first.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include <shale/stats.hpp>

#include "base/histogram.hpp"
#include "base/mapped_file.hpp"
#include "catalog/control.hpp"

namespace shale::catalog {

inline constexpr u64 stats_magic = 0x3130544154534853;  // "SHSTAT01"
inline constexpr u32 stats_version = 1;

enum class Lock : u8 { lease, merge, sync };
enum class Cache : u8 { segments, results };

struct StatsHeader {
  u64 magic;
  u32 version;
  u32 bytes;
  u64 boot;
  u64 device;
  u64 inode;
  u64 project_id;
  u64 made_at;  // microseconds since 1970 UTC
  u64 unused;
};
struct OperationPart {
  u64 count;  // 0 where each one is timed: the histogram has the count
  u64 nanoseconds;
  u64 longest;  // raised, not added to
  u64 bytes;
  Histogram latency;
  u64 unused[2];
};
struct WaitPart {
  u64 count;
  u64 nanoseconds;
  u64 longest;  // raised, not added to
  u64 unused;
};
struct CachePart {
  u64 hits;
  u64 misses;
  u64 evictions;
  u64 unused;
};
struct MergePart {
  u64 folds;
  u64 merges;
  u64 read_bytes;
  u64 written_bytes;
  u64 nanoseconds;
  u64 unused[3];
};
struct StatsWords {
  OperationPart operations[20];
  WaitPart waits[8];
  CachePart caches[8];
  MergePart merges;
  u64 faults;
  u64 unused[7];

  OperationPart& of(Operation operation) { return operations[usize(operation)]; }
  const OperationPart& of(Operation operation) const { return operations[usize(operation)]; }
  WaitPart& of(Lock lock) { return waits[usize(lock)]; }
  const WaitPart& of(Lock lock) const { return waits[usize(lock)]; }
  CachePart& of(Cache cache) { return caches[usize(cache)]; }
  const CachePart& of(Cache cache) const { return caches[usize(cache)]; }
};
struct StatsPage {
  StatsHeader header;
  StatsWords words;
};
static_assert(sizeof(StatsHeader) == 64);
static_assert(sizeof(OperationPart) == 2048);
static_assert(sizeof(WaitPart) == 32 && sizeof(CachePart) == 32 && sizeof(MergePart) == 64);
static_assert(sizeof(StatsWords) == 20 * 2048 + 8 * 32 + 8 * 32 + 64 + 64);
static_assert(operation_count <= 20);
inline constexpr u64 stats_bytes = sizeof(StatsPage);

// `now` less `before`, word by word; the longest as they are now.
StatsWords difference(const StatsWords& now, const StatsWords& before);
// Adds plain words: of several projects, say.
void add(StatsWords& sum, const StatsWords& more);
bool is_zero(const StatsWords& words);
// What others are adding to at the same time.
StatsWords load_words(StatsWords& words);

// A mapped STATS. Move-only; all members may be called from many threads.
class StatsFile {
 public:
  // What stands at `path`; nothing where there is none that fits. too_new: of another version, and
  // to be left alone.
  static Result<std::optional<StatsFile>> open(const std::filesystem::path& path,
                                               const ControlIdentity& identity);
  // Under lock_byte::figures, for one process at a time: under a temporary name, then renamed.
  static Result<StatsFile> create(const std::filesystem::path& path,
                                  const ControlIdentity& identity, i64 made_at);

  void add(const StatsWords& more);
  StatsWords words() const;
  i64 made_at() const;
  // Still the file at that path, and all of it there: else what is added reaches nobody.
  Result<bool> is_at(const std::filesystem::path& path) const;

 private:
  explicit StatsFile(SharedMap map) : map_(std::move(map)) {}
  StatsPage& page() const;
  SharedMap map_;
};

// What stands in the file, for those who do not write: read, never mapped.
struct StatsCopy {
  i64 made_at = 0;
  StatsWords words{};
};
Result<std::optional<StatsCopy>> read_stats(const std::filesystem::path& path,
                                            const ControlIdentity& identity);

}  // namespace shale::catalog

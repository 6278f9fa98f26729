// .access files: how often each document of one index was read, and when last. Beside a shard
// (shards/<seq>-<id>.access), or in volatile/ for a log.
//
//   0    AccessHeader (64 bytes)
//   64   AccessEntry of document 0, 1, ... (8 bytes each); what lies behind the end is zeros
//
// A hint that is kept well: whoever changes one holds the access lock (store/access_lock.hpp), so a
// change is read, added to and written back by pread and pwrite, and no process maps the file:
// nothing of it counts against a memory budget, and no page of it can be lost under a reader. A
// file that is damaged, cut or of another index is no error: it is as good as absent, and made anew
// when something is counted. A power cut may leave some pages older than others.
//
// A log's documents are numbered by its index, which a recovery makes anew: the file of a log
// belongs to one number of recoveries (LOCK counts them) and is void after the next.
//
// Version history: 1 first. Used by store, and by backup, which copies those of shards.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "model/numbers.hpp"

namespace shale::catalog {

inline constexpr u64 access_magic = 0x3153534341414853;  // "SHAACCS1"
inline constexpr u32 access_version = 1;
inline constexpr u32 access_documents_max = 1u << 24;

struct AccessEntry {
  u32 count = 0;         // stays at its maximum once it is there
  u32 last_seconds = 0;  // since 1970 UTC
  bool operator==(const AccessEntry&) const = default;
};
static_assert(sizeof(AccessEntry) == 8);

// One more reason to remember: counts add up, the later time stays.
void add_to(AccessEntry& sum, const AccessEntry& more);

struct AccessHeader {
  u64 magic = access_magic;
  u32 version = access_version;
  u32 entry_bytes = sizeof(AccessEntry);
  u64 sequence = 0;
  u64 random = 0;
  u64 documents = 0;
  u64 recoveries = 0;
  u64 unused = 0;
  u64 checksum = 0;  // XXH3-64 of the fields above
};
static_assert(sizeof(AccessHeader) == 64);

// What a file must be of to count.
struct AccessOwner {
  FileId id;
  u64 documents = access_documents_max;  // of a shard; a log grows
  u64 recoveries = 0;                    // of a log
};

class AccessFile {
 public:
  // Nothing where there is none, or it is not what it should be.
  static Result<std::optional<AccessFile>> open(const std::filesystem::path& path,
                                                const AccessOwner& owner,
                                                File::Mode mode = File::Mode::read_write);
  // A new one, without a count, in place of whatever stands there.
  static Result<AccessFile> make(const std::filesystem::path& path, const AccessOwner& owner);
  // A new one that holds `entries`, synced.
  static Result<void> write(const std::filesystem::path& path, const AccessOwner& owner,
                            std::span<const AccessEntry> entries);

  // Documents [first, first + out.size()).
  Result<void> read(u32 first, std::span<AccessEntry> out) const;
  // Those of single documents, ascending.
  Result<void> read_some(std::span<const u32> docs, std::span<AccessEntry> out) const;
  // Every document that was counted, ascending.
  using Visitor = std::function<Result<void>(u32 doc, const AccessEntry&)>;
  Result<void> for_each(const Visitor& visit) const;
  // Changes single documents, ascending: change(i, entry of docs[i]). A kill in between leaves
  // those before done and those behind as they were.
  using Change = std::function<void(usize i, AccessEntry&)>;
  Result<void> change(std::span<const u32> docs, const Change& change);
  Result<void> sync() { return file_.sync_data(); }

 private:
  AccessFile(File file, u32 documents) : file_(std::move(file)), documents_(documents) {}
  Result<usize> window_end(std::span<const u32> docs, usize begin) const;

  File file_;
  u32 documents_;
};

// The header of a file that somebody looks at: corrupt where it is none.
Result<AccessHeader> describe_access(const std::filesystem::path& path);

}  // namespace shale::catalog

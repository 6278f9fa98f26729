// From files that were read, and files that have gone, to commits: each file whole in one of them.
//
//   files wait until they are a batch's worth: 8 MiB or 4,096 changes; where much is new, 64 MiB
//   of files that bring segments only, which go straight to a shard
//   one snapshot -> what becomes of each file (file_changes) -> one commit, durable, on the
//   condition that nobody has changed those segments since the snapshot; else the same anew, and
//   at last, for one file, while nobody else can write
//
// So what others say of a segment, at whatever moment, is never lost with the version that a sync
// replaces. A new file whose content is that of one that has gone is that file, renamed. What is
// told of a file is told when it is committed. Belongs to one thread. Used by mirror_pass.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "sync/mirror_state.hpp"
#include "sync/reading.hpp"

namespace shale::sync {

// What has been done with files: added to as it is done.
struct Written {
  Synced report;
  std::vector<KnownFile> now;     // files that were read, as the project has them now
  std::vector<std::string> gone;  // paths, with the prefix, that it has no more
};

class FileWriter {
 public:
  // `gone`: files that are known and not in the folder. `expected_bytes`: of text that is to come,
  // about. All but the latter must outlive the writer.
  FileWriter(const Project& project, const SyncOptions& options, u64 expected_bytes,
             std::span<const KnownFile* const> gone, Written& written);

  // One that is taken, or the same as the project has it but for its stamp.
  Result<void> add(Reading reading);
  // Commits what waits, then erases the files that have gone, those of `lost` among them, and that
  // no new file turned out to be. The end.
  Result<void> finish(std::span<const KnownFile* const> lost);

 private:
  struct WaitingFile {
    Reading reading;
    const KnownFile* gone = nullptr;    // it is to be erased; else:
    const KnownFile* before = nullptr;  // what it was before it was renamed
  };
  struct Planned {
    FileChanges changes;
    Written done;  // once that is committed
  };
  struct Slice {
    usize files = 0;  // the first of those that wait
    Batch batch;
    bool brings_only = true;  // nothing in it changes or erases what is there
    Written done;
  };
  static constexpr u64 bulk_bytes = 64u << 20;
  static constexpr u64 batch_bytes = 8u << 20;
  static constexpr u64 batch_changes = 4096;
  static constexpr int attempts_max = 4;

  Result<void> flush();
  Result<void> commit_some();
  Result<bool> try_to_commit();
  Result<void> commit_one_alone();
  Result<Slice> plan_some(usize files_max);
  void settle(Slice slice);
  bool is_full(const Slice& slice) const;
  Result<void> commit(Slice& slice);
  Result<Planned> plan(WaitingFile& file);
  Result<void> plan_stamp(const WaitingFile& file, Planned& planned) const;
  Result<void> plan_content(WaitingFile& file, Planned& planned);
  Result<void> plan_removal(const KnownFile& gone, Planned& planned) const;
  Result<void> mark(std::string_view path, bool is_gone, FileChanges& changes) const;
  bool is_of_another(const KnownPiece& piece) const;
  const KnownFile* take_gone(const FileContent& content);

  Project project_;
  const SyncOptions& options_;
  bool is_large_;
  std::multimap<u64, const KnownFile*> gone_;  // by hash, those that no new file has taken over
  std::vector<WaitingFile> waiting_;
  u64 waiting_bytes_ = 0;
  u64 waiting_pieces_ = 0;
  std::optional<KnownPieces> pieces_;  // of the snapshot that is planned from
  Written& written_;
};

}  // namespace shale::sync

// Overlays on their way to disk: dead and patch files for the shards of the next manifest.
//
// Files are immutable: a change writes a new one that holds the old content too, under a number of
// its own, and the manifest entry points to it (PROTOCOL A9, A10). Each takes three syncs, for
// which no writer should wait: a merger or bulk ingest writes them once before it asks for the
// lease, and under it again only where something changed meanwhile (C4). Used by fold, merge and
// bulk.
#pragma once

#include <map>

#include "catalog/manifest.hpp"
#include "store/draft_files.hpp"
#include "store/view.hpp"

namespace shale::store {

// The overlay files one change writes, before and under the lease. Not thread-safe.
class OverlayDrafts {
 public:
  explicit OverlayDrafts(const catalog::ProjectPaths& paths) : paths_(paths), files_(paths) {}

  // Lets `entry` name files that hold `overlay`: those it names, which hold `on_disk`, where
  // nothing changed; or drafts written before that hold the same; or new ones, valid up to `as_of`.
  Result<void> write(const Overlay& overlay, const Overlay& on_disk, Lsn as_of,
                     catalog::ShardEntry& entry);

 private:
  // A file written for one shard, and what it holds.
  template <class Content>
  struct Written {
    std::optional<catalog::OverlayEntry> entry;
    Content content;
  };
  struct Draft {
    Written<Bitmap> dead;
    Written<Patches> patch;
  };
  template <class Content, class PathOf, class WriteFile>
  Result<void> write_changed(const Content& content, const Content& on_disk, Written<Content>& file,
                             std::optional<catalog::OverlayEntry>& named, const PathOf& path_of,
                             const WriteFile& write_file);

  const catalog::ProjectPaths& paths_;
  std::map<FileId, Draft> drafts_;
  DraftFiles files_;
};

}  // namespace shale::store

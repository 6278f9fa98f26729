#include "store/overlay_changes.hpp"

#include <cerrno>

#include "catalog/overlay_file.hpp"

namespace shale::store {

namespace {

// Writes under the next number that has no file: a writer killed before MANIFEST named his may have
// left one, and two that prepare a change at once may want the same.
template <class PathOf, class Write>
Result<catalog::OverlayEntry> write_next(const std::optional<catalog::OverlayEntry>& before,
                                         const PathOf& path_of, const Write& write) {
  for (u64 number = before.has_value() ? before->number + 1 : 1;; ++number) {
    if (TRY(path_exists(path_of(number)))) continue;
    Result<catalog::OverlayEntry> written = write(path_of(number), number);
    if (written || written.error().errno_value != EEXIST) return written;
  }
}

}  // namespace

template <class Content, class PathOf, class WriteFile>
Result<void> OverlayDrafts::write_changed(const Content& content, const Content& on_disk,
                                          Written<Content>& file,
                                          std::optional<catalog::OverlayEntry>& named,
                                          const PathOf& path_of, const WriteFile& write_file) {
  if (content == on_disk) return {};
  if (!file.entry.has_value() || !(file.content == content)) {
    file.entry = TRY(write_next(named, path_of, write_file));
    file.content = content;
    TRY(files_.guard(path_of(file.entry->number)));
  }
  named = file.entry;
  return {};
}

Result<void> OverlayDrafts::write(const Overlay& overlay, const Overlay& on_disk, Lsn as_of,
                                  catalog::ShardEntry& entry) {
  Draft& draft = drafts_[entry.id];
  TRY(write_changed(
      overlay.dead, on_disk.dead, draft.dead, entry.dead,
      [&](u64 number) { return paths_.dead(entry.id, number); },
      [&](const auto& path, u64 number) {
        return catalog::write_dead(path, entry.id, number, as_of, overlay.dead);
      }));
  return write_changed(
      overlay.patches, on_disk.patches, draft.patch, entry.patch,
      [&](u64 number) { return paths_.patch(entry.id, number); },
      [&](const auto& path, u64 number) {
        return catalog::write_patch(path, entry.id, number, as_of, overlay.patches);
      });
}

}  // namespace shale::store

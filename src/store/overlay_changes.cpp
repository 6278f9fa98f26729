#include "store/overlay_changes.hpp"

#include <cerrno>

#include "catalog/overlay_file.hpp"
#include "store/orphans.hpp"

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

OverlayDrafts::~OverlayDrafts() {
  if (!written_.empty()) remove_unless_named(paths_, written_);
}

// An orphan's remover may have been faster than the lock: then the file is gone, and so is this
// try.
Result<void> OverlayDrafts::guard(const std::filesystem::path& path) {
  written_.push_back(path);
  LockFile lock = TRY(LockFile::open(path, false));
  const bool locked = TRY(lock.try_lock(0));
  if (!locked || !TRY(lock.still_at_path())) {
    return fail_at(ErrorCode::busy, "An overlay file was taken for an orphan", path.string());
  }
  guards_.push_back(std::move(lock));
  return {};
}

template <class Content, class PathOf, class WriteFile>
Result<void> OverlayDrafts::write_changed(const Content& content, const Content& on_disk,
                                          Written<Content>& file,
                                          std::optional<catalog::OverlayEntry>& named,
                                          const PathOf& path_of, const WriteFile& write_file) {
  if (content == on_disk) return {};
  if (!file.entry.has_value() || !(file.content == content)) {
    file.entry = TRY(write_next(named, path_of, write_file));
    file.content = content;
    TRY(guard(path_of(file.entry->number)));
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

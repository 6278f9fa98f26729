#include "store/overlay_changes.hpp"

#include "catalog/overlay_file.hpp"

namespace shale::store {

namespace {

// A number without a file: a writer killed before MANIFEST named his may have left one, which is
// never written again. Only the holder of the lease makes such files.
template <class PathOf>
u64 free_number(const std::optional<catalog::OverlayEntry>& entry, const PathOf& path_of) {
  u64 number = entry.has_value() ? entry->number + 1 : 1;
  std::error_code ignored;
  while (std::filesystem::exists(path_of(number), ignored)) ++number;
  return number;
}

}  // namespace

Result<void> write_overlay(const catalog::ProjectPaths& paths, const Overlay& overlay,
                           const Overlay& on_disk, Lsn as_of, catalog::ShardEntry& entry) {
  if (!(overlay.dead == on_disk.dead)) {
    const u64 number = free_number(entry.dead, [&](u64 n) { return paths.dead(entry.id, n); });
    entry.dead = TRY(
        catalog::write_dead(paths.dead(entry.id, number), entry.id, number, as_of, overlay.dead));
  }
  if (!(overlay.patches == on_disk.patches)) {
    const u64 number = free_number(entry.patch, [&](u64 n) { return paths.patch(entry.id, n); });
    entry.patch = TRY(catalog::write_patch(paths.patch(entry.id, number), entry.id, number, as_of,
                                           overlay.patches));
  }
  return {};
}

}  // namespace shale::store

#include "store/overlay_changes.hpp"

#include "catalog/overlay_file.hpp"

namespace shale::store {

namespace {

u64 next_number(const std::optional<catalog::OverlayEntry>& entry) {
  return entry.has_value() ? entry->number + 1 : 1;
}

}  // namespace

Result<void> write_overlay(const catalog::ProjectPaths& paths, const Overlay& overlay,
                           const Overlay& on_disk, Lsn as_of, catalog::ShardEntry& entry) {
  if (!(overlay.dead == on_disk.dead)) {
    const u64 number = next_number(entry.dead);
    entry.dead = TRY(
        catalog::write_dead(paths.dead(entry.id, number), entry.id, number, as_of, overlay.dead));
  }
  if (!(overlay.patches == on_disk.patches)) {
    const u64 number = next_number(entry.patch);
    entry.patch = TRY(catalog::write_patch(paths.patch(entry.id, number), entry.id, number, as_of,
                                           overlay.patches));
  }
  return {};
}

}  // namespace shale::store

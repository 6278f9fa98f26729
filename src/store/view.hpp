// What a snapshot sees: one edition cut at one committed LSN, as index views with their overlays.
//
// Overlays add up the files of the edition and what live logs say below the LSN: tombstones, and
// updates that the files do not hold yet. A view grows out of the one before it where the edition
// is the same, so that its cost is what was committed since. Immutable and shared.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/overlay.hpp"
#include "store/edition.hpp"

namespace shale::store {

// A document in a view.
struct Located {
  usize index = 0;  // into View::indexes
  DocNo doc{};
};

struct View {
  std::shared_ptr<const Edition> edition;
  u64 epoch = 0;
  Lsn committed;
  std::vector<IndexView> indexes;  // shards, then logs, oldest first; unreadable ones are left out
  std::vector<std::shared_ptr<const delta::LogIndex>> logs;  // the last of `indexes`
  // Where reads of `indexes` are counted, number by number, 0: not; null: nowhere. The project's,
  // which outlives its views.
  std::vector<u32> access_slots;
  AccessCounts* access_counts = nullptr;
  usize shard_count() const { return indexes.size() - logs.size(); }
  // The text of that document is handed out, or is about to be.
  void count_access(const Located& at) const {
    if (access_counts != nullptr) access_counts->add(access_slots[at.index], to_index(at.doc));
  }
  void expect_access(const Located& at) const {
    if (access_counts != nullptr) access_counts->expect(access_slots[at.index], to_index(at.doc));
  }
};

Result<std::shared_ptr<const View>> make_view(std::shared_ptr<const Edition> edition, u64 epoch,
                                              Lsn committed, const View* previous,
                                              AccessCounts* access_counts = nullptr);

// The indexes without the counts that are made for readers (counted_log.hpp).
std::vector<IndexView> stored_indexes(const View& view);

// The live version of `id`, newest index first. Every version but the newest is dead, so the first
// one that is not is the live one.
Result<std::optional<Located>> find_live(const View& view, std::string_view id);

// Up to where the shard already holds updates: later ones lie over it.
Lsn updates_held(const catalog::ShardEntry& entry);

}  // namespace shale::store

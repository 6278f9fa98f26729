#include "store/view.hpp"

#include <algorithm>
#include <map>

#include "model/record.hpp"

namespace shale::store {

namespace {

class ViewBuilder {
 public:
  ViewBuilder(std::shared_ptr<const Edition> edition, Lsn committed, const View* previous)
      : edition_(std::move(edition)), committed_(committed) {
    if (previous != nullptr && previous->edition == edition_) previous_ = previous;
  }

  Result<std::shared_ptr<const View>> run(u64 epoch, AccessCounts* access_counts) {
    view_->edition = edition_;
    view_->epoch = epoch;
    view_->committed = committed_;
    view_->access_counts = access_counts;
    add_shards();
    TRY(add_logs());
    TRY(apply_logs());
    for (const auto& [at, overlay] : changed_) view_->indexes[at].overlay = overlay;
    show_counted();
    return std::shared_ptr<const View>(view_);
  }

 private:
  void add_shards() {
    for (usize i = 0; i < edition_->shards.size(); ++i) {
      const auto& shard = edition_->shards[i];
      if (shard != nullptr) push({shard, edition_->overlays[i]}, edition_->access[i]);
    }
  }

  Result<void> add_logs() {
    for (usize i = 0; i < edition_->logs.size(); ++i) {
      const OpenLog& log = edition_->logs[i];
      if (log.arena == nullptr) continue;
      // A log that was left holds batches behind its seal, which live on elsewhere.
      const catalog::LogEntry& entry = edition_->manifest.logs[i];
      const Lsn end = entry.sealed_end != 0 ? std::min(committed_, entry.last_lsn) : committed_;
      const std::shared_ptr<const delta::LogReader> reader = log.reader;
      auto index =
          TRY(delta::LogIndex::make(log.arena, end, [reader](u64 offset, u32 bytes, TextHash hash) {
            return reader->read_text(offset, bytes, hash);
          }));
      const usize at = view_->indexes.size();
      push({index, nullptr}, log.access);
      if (log.access != nullptr) log.access->keep(index);
      if (!index->burnt().empty()) overlay_to_change(at).dead |= index->burnt();
      view_->logs.push_back(std::move(index));
      counts_.push_back(log.counts);
    }
    return {};
  }

  // What the previous view of this edition knew is where this one starts.
  void push(IndexView fresh, const std::shared_ptr<AccessSlot>& access) {
    view_->access_slots.push_back(access != nullptr ? access->number() : 0);
    const usize at = view_->indexes.size();
    if (previous_ != nullptr) fresh.overlay = previous_->indexes[at].overlay;
    if (fresh.overlay == nullptr) fresh.overlay = std::make_shared<const Overlay>();
    view_->indexes.push_back(std::move(fresh));
  }

  Result<void> apply_logs() {
    const Lsn after = previous_ != nullptr ? previous_->committed : Lsn{};
    for (const auto& log : view_->logs) {
      log->for_each_tombstone(after, [&](const delta::Tombstone& tombstone) {
        const Place* place = place_of(tombstone.index);
        if (place == nullptr) return;  // of a shard or log that was merged since
        overlay_to_change(place->at).dead.add(to_index(tombstone.doc));
      });
      TRY(log->for_each_update(after, [&](const delta::LogIndex::UpdateEntry& entry) {
        const Place* place = place_of(entry.index);
        if (place == nullptr || entry.lsn <= place->held) return;
        Update& sum = overlay_to_change(place->at).patches[to_index(entry.doc)];
        sum = merge_updates(std::move(sum), entry.update);
      }));
    }
    return {};
  }

  void show_counted() {
    for (usize i = 0; i < counts_.size(); ++i) {
      IndexView& log = view_->indexes[view_->shard_count() + i];
      if (counts_[i] == nullptr) continue;
      log.index = std::make_shared<const CountedLog>(log.index, log.overlay, counts_[i]);
    }
  }

  // Where an index stands in the view, and up to where its file holds the updates of the logs.
  struct Place {
    usize at = 0;
    Lsn held;
  };

  // Made by the first change that asks: most batches are new segments alone.
  const Place* place_of(FileId index) {
    if (places_.empty()) list_places();
    const auto found = places_.find(index);
    return found == places_.end() ? nullptr : &found->second;
  }

  void list_places() {
    for (usize at = 0; at < view_->indexes.size(); ++at) {
      places_[view_->indexes[at].index->file_id()] = {at, Lsn{}};
    }
    for (usize i = 0; i < edition_->shards.size(); ++i) {
      const auto& shard = edition_->shards[i];
      if (shard == nullptr) continue;
      places_[shard->file_id()].held = updates_held(edition_->manifest.shards[i]);
    }
  }

  Overlay& overlay_to_change(usize at) {
    auto& changed = changed_[at];
    if (changed == nullptr) changed = std::make_shared<Overlay>(*view_->indexes[at].overlay);
    return *changed;
  }

  std::shared_ptr<const Edition> edition_;
  Lsn committed_;
  const View* previous_ = nullptr;
  std::shared_ptr<View> view_ = std::make_shared<View>();
  std::vector<std::shared_ptr<LogCounts>> counts_;  // of the view's logs
  std::map<FileId, Place> places_;
  std::map<usize, std::shared_ptr<Overlay>> changed_;
};

}  // namespace

Lsn updates_held(const catalog::ShardEntry& entry) {
  return entry.patch.has_value() ? std::max(entry.as_of, entry.patch->as_of) : entry.as_of;
}

Result<std::shared_ptr<const View>> make_view(std::shared_ptr<const Edition> edition, u64 epoch,
                                              Lsn committed, const View* previous,
                                              AccessCounts* access_counts) {
  return ViewBuilder(std::move(edition), committed, previous).run(epoch, access_counts);
}

std::vector<IndexView> stored_indexes(const View& view) {
  std::vector<IndexView> indexes = view.indexes;
  for (usize i = 0; i < view.logs.size(); ++i) indexes[view.shard_count() + i].index = view.logs[i];
  return indexes;
}

Result<std::optional<Located>> find_live(const View& view, std::string_view id) {
  for (usize at = view.indexes.size(); at-- > 0;) {
    const IndexView& one = view.indexes[at];
    const std::optional<DocNo> doc = TRY(one.index->find_id(id));
    if (doc.has_value() && !one.overlay->dead.contains(to_index(*doc))) {
      return std::optional<Located>({at, *doc});
    }
  }
  return std::optional<Located>();
}

}  // namespace shale::store

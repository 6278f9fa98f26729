#include "delta/arena_cut.hpp"

#include <algorithm>

namespace shale::delta {

Result<ArenaCut> ArenaCut::make(std::shared_ptr<const Arena> arena, Lsn committed) {
  ArenaCut cut;
  cut.arena_ = std::move(arena);
  if (cut.arena_->stale()) return Unexpected{cut.damaged("The index was given up by a writer", 0)};
  cut.keeps_positions_ = load_acquire(cut.header().positions) == u32(Positions::with);
  cut.batch_count_ = std::min(load_acquire(cut.header().batch_count), arena_batches_max);
  cut.batch_count_ = cut.batches_up_to(committed);
  if (cut.batch_count_ != 0) {
    const BatchEntry* last = cut.batch(cut.batch_count_ - 1);
    if (last == nullptr) return Unexpected{cut.damaged("A batch is missing", 0)};
    cut.last_ = *last;
  }
  const bool sound = cut.last_.document_end <= arena_documents_max &&
                     cut.last_.tombstone_end <= arena_changes_max &&
                     cut.last_.update_end <= arena_changes_max;
  if (!sound) return Unexpected{cut.damaged("A batch claims too much", 0)};
  TRY(cut.find_gaps());
  return cut;
}

// The gaps are linked from batch to batch, backwards: a gap costs one step, a batch none.
Result<void> ArenaCut::find_gaps() {
  u32 from = last_.last_gap;
  u32 end_max = last_.document_end;
  u32 index_max = batch_count_;
  while (from != 0) {
    const BatchEntry* entry = from <= index_max ? batch(from - 1) : nullptr;
    const BatchEntry* before = entry != nullptr && from > 1 ? batch(from - 2) : nullptr;
    if (entry == nullptr || (from > 1 && before == nullptr))
      return Unexpected{damaged("The list of gaps is broken", 0)};
    const Gap gap{before != nullptr ? before->document_end : 0, entry->document_begin};
    if (gap.begin >= gap.end || gap.end > end_max)
      return Unexpected{damaged("A gap is out of order", 0)};
    gaps_.push_back(gap);
    end_max = gap.begin;
    index_max = from - 1;
    from = before != nullptr ? before->last_gap : 0;
  }
  std::reverse(gaps_.begin(), gaps_.end());
  return {};
}

const BatchEntry* ArenaCut::batch(u32 index) const {
  return find_entry(*arena_, header().batches, index);
}

// In steps that double from the end, for what is looked for is nearly always one of the last; then
// by halves.
u32 ArenaCut::batches_up_to(Lsn lsn) const {
  u32 low = 0;
  u32 high = batch_count_;
  for (u32 step = 1; low < high; step *= 2) {
    const u32 probe = high - std::min(step, high);
    if (is_up_to(probe, lsn))
      low = probe + 1;
    else
      high = probe;
    if (low != 0) break;
  }
  while (low < high) {
    const u32 middle = low + (high - low) / 2;
    if (is_up_to(middle, lsn))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The acquire pairs with publish: an entry of this LSN is complete. One beyond it may be changing
// (IndexWriter::discard_after) and is not looked at.
bool ArenaCut::is_up_to(u32 index, Lsn lsn) const {
  const BatchEntry* entry = batch(index);
  return entry != nullptr && load_acquire(entry->lsn) <= lsn.value;
}

bool ArenaCut::is_visible(u32 document) const {
  if (document >= document_limit()) return false;
  const auto gap = std::upper_bound(gaps_.begin(), gaps_.end(), document,
                                    [](u32 d, const Gap& g) { return d < g.end; });
  return gap == gaps_.end() || document < gap->begin;
}

const DocumentEntry* ArenaCut::document(u32 document) const {
  return is_visible(document) ? find_entry(*arena_, header().documents, document) : nullptr;
}

// By stretches of 64 KiB. One pass over the table, which others add to meanwhile.
Result<std::vector<Handle>> ArenaCut::term_handles() const {
  const HashTable table = terms();
  if (table.slots == nullptr) return Unexpected{damaged("The term table is damaged", 0)};
  constexpr u32 stretch_shift = 16;
  const usize last = usize(arena_->end() >> stretch_shift);
  const auto stretch_of = [&](Handle handle) {
    return std::min(usize(offset_of(handle) >> stretch_shift), last);
  };
  std::vector<Handle> found;
  std::vector<u32> ends(last + 2);
  for (u64 i = 0; i <= table.mask; ++i) {
    const u64 slot = load_acquire(table.slots[i]);
    if (slot == 0) continue;
    found.push_back(slot_value(slot));
    ++ends[stretch_of(found.back()) + 1];
  }
  for (usize i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  std::vector<Handle> sorted(found.size());
  for (const Handle handle : found) sorted[ends[stretch_of(handle)]++] = handle;
  return sorted;
}

std::optional<TermView> ArenaCut::term_at(u64 offset) const {
  if (offset % 8 != 0 || arena_->checked(offset, sizeof(TermRecord)) == nullptr) return {};
  const TermRecord* record =
      object_at<TermRecord>(static_cast<const std::byte*>(arena_->data()), offset);
  const u32 chains = record->chains;
  const u32 bytes = record->bytes;
  if (chains < 1 || chains > 2) return {};
  const std::byte* whole = arena_->checked(offset, term_record_bytes(bytes, chains));
  if (whole == nullptr) return {};
  return TermView{record, offset, as_text({whole + sizeof(TermRecord), bytes}), chains};
}

Error ArenaCut::damaged(std::string_view what, u64 offset) const {
  Error error(ErrorCode::corrupt, std::string(what) + " in the index of log " +
                                      std::to_string(header().log_sequence) + ".");
  error.offset = offset;
  return error;
}

}  // namespace shale::delta

#include "store/batch.hpp"

#include <bit>

#include "base/checksum.hpp"
#include "model/record.hpp"

namespace shale {

Batch::Batch() : state_(std::make_unique<State>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::stash(NewSegment segment) {
  state_->text_bytes += segment.text.size();
  state_->entries.emplace_back(std::move(segment));
}

void Batch::update(std::string id, Update changes) {
  state_->entries.emplace_back(State::Change{std::move(id), std::move(changes)});
}

void Batch::set_tier(std::string id, Tier tier) {
  Update changes;
  changes.tier = tier;
  update(std::move(id), std::move(changes));
}

void Batch::erase(std::string id) { state_->entries.emplace_back(State::Erase{std::move(id)}); }

void Batch::require_unchanged_since(std::uint64_t lsn) { state_->unchanged_since = lsn; }

std::size_t Batch::size() const noexcept { return state_->entries.size(); }

std::uint64_t Batch::text_bytes() const noexcept { return state_->text_bytes; }

void Batch::clear() {
  state_->entries.clear();
  state_->text_bytes = 0;
  state_->unchanged_since.reset();
}

namespace store {

namespace {

const std::string& entry_id(const Batch::State::Entry& entry) {
  return std::visit([](const auto& one) -> const std::string& { return one.id; }, entry);
}

bool is_update(const Batch::State::Entry& entry) {
  return std::holds_alternative<Batch::State::Change>(entry);
}

Result<void> check_entry(const Batch::State::Entry& entry) {
  if (const auto* segment = std::get_if<NewSegment>(&entry)) return check_segment(*segment);
  if (const auto* change = std::get_if<Batch::State::Change>(&entry)) {
    return check_update(change->id, change->update);
  }
  return check_update(entry_id(entry), Update{});
}

delta::Change change_of(const Batch::State::Entry& entry, Time now) {
  if (const auto* segment = std::get_if<NewSegment>(&entry)) return stash_of(*segment, now);
  if (const auto* change = std::get_if<Batch::State::Change>(&entry)) {
    return delta::UpdateChange{change->id, change->update};
  }
  return delta::EraseChange{entry_id(entry)};
}

}  // namespace

Result<void> check_batch(const Batch::State& batch) {
  for (usize i = 0; i < batch.entries.size(); ++i) {
    Result<void> checked = check_entry(batch.entries[i]);
    if (checked) continue;
    if (batch.entries.size() > 1) {
      checked.error().message =
          "Change " + std::to_string(i + 1) + " of the batch: " + checked.error().message;
    }
    return checked;
  }
  return {};
}

bool only_stashes(const Batch::State& batch) {
  for (const Batch::State::Entry& entry : batch.entries) {
    if (!std::holds_alternative<NewSegment>(entry)) return false;
  }
  return true;
}

namespace {

// Position of the last stash or erase of each id. Open addressing, twice the room: one allocation
// and one line of the cache per id, where a node each was 2 % of a bulk ingest.
class LastOfId {
 public:
  explicit LastOfId(const std::vector<Batch::State::Entry>& entries)
      : entries_(entries), slots_(std::bit_ceil(2 * entries.size()), none) {}

  void note(usize at) { *slot_of(at) = u32(at); }
  // Whether an erase or another stash of the id stands behind `at`.
  bool is_followed(usize at) {
    const u32 last = *slot_of(at);
    return last != none && last > at;
  }

 private:
  static constexpr u32 none = 0xffffffff;

  u32* slot_of(usize at) {
    const std::string& id = entry_id(entries_[at]);
    usize slot = checksum64(as_bytes(id)) & (slots_.size() - 1);
    while (slots_[slot] != none && entry_id(entries_[slots_[slot]]) != id)
      slot = (slot + 1) & (slots_.size() - 1);
    return &slots_[slot];
  }

  const std::vector<Batch::State::Entry>& entries_;
  std::vector<u32> slots_;
};

}  // namespace

// What stands before the last stash or erase of its id has no effect.
std::vector<const Batch::State::Entry*> entries_that_count(const Batch::State& batch) {
  std::vector<const Batch::State::Entry*> entries;
  if (batch.entries.size() == 1) return {batch.entries.data()};
  entries.reserve(batch.entries.size());
  LastOfId last(batch.entries);
  for (usize i = 0; i < batch.entries.size(); ++i)
    if (!is_update(batch.entries[i])) last.note(i);
  for (usize i = 0; i < batch.entries.size(); ++i)
    if (!last.is_followed(i)) entries.push_back(&batch.entries[i]);
  return entries;
}

std::vector<delta::Change> changes_of(const Batch::State& batch, Time now) {
  std::vector<delta::Change> changes;
  changes.reserve(batch.entries.size());
  for (const Batch::State::Entry* entry : entries_that_count(batch)) {
    changes.push_back(change_of(*entry, now));
  }
  return changes;
}

delta::StashChange stash_of(const NewSegment& segment, Time now) {
  delta::StashChange stash;
  stash.metadata = metadata_of(segment, now);
  stash.text = segment.text;
  stash.text_hash = checksum128(as_bytes(segment.text));
  return stash;
}

}  // namespace store
}  // namespace shale

#include "store/batch.hpp"

#include <unordered_map>

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

void Batch::erase(std::string id) { state_->entries.emplace_back(State::Erase{std::move(id)}); }

std::size_t Batch::size() const noexcept { return state_->entries.size(); }

std::uint64_t Batch::text_bytes() const noexcept { return state_->text_bytes; }

void Batch::clear() {
  state_->entries.clear();
  state_->text_bytes = 0;
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

std::vector<const Batch::State::Entry*> entries_that_count(const Batch::State& batch) {
  // Position of the last stash or erase of each id: what stands before it has no effect.
  std::unordered_map<std::string_view, usize> last;
  if (batch.entries.size() > 1) {
    last.reserve(batch.entries.size());
    for (usize i = 0; i < batch.entries.size(); ++i) {
      if (!is_update(batch.entries[i])) last[entry_id(batch.entries[i])] = i;
    }
  }
  std::vector<const Batch::State::Entry*> entries;
  entries.reserve(batch.entries.size());
  for (usize i = 0; i < batch.entries.size(); ++i) {
    const auto found = last.find(entry_id(batch.entries[i]));
    if (found == last.end() || i >= found->second) entries.push_back(&batch.entries[i]);
  }
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

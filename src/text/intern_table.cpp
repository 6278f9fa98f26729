#include "text/intern_table.hpp"

namespace shale {

namespace {

constexpr usize slots_min = 1024;

usize slot_of(u64 hash, usize slots) { return usize(hash >> 20) & (slots - 1); }

}  // namespace

u32 InternTable::find_or_add(std::string_view text, u64 hash) {
  if ((entries_.size() + 1) * 4 > slots_.size() * 3) grow();
  const u64 tag = hash >> 32 << 32;
  for (usize slot = slot_of(hash, slots_.size());; slot = (slot + 1) & (slots_.size() - 1)) {
    const u64 found = slots_[slot];
    if (found == 0) {
      entries_.push_back({hash, u32(bytes_.size()), 0, 0, u16(text.size())});
      bytes_.append(text);
      slots_[slot] = tag | entries_.size();
      return u32(entries_.size() - 1);
    }
    const u32 number = u32(found) - 1;
    if (found >> 32 << 32 == tag && entries_[number].hash == hash && this->text(number) == text) {
      return number;
    }
  }
}

void InternTable::grow() {
  const usize slots = slots_.empty() ? slots_min : slots_.size() * 2;
  slots_.assign(slots, 0);
  for (u32 number = 0; number < entries_.size(); ++number) {
    const u64 hash = entries_[number].hash;
    usize slot = slot_of(hash, slots);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots - 1);
    slots_[slot] = hash >> 32 << 32 | (number + 1);
  }
}

void InternTable::begin_marks() {
  if (++round_ != 0) return;
  for (Entry& entry : entries_) entry.marked_in = 0;
  round_ = 1;
}

// Swapped, because an empty string that is assigned leaves the other its memory.
void InternTable::clear() {
  InternTable empty;
  std::swap(*this, empty);
}

usize InternTable::memory_bytes() const {
  return entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(u64) + bytes_.capacity();
}

}  // namespace shale

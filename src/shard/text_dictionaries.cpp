#include "shard/text_dictionaries.hpp"

#include <algorithm>

namespace shale::shard {

namespace {

constexpr u64 table_bytes = 28 * 1024;  // ZSTD_sizeof_DDict of one that refers to its bytes

}  // namespace

TextDictionaries::TextDictionaries(SectionView section, std::shared_ptr<PageBudget> budget)
    : section_(std::move(section)), budget_(std::move(budget)) {}

TextDictionaries::~TextDictionaries() {
  if (budget_) budget_->give_back_table(taken_.load(std::memory_order_relaxed));
}

Result<std::unique_ptr<TextDictionaries>> TextDictionaries::make(
    SectionView section, std::shared_ptr<PageBudget> budget) {
  std::unique_ptr<TextDictionaries> made(
      new TextDictionaries(std::move(section), std::move(budget)));
  if (made->section_.size() > 0) TRY(made->read_heads());
  return made;
}

Result<void> TextDictionaries::read_heads() {
  const Bytes head = TRY(section_.view(0, sizeof(DictionariesHeader)));
  const u32 count = load<DictionariesHeader>(head.data()).count;
  if (count > dictionaries_max) return section_.damaged(0, "has more than 32 dictionaries");
  ByteReader in(TRY(section_.view(sizeof(DictionariesHeader), count * sizeof(u32))));
  u64 end = sizeof(DictionariesHeader) + count * sizeof(u32);
  for (u32 i = 0; i < count; ++i) {
    slots_[i].bytes = in.value<u32>();
    slots_[i].offset = end;
    end += slots_[i].bytes;
    if (slots_[i].bytes == 0 || slots_[i].bytes > dictionary_bytes_max) {
      return section_.damaged(0, "has a dictionary of an impossible length");
    }
  }
  if (end != section_.size()) return section_.damaged(0, "does not end with its last part");
  count_ = count;
  return {};
}

Result<Bytes> TextDictionaries::bytes(u32 number) const {
  return section_.view(slots_[number].offset, slots_[number].bytes);
}

bool TextDictionaries::has_room(u64 bytes) {
  if (!budget_) return true;
  if (!budget_->take_table(bytes)) return false;
  taken_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

Bytes TextDictionaries::copy_of(Slot& slot, Bytes bytes) {
  MutableBytes copy;
  if (budget_ && budget_->bounds_tables()) {
    slot.copy = Buffer(bytes.size());
    copy = slot.copy;
  } else {
    std::call_once(copies_made_, [&] { copies_ = LargeMemory(usize(section_.size())); });
    copy = copies_.bytes().subspan(usize(slot.offset), bytes.size());
  }
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return copy;
}

Result<std::unique_ptr<const DecompressDictionary>> TextDictionaries::prepare(const Slot& slot,
                                                                              Bytes bytes) const {
  auto made = DecompressDictionary::make(bytes);
  if (!made) return section_.damaged(slot.offset, "has a dictionary that is none");
  return made;
}

// What the acquire sees of `ready` it sees of `kept`, which is written before.
Result<TextDictionaries::Use> TextDictionaries::use(u32 number) {
  Slot& slot = slots_[number];
  const DecompressDictionary* const ready = slot.ready.load(std::memory_order_acquire);
  if (ready == nullptr) return prepare_first(slot, number);
  if (slot.kept == Kept::tables) (void)TRY(bytes(number));
  Use result;
  result.dictionary_ = ready;
  return result;
}

Result<TextDictionaries::Use> TextDictionaries::prepare_first(Slot& slot, u32 number) {
  const std::lock_guard lock(slot.mutex);
  Bytes bytes = TRY(this->bytes(number));
  Use result;
  result.dictionary_ = slot.owner.get();
  if (slot.owner != nullptr) return result;  // another thread was faster
  Kept kept = Kept::nothing;
  if (has_room(slot.bytes + table_bytes)) {
    kept = Kept::copy;
    bytes = copy_of(slot, bytes);
  } else if (has_room(table_bytes)) {
    kept = Kept::tables;
  }
  auto made = TRY(prepare(slot, bytes));
  result.dictionary_ = made.get();
  if (kept == Kept::nothing) {
    result.own_ = std::move(made);
    return result;
  }
  slot.kept = kept;
  slot.owner = std::move(made);
  slot.ready.store(slot.owner.get(), std::memory_order_release);
  return result;
}

}  // namespace shale::shard

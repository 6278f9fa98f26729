#include "store/access_counts.hpp"

#include <algorithm>
#include <limits>

namespace shale::store {

namespace {

constexpr u32 count_bits = 26;
constexpr u32 doc_bits = 24;
constexpr u32 slots_max = (1u << 14) - 1;
constexpr u64 count_mask = (u64(1) << count_bits) - 1;
constexpr auto relaxed = std::memory_order_relaxed;

// A word without its count.
constexpr u64 key_of(u32 slot, u32 doc) {
  return u64(slot) << (doc_bits + count_bits) | u64(doc) << count_bits;
}
constexpr u32 slot_of(u64 word) { return u32(word >> (doc_bits + count_bits)); }
constexpr u32 doc_of(u64 word) { return u32(word >> count_bits) & ((1u << doc_bits) - 1); }

}  // namespace

std::shared_ptr<const Index> AccessSlot::index() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

void AccessSlot::keep(const std::shared_ptr<const Index>& index) {
  const std::lock_guard lock(mutex_);
  if (index_ == nullptr || index_->document_count() <= index->document_count()) index_ = index;
}

AccessCounts::~AccessCounts() {
  for (const std::atomic<Table*>& place : tables_) delete place.load(relaxed);
}

AccessCounts::Table& AccessCounts::make_table(std::atomic<Table*>& place) {
  auto fresh = std::make_unique<Table>();
  Table* expected = nullptr;
  // Release: who finds it finds zeros.
  if (place.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) {
    return *fresh.release();
  }
  return *expected;
}

template <class Visit>
void AccessCounts::each_word(const Visit& visit) const {
  for (const std::atomic<Table*>& place : tables_) {
    Table* const table = place.load(std::memory_order_acquire);
    if (table == nullptr) continue;
    for (Line& line : table->lines) {
      for (std::atomic<u64>& word : line.words) visit(word);
    }
  }
}

template <class Visit>
bool AccessCounts::any_word(Line& line, u64 key, const Visit& visit) {
  const usize first = (doc_of(key) & 3) | (slot_of(key) & 1) << 2;
  for (usize i = 0; i < line_words; ++i) {
    if (visit(line.words[(first + i) % line_words])) return true;
  }
  return false;
}

void AccessCounts::add(u32 slot, u32 doc) {
  if (slot == 0 || doc >> doc_bits != 0) return;
  std::atomic<Table*>& place_of_table = tables_[core_slot()];
  Table* const known = place_of_table.load(std::memory_order_acquire);
  Table& table = known != nullptr ? *known : make_table(place_of_table);
  const u64 key = key_of(slot, doc);
  Line& line = table.lines[line_of(slot, doc)];
  const bool is_counted = any_word(line, key, [key](std::atomic<u64>& place) {
    u64 word = place.load(relaxed);
    while ((word & ~count_mask) == key && (word & count_mask) != count_mask) {
      if (place.compare_exchange_weak(word, word + 1, relaxed)) return true;
    }
    return false;
  });
  if (is_counted) return;
  // A free word is taken by the first who comes; two threads may begin one each for the same
  // document, and so do two cores: they add up like any other two.
  const bool is_begun = any_word(line, key, [key](std::atomic<u64>& place) {
    u64 free = 0;
    return place.load(relaxed) == 0 && place.compare_exchange_strong(free, key | 1, relaxed);
  });
  if (is_begun) {
    // Release, with the acquire in take(): who takes this count away sees the word.
    begun_.fetch_add(1, std::memory_order_release);
    return;
  }
  const std::lock_guard lock(mutex_);
  add_elsewhere(key, 1);
}

void AccessCounts::add_elsewhere(u64 key, u64 count) {
  elsewhere_[key] += count;
  begun_.fetch_add(1, std::memory_order_release);
}

// Of a slot that only this list has, nobody can count any more.
std::vector<bool> AccessCounts::unreferenced() const {
  std::vector<bool> is_left(slots_.size());
  for (usize at = 0; at < slots_.size(); ++at) is_left[at] = slots_[at].use_count() == 1;
  // Whoever let go of one did so after his last read, which is seen from here on.
  std::atomic_thread_fence(std::memory_order_acquire);
  return is_left;
}

// Slots whose counts wait to be written down stay. The look at a whole table takes some 50 us, as
// often as a shard or a log is opened.
void AccessCounts::let_go_of_unused() {
  std::vector<bool> is_left = unreferenced();
  const usize all = usize(std::count(is_left.begin(), is_left.end(), true));
  each_word([&](const std::atomic<u64>& place) {
    const u64 word = place.load(relaxed);
    if (word != 0) is_left[slot_of(word) - 1] = false;
  });
  for (const auto& [key, count] : elsewhere_) is_left[slot_of(key) - 1] = false;
  for (usize at = 0; at < slots_.size(); ++at) {
    if (is_left[at]) slots_[at] = nullptr;
  }
  retired_.store(all - usize(std::count(is_left.begin(), is_left.end(), true)), relaxed);
}

usize AccessCounts::slot_count() const {
  const std::lock_guard lock(mutex_);
  return slots_.size() - usize(std::count(slots_.begin(), slots_.end(), nullptr));
}

std::shared_ptr<AccessSlot> AccessCounts::open_slot(FileId id) {
  const std::lock_guard lock(mutex_);
  let_go_of_unused();
  usize at = 0;
  while (at < slots_.size() && slots_[at] != nullptr) ++at;
  if (at == slots_max) return nullptr;
  if (at == slots_.size()) slots_.emplace_back();
  slots_[at] = std::make_shared<AccessSlot>(u32(at + 1), id);
  return slots_[at];
}

std::vector<AccessCounts::Counted> AccessCounts::take() {
  const std::lock_guard lock(mutex_);
  std::vector<bool> is_left = unreferenced();  // before the words are taken
  begun_.exchange(0, std::memory_order_acquire);
  std::vector<Counted> counted;
  const auto add = [&](u64 word, u64 count) {
    const usize at = slot_of(word) - 1;
    const u64 most = std::numeric_limits<u32>::max();
    counted.push_back({slots_[at], doc_of(word), u32(std::min(count, most))});
    is_left[at] = false;  // it may be given back: next time, then
  };
  each_word([&](std::atomic<u64>& place) {
    if (place.load(relaxed) == 0) return;
    const u64 word = place.exchange(0, relaxed);
    add(word, word & count_mask);
  });
  for (const auto& [key, count] : elsewhere_) add(key, count);
  elsewhere_.clear();
  for (usize at = 0; at < slots_.size(); ++at) {
    if (is_left[at]) slots_[at] = nullptr;
  }
  retired_.store(0, relaxed);
  return counted;
}

void AccessCounts::give_back(const std::vector<Counted>& counted) {
  const std::lock_guard lock(mutex_);
  for (const Counted& one : counted) add_elsewhere(key_of(one.slot->number(), one.doc), one.count);
}

}  // namespace shale::store

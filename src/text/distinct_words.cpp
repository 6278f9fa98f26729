#include "text/distinct_words.hpp"

#include <algorithm>
#include <bit>

#include "text/term_hash.hpp"

namespace shale {

namespace {

constexpr usize slots_min = 1024;

u32 slot_of(u64 hash, usize mask) { return u32(hash >> 20 & mask); }

}  // namespace

void DistinctWords::collect(const char* data, std::span<const Word> words) {
  data_ = data;
  count_ = words.size();
  found_.clear();
  number_of_word_.resize(std::max(number_of_word_.size(), words.size()));
  begin_table(words.size());
  for (usize i = 0; i < words.size(); ++i) number_of_word_[i] = find_or_add(words[i]);
}

usize DistinctWords::memory_bytes() const {
  return found_.capacity() * sizeof(AnalysedTerm) + number_of_word_.capacity() * sizeof(u32) +
         slots_.capacity() * sizeof(u64);
}

// A small text uses a small part of a table that a large one has made: it stays in the cache.
void DistinctWords::begin_table(usize words) {
  const usize slots = std::bit_ceil(std::max(words / 4, slots_min));
  if (slots_.size() < slots) slots_.resize(slots);
  slot_mask_ = slots - 1;
  next_generation();
}

void DistinctWords::next_generation() {
  if (++generation_ != 0) return;
  std::fill(slots_.begin(), slots_.end(), 0);
  generation_ = 1;
}

u32 DistinctWords::find_or_add(Word word) {
  const char* bytes = data_ + word.begin;
  if (word.bytes > short_bytes_max) return find_or_add_long(word);
  const ShortKey key = short_term_key(bytes, word.bytes);
  return find_or_add(word, hash_short(key, word.bytes), [&](const AnalysedTerm& t) {
    return short_term_key(data_ + t.begin, word.bytes) == key;
  });
}

u32 DistinctWords::find_or_add_long(Word word) {
  const std::string_view bytes(data_ + word.begin, word.bytes);
  return find_or_add(word, hash_long(bytes), [&](const AnalysedTerm& t) {
    return std::string_view(data_ + t.begin, t.bytes) == bytes;
  });
}

template <class Same>
u32 DistinctWords::find_or_add(Word word, u64 hash, Same&& same) {
  for (u32 slot = slot_of(hash, slot_mask_);; slot = u32((slot + 1) & slot_mask_)) {
    const u64 entry = slots_[slot];
    if (entry >> 32 != generation_) {
      const u32 number = u32(found_.size());
      slots_[slot] = u64(generation_) << 32 | number;
      found_.push_back({hash, word.begin, word.bytes, 1, 0});
      if (found_.size() * 2 > slot_mask_) rehash();
      return number;
    }
    AnalysedTerm& known = found_[u32(entry)];
    if (known.hash == hash && known.bytes == word.bytes && same(known)) {
      ++known.tf;
      return u32(entry);
    }
  }
}

void DistinctWords::rehash() {
  const usize slots = (slot_mask_ + 1) * 2;
  if (slots_.size() < slots) slots_.resize(slots);
  slot_mask_ = slots - 1;
  next_generation();
  for (u32 i = 0; i < found_.size(); ++i) {
    u32 slot = slot_of(found_[i].hash, slot_mask_);
    while (slots_[slot] >> 32 == generation_) slot = u32((slot + 1) & slot_mask_);
    slots_[slot] = u64(generation_) << 32 | i;
  }
}

}  // namespace shale

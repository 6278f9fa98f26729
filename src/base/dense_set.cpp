#include "base/dense_set.hpp"

#include <algorithm>
#include <cassert>

#include "base/frozen.hpp"

namespace shale {

DenseSet DenseSet::of(const Bitmap& bitmap, u32 limit) {
  DenseSet set(limit);
  bitmap.add_to(set);
  return set;
}

u32 DenseSet::count() const {
  u32 count = 0;
  for (const u64 word : words_) count += u32(std::popcount(word));
  return count;
}

u32 DenseSet::intersection_count(const Bitmap& other) const {
  u32 count = 0;
  other.for_each_block([&](std::span<const u32> values) {
    for (const u32 value : values) count += contains(value) ? 1 : 0;
  });
  return count;
}

void DenseSet::add_all() {
  std::fill(words_.begin(), words_.end(), ~u64(0));
  clear_behind_limit();
}

void DenseSet::clear_behind_limit() {
  if (limit_ % 64 != 0) words_.back() &= (u64(1) << limit_ % 64) - 1;
}

void DenseSet::add(const FrozenContainer& container) {
  const u32 first = u32(container.key) << 16;
  if (first >= limit_) return;
  if (!container.is_bitset) {
    for (const u16 low : container.values) {
      if ((first | low) < limit_) add(first | low);
    }
    return;
  }
  const usize begin = first / 64;
  const usize count = std::min(container.words.size(), words_.size() - begin);
  for (usize i = 0; i < count; ++i) words_[begin + i] |= container.words[i];
  clear_behind_limit();
}

DenseSet& DenseSet::operator|=(const DenseSet& other) {
  assert(limit_ == other.limit_);
  for (usize i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

DenseSet& DenseSet::operator&=(const DenseSet& other) {
  assert(limit_ == other.limit_);
  for (usize i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

std::vector<u32> DenseSet::to_vector() const {
  std::vector<u32> values(count());
  u32* out = values.data();
  for_each([&](u32 value) { *out++ = value; });
  return values;
}

Bitmap DenseSet::to_bitmap() const {
  Buffer image;
  image.reserve(frozen_alignment + frozen_bytes_max(words_));
  usize padding = 0;
  while (!is_aligned(image.data() + padding, frozen_alignment)) ++padding;
  image.resize(padding);
  if (append_frozen_bits(words_, image) == 0) return {};
  return Bitmap::from_frozen(Bytes(image).subspan(padding));
}

}  // namespace shale

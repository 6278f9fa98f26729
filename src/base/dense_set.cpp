#include "base/dense_set.hpp"

#include <algorithm>
#include <cassert>

#include "base/frozen.hpp"

namespace shale {

u32 DenseSet::count() const {
  u32 count = 0;
  for (u32 key = 0; key < container_count(); ++key) count += count_words(container(key));
  return count;
}

void DenseSet::add_all() {
  std::fill_n(words_.begin(), words().size(), ~u64(0));
  clear_behind_limit();
}

void DenseSet::clear_behind_limit() {
  if (limit_ % 64 != 0) words_[limit_ / 64] &= (u64(1) << limit_ % 64) - 1;
  std::fill(words_.begin() + std::ptrdiff_t(words().size()), words_.end(), 0);
}

void DenseSet::add(const FrozenContainer& container) {
  const u32 first = u32(container.key) << 16;
  if (first >= limit_) return;
  u64* const words = words_.data() + first / 64;
  if (container.is_bitset) {
    for (usize i = 0; i < bitset_words; ++i) words[i] |= container.words[i];
  } else {
    add_members(container.values, words);
  }
  if (limit_ - first < 0x10000) clear_behind_limit();
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

}  // namespace shale

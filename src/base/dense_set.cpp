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
  const usize count = std::min(container.words.size(), words().size() - begin);
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

}  // namespace shale

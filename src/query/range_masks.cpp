#include "query/range_masks.hpp"

#include <algorithm>

namespace shale::query {
namespace {

constexpr u32 ranges_in_container = 65'536 / range_documents;
constexpr u32 words_in_range = range_documents / 64;
constexpr u16 no_container = 0xffff;

// Of one container: the bounds of ranges without a member become 0.
void clear_empty_in(std::span<const u64> words, std::span<float> bounds) {
  for (usize i = 0; i < bounds.size(); ++i) {
    const u64* const here = words.data() + i * words_in_range;
    if ((here[0] | here[1] | here[2] | here[3]) == 0) bounds[i] = 0;
  }
}
void clear_empty_in(std::span<const u16> values, std::span<float> bounds) {
  usize next = 0;  // the first range that is not judged
  for (const u16 value : values) {
    const usize range = value / range_documents;
    if (range < next) continue;
    if (range >= bounds.size()) break;
    std::fill(bounds.begin() + std::ptrdiff_t(next), bounds.begin() + std::ptrdiff_t(range), 0.0f);
    next = range + 1;
  }
  std::fill(bounds.begin() + std::ptrdiff_t(std::min(next, bounds.size())), bounds.end(), 0.0f);
}

}  // namespace

RangeMasks::RangeMasks(const DocumentSet& set) : containers_(set.containers()) {
  if (containers_.empty()) return;
  number_of_key_.assign(usize(containers_.back().key) + 1, no_container);
  for (usize i = 0; i < containers_.size(); ++i) number_of_key_[containers_[i].key] = u16(i);
}

const FrozenContainer* RangeMasks::container_of(u32 range) const {
  const u32 key = range / ranges_in_container;
  if (key >= number_of_key_.size() || number_of_key_[key] == no_container) return nullptr;
  return &containers_[number_of_key_[key]];
}

RangeMask RangeMasks::mask(u32 range) const {
  RangeMask mask;
  const FrozenContainer* const container = container_of(range);
  if (container == nullptr) return mask;
  const u32 inside = range % ranges_in_container;
  if (container->is_bitset) {
    std::copy_n(container->words.begin() + inside * words_in_range, words_in_range,
                mask.words.begin());
    return mask;
  }
  const std::span<const u16> values = container->values;
  auto at = std::lower_bound(values.begin(), values.end(), inside * range_documents);
  for (; at != values.end() && *at / range_documents == inside; ++at) {
    mask.words[u8(*at) / 64] |= u64(1) << (*at % 64);
  }
  return mask;
}

bool RangeMasks::contains(u32 doc) const {
  const FrozenContainer* const container = container_of(doc / range_documents);
  if (container == nullptr) return false;
  const u16 low = u16(doc);
  if (container->is_bitset) return (container->words[low / 64] >> (low % 64) & 1) != 0;
  return std::binary_search(container->values.begin(), container->values.end(), low);
}

void RangeMasks::clear_empty(std::span<float> bounds) const {
  for (usize first = 0; first < bounds.size(); first += ranges_in_container) {
    const auto here =
        bounds.subspan(first, std::min<usize>(ranges_in_container, bounds.size() - first));
    const FrozenContainer* const container = container_of(u32(first));
    if (container == nullptr) {
      std::fill(here.begin(), here.end(), 0.0f);
    } else if (container->is_bitset) {
      clear_empty_in(container->words, here);
    } else {
      clear_empty_in(container->values, here);
    }
  }
}

}  // namespace shale::query

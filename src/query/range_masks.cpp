#include "query/range_masks.hpp"

#include <algorithm>

namespace shale::query {
namespace {

constexpr u32 ranges_in_container = 65'536 / range_documents;
constexpr u32 words_in_range = range_documents / 64;
constexpr u16 no_container = 0xffff;

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
    std::array<bool, ranges_in_container> is_hit{};
    if (container != nullptr && container->is_bitset) {
      for (usize i = 0; i < container->words.size(); ++i) {
        is_hit[i / words_in_range] |= container->words[i] != 0;
      }
    } else if (container != nullptr) {
      for (const u16 value : container->values) is_hit[value / range_documents] = true;
    }
    for (usize i = 0; i < here.size(); ++i) here[i] = is_hit[i] ? here[i] : 0;
  }
}

}  // namespace shale::query

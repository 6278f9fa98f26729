#include "base/frozen.hpp"

#include <algorithm>
#include <bit>

namespace shale {

namespace {

constexpr u8 bitset_type = 1;
constexpr u8 array_type = 2;
constexpr u32 cookie = 13766;
constexpr u32 cookie_bits = 15;
constexpr u32 containers_max = 65536;
constexpr usize bitset_words = 1024;
constexpr usize bitset_bytes = bitset_words * sizeof(u64);
constexpr usize container_bytes = 2 + 2 + 1;  // key, count, type
constexpr usize header_bytes = 4;

// End of the run of `values` that share the high half of values[begin].
usize container_end(std::span<const u32> values, usize begin) {
  const u32 key = values[begin] >> 16;
  // A container holds at most 65,536 values: the search never leaves that window.
  const usize window = std::min(values.size(), begin + 65536);
  const auto end = std::partition_point(values.begin() + std::ptrdiff_t(begin),
                                        values.begin() + std::ptrdiff_t(window),
                                        [key](u32 value) { return value >> 16 == key; });
  return usize(end - values.begin());
}

// Where each part of an image under construction goes.
struct Zones {
  usize containers = 0;
  usize bitsets = 0;
  usize array_values = 0;

  usize arrays_begin() const { return bitsets * bitset_bytes; }
  usize keys_begin() const { return arrays_begin() + array_values * 2; }
  usize counts_begin() const { return keys_begin() + containers * 2; }
  usize types_begin() const { return counts_begin() + containers * 2; }
  usize header_begin() const { return types_begin() + containers; }
  usize image_bytes() const { return header_begin() + header_bytes; }
};

Zones measure(std::span<const u32> values) {
  Zones zones;
  for (usize begin = 0; begin < values.size();) {
    const usize end = container_end(values, begin);
    ++zones.containers;
    if (end - begin > array_values_max) {
      ++zones.bitsets;
    } else {
      zones.array_values += end - begin;
    }
    begin = end;
  }
  return zones;
}

Zones measure(std::span<const FrozenContainer> containers) {
  Zones zones;
  zones.containers = containers.size();
  for (const FrozenContainer& container : containers) {
    const bool is_bitset = container.count > array_values_max;
    zones.bitsets += is_bitset ? 1 : 0;
    zones.array_values += is_bitset ? 0 : container.count;
  }
  return zones;
}

void write_bitset(std::span<const u32> values, std::byte* to) {
  u64 words[bitset_words] = {};
  for (const u32 value : values) words[(value & 0xFFFF) / 64] |= u64(1) << (value % 64);
  std::memcpy(to, words, sizeof words);
}

void write_array(std::span<const u32> values, std::byte* to) {
  for (usize i = 0; i < values.size(); ++i) store_value(to + 2 * i, u16(values[i]));
}

// As many as it says it has, whatever stands in it now: bytes that were lost are zeros.
std::byte* write_members(const FrozenContainer& container, std::byte* to) {
  std::byte* const end = to + usize(container.count) * 2;
  for (const u16 value : container.values) {
    store_value(to, value);
    to += 2;
  }
  for (usize i = 0; i < container.words.size(); ++i) {
    for (u64 word = container.words[i]; word != 0 && to != end; word &= word - 1) {
      store_value(to, u16(i * 64 + usize(std::countr_zero(word))));
      to += 2;
    }
  }
  return end;
}

bool is_ascending(std::span<const u16> values) {
  return std::adjacent_find(values.begin(), values.end(), [](u16 a, u16 b) { return a >= b; }) ==
         values.end();
}

u32 count_bits(std::span<const u64> words) {
  u32 count = 0;
  for (const u64 word : words) count += u32(std::popcount(word));
  return count;
}

// Of a container with at least one member.
u32 largest_member(const FrozenContainer& container) {
  const u32 high = u32(container.key) << 16;
  if (!container.is_bitset) return high | container.values.back();
  for (usize i = bitset_words; i-- > 0;) {
    const u64 word = container.words[i];
    if (word != 0) return high | u32(i * 64 + 63 - usize(std::countl_zero(word)));
  }
  return high;
}

}  // namespace

usize append_frozen(std::span<const u32> values, Buffer& out) {
  const Zones zones = measure(values);
  const usize base = out.size();
  out.resize(base + zones.image_bytes());
  std::byte* const image = out.data() + base;
  std::byte* words = image;
  std::byte* arrays = image + zones.arrays_begin();
  usize number = 0;
  for (usize begin = 0; begin < values.size(); ++number) {
    const usize end = container_end(values, begin);
    const std::span<const u32> members = values.subspan(begin, end - begin);
    const bool is_bitset = members.size() > array_values_max;
    if (is_bitset) {
      write_bitset(members, words);
      words += bitset_bytes;
    } else {
      write_array(members, arrays);
      arrays += members.size() * 2;
    }
    store_value(image + zones.keys_begin() + 2 * number, u16(members[0] >> 16));
    store_value(image + zones.counts_begin() + 2 * number, u16(members.size() - 1));
    image[zones.types_begin() + number] = std::byte(is_bitset ? bitset_type : array_type);
    begin = end;
  }
  store_value(image + zones.header_begin(), u32(zones.containers) << cookie_bits | cookie);
  return zones.image_bytes();
}

usize append_frozen(std::span<const FrozenContainer> containers, Buffer& out) {
  const Zones zones = measure(containers);
  const usize base = out.size();
  out.resize(base + zones.image_bytes());
  std::byte* const image = out.data() + base;
  std::byte* words = image;
  std::byte* arrays = image + zones.arrays_begin();
  for (usize i = 0; i < containers.size(); ++i) {
    const FrozenContainer& container = containers[i];
    const bool is_bitset = container.count > array_values_max;
    if (is_bitset) {
      std::memcpy(words, container.words.data(), bitset_bytes);
      words += bitset_bytes;
    } else {
      arrays = write_members(container, arrays);
    }
    store_value(image + zones.keys_begin() + 2 * i, container.key);
    store_value(image + zones.counts_begin() + 2 * i, u16(container.count - 1));
    image[zones.types_begin() + i] = std::byte(is_bitset ? bitset_type : array_type);
  }
  store_value(image + zones.header_begin(), u32(zones.containers) << cookie_bits | cookie);
  return zones.image_bytes();
}

usize frozen_bytes(std::span<const FrozenContainer> containers) {
  return measure(containers).image_bytes();
}

std::optional<FrozenView> FrozenView::make(Bytes image) {
  if (image.size() < header_bytes || !is_aligned(image.data(), alignof(u64))) return std::nullopt;
  const u32 header = load<u32>(image.data() + image.size() - header_bytes);
  const u32 count = header >> cookie_bits;
  if ((header & ((1u << cookie_bits) - 1)) != cookie || count > containers_max) return std::nullopt;
  const usize tail = count * container_bytes + header_bytes;
  if (image.size() < tail) return std::nullopt;

  FrozenView view;
  view.image_ = image;
  view.count_ = count;
  view.keys_begin_ = image.size() - tail;
  if (view.keys_begin_ % 2 != 0) return std::nullopt;
  if (!is_ascending(view.keys())) return std::nullopt;
  usize array_bytes = 0;
  for (u32 i = 0; i < count; ++i) {
    const u32 members = view.members_of(i);
    const u8 type = view.type_of(i);
    if (type == bitset_type && members > array_values_max) {
      view.values_begin_ += bitset_bytes;
    } else if (type == array_type && members <= array_values_max) {
      array_bytes += members * 2;
    } else {
      return std::nullopt;
    }
  }
  if (view.values_begin_ + array_bytes != view.keys_begin_) return std::nullopt;
  return view;
}

std::span<const u16> FrozenView::keys() const {
  return view_as<u16>(image_.subspan(keys_begin_, count_ * usize(2)));
}
u32 FrozenView::members_of(u32 index) const {
  return u32(load<u16>(image_.data() + keys_begin_ + 2 * (usize(count_) + index))) + 1;
}
u8 FrozenView::type_of(u32 index) const {
  return u8(image_[keys_begin_ + 4 * usize(count_) + index]);
}

bool FrozenView::Walk::next(FrozenContainer& out) {
  if (index_ == view_.count_) return false;
  out.key = load<u16>(view_.image_.data() + view_.keys_begin_ + 2 * usize(index_));
  out.count = view_.members_of(index_);
  out.is_bitset = view_.type_of(index_) == bitset_type;
  if (out.is_bitset) {
    out.words = view_as<u64>(view_.image_.subspan(words_, bitset_bytes));
    out.values = {};
    words_ += bitset_bytes;
  } else {
    const usize bytes = out.count * usize(2);
    out.values = view_as<u16>(view_.image_.subspan(view_.values_begin_ + values_, bytes));
    out.words = {};
    values_ += bytes;
  }
  ++index_;
  return true;
}

bool check_frozen(Bytes image, u32 count, u32 values_end) {
  const std::optional<FrozenView> view = FrozenView::make(image);
  if (!view) return false;
  u64 total = 0;
  FrozenContainer container;
  for (FrozenView::Walk walk(*view); walk.next(container);) {
    const bool sound = container.is_bitset ? count_bits(container.words) == container.count
                                           : is_ascending(container.values);
    if (!sound || largest_member(container) >= values_end) return false;
    total += container.count;
  }
  return total == count;
}

}  // namespace shale

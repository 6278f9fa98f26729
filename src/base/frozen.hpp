// The frozen roaring image: a set of u32, laid out so that it is used where it lies.
//
// Layout (little endian; the image begins 32-byte aligned, without which it can be read but not be
// used in place; fixed by us, equal to what CRoaring 0.2.66 writes, tested byte for byte against
// the installed library):
//
//   u64  words[1024]        for each bitset container, in key order
//   (run containers: none; shale never writes them and rejects images that hold one)
//   u16  values[count]      for each array container, in key order, ascending
//   u16  keys[n]            high 16 bits of each container's members, ascending
//   u16  counts[n]          members of the container, minus one
//   u8   types[n]           1 = bitset, 2 = array (no run containers: type 3 is refused)
//   u32  header             n << 15 | 13766
//
// An array holds at most 4,096 values, a bitset more than that. Readers go through FrozenView;
// nothing here touches CRoaring. Used by shard/postings and by the overlay files.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace shale {

inline constexpr usize frozen_alignment = 32;
inline constexpr u32 array_values_max = 4096;

struct FrozenContainer {
  u16 key = 0;  // high 16 bits of all members
  bool is_bitset = false;
  u32 count = 0;                // members, 1..65536
  std::span<const u64> words;   // 1,024 of them where is_bitset
  std::span<const u16> values;  // `count` of them otherwise
};

// Appends the image of ascending `values` (non-empty, none twice) to `out`, which the caller has
// padded to 32 bytes. Returns its length.
usize append_frozen(std::span<const u32> values, Buffer& out);

// The same of containers in key order, whose bitsets may hold fewer members than an array could.
usize append_frozen(std::span<const FrozenContainer> containers, Buffer& out);
usize frozen_bytes(std::span<const FrozenContainer> containers);  // how many that are

// The containers of an image, found without allocation. make() checks the frame (header, sizes,
// types, keys ascending): O(containers); an image that is not 8-byte aligned is refused as well.
// check_frozen also checks every value: O(bytes).
class FrozenView {
 public:
  static std::optional<FrozenView> make(Bytes image);
  u32 container_count() const { return count_; }

  // The containers in key order; the view must outlive the walk.
  class Walk {
   public:
    explicit Walk(const FrozenView& view) : view_(view) {}
    bool next(FrozenContainer& out);

   private:
    const FrozenView& view_;
    u32 index_ = 0;
    usize words_ = 0;   // byte offset of the next bitset
    usize values_ = 0;  // byte offset of the next array, from the first one
  };

 private:
  FrozenView() = default;
  std::span<const u16> keys() const;
  u32 members_of(u32 index) const;
  u8 type_of(u32 index) const;

  Bytes image_;
  u32 count_ = 0;
  usize values_begin_ = 0;
  usize keys_begin_ = 0;
};

// Everything a hostile image could get wrong: frame, ascending values, bitset counts that match
// their words, members below `values_end`, total equal to `count`.
bool check_frozen(Bytes image, u32 count, u32 values_end);

}  // namespace shale

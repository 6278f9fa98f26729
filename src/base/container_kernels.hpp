// The inner loops of set algebra: over bitsets of 1,024 words and over ascending arrays of 16-bit
// numbers, the two kinds of container (base/frozen.hpp).
//
// Each has a vector twin (base/kernel.hpp) with the same results. Nothing allocates, and nothing is
// read or written beyond what the sizes allow, whatever stands in the arrays: bytes of a page that
// is lost while they are read are zeros, and give a wrong set, which the caller finds out
// (Index::loss), but no harm. Used by document_set.
#pragma once

#include <span>

#include "base/integers.hpp"

namespace shale {

inline constexpr usize bitset_words = 1024;
using Bitset = std::span<const u64, bitset_words>;

// Of both, of either, of `a` only: to `out`, which may be one of them. The number of members.
u32 and_words(Bitset a, Bitset b, u64* out);
u32 or_words(Bitset a, Bitset b, u64* out);
u32 and_not_words(Bitset a, Bitset b, u64* out);
u32 count_words(Bitset words);

// The values that are in both, to `out`, which is neither of them and has room for as many as the
// smaller one holds and `values_slack` more. Returns how many.
inline constexpr usize values_slack = 8;
u32 and_values(std::span<const u16> a, std::span<const u16> b, u16* out);
// The values that are members of the bitset, or that are none: to `out`, which may be `values`.
u32 select_members(std::span<const u16> values, Bitset words, u16* out);
u32 select_others(std::span<const u16> values, Bitset words, u16* out);

void add_members(std::span<const u16> values, u64* words);
void remove_members(std::span<const u16> values, u64* words);

}  // namespace shale

// Whether two texts say nearly the same: a 64-bit SimHash over shingles of three words (Charikar,
// STOC 2002; Manku, Jain and Das Sarma, WWW 2007, for near-duplicates of pages).
//
// Bit b of the hash says whether more of a text's shingles have bit b set in their hash than not.
// Each shingle counts once: with their frequencies, tables of numbers that share one row of zeros
// were the same. Computed from the text when a pack looks at it anyway: no column of a store holds
// it. Words are those of the analysis `plain`, whatever the store's; a text of one or two words is
// one shingle. Only the first 64 KB of a text are looked at.
//
// The threshold, measured on 12,500 pieces of 30 lines of the kernel's source: of 78 million pairs,
// 59 differ in 1 to 6 bits or have equal hashes without being the same; two of these share fewer
// than .7 of their shingles (Jaccard), of those that differ in 10 bits 60 %. Of copies with one
// word changed, 79 % are found, with two 51 %, with eight 4 %. Pure functions; used by
// selection.cpp.
#pragma once

#include <bit>
#include <optional>
#include <string_view>

#include "base/integers.hpp"

namespace shale::pack {

inline constexpr int alike_bits_max = 6;

// Nothing for a text without a word.
std::optional<u64> simhash(std::string_view text);

inline bool are_alike(u64 a, u64 b) { return std::popcount(a ^ b) <= alike_bits_max; }

}  // namespace shale::pack

// Positions: where in its document a word stands.
//
// positions (POSI): words of df > 1, or of one document with tf > 1, in term order (a single
//   occurrence keeps its position in the dictionary); per posting tf varints: the first position,
//   then gaps. The length of a term's positions stands in the dictionary.
// position_offsets (POSO): per big word, u32 ends[ceil(df / 64)]: where the positions of each 64
//   postings end, from the term's start.
//
// So a posting is reached by skipping varints of at most 63 others (big terms) or 30 (small ones).
// Knows nothing of documents. Used by terms_writer and terms_reader.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "shard/sections.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shale::shard {

inline constexpr u32 group_postings = 64;
inline constexpr u64 positions_end_max = u64(1) << 40;  // POSI offsets are kept in 40 bits

inline constexpr u64 top_bits = 0x8080808080808080;  // of eight bytes
inline constexpr usize no_bytes = ~usize(0);

inline u32 groups_of(u32 df) { return (df + group_postings - 1) / group_postings; }

// Bytes of the first `count` varints in `bytes`; nothing where there are fewer.
std::optional<usize> varints_bytes(Bytes bytes, u64 count);
// Whether `bytes` are `tf` varints (after `skip` others) whose sums fit a position.
bool decode_positions(Bytes bytes, u64 skip, u32 tf, std::vector<u32>& positions);

// varints_bytes, and no_bytes where there are fewer: what is called for every candidate of a phrase
// returns no std::optional, which goes by way of memory and took half of the time.
// Eight bytes at a time: a varint ends in a byte whose top bit is clear. Where the last one is
// among eight, the bytes before it are those up to which too few end.
inline usize skip_varints(Bytes bytes, u64 count) {
  constexpr u64 ones = 0x0101010101010101;
  if (count == 0) return 0;
  usize at = 0;
  while (bytes.size() - at >= 8) {
    const u64 ends = ~load<u64>(bytes.data() + at) & top_bits;
    const u64 upto = (ends >> 7) * ones;  // in each byte: how many end in it and before
    if (upto >> 56 >= count) {
      const u64 enough = ((upto | top_bits) - count * ones) & top_bits;
      return at + usize(((~enough & top_bits) >> 7) * ones >> 56) + 1;
    }
    count -= upto >> 56;
    at += 8;
  }
  for (; count > 0; ++at) {
    if (at == bytes.size()) return no_bytes;
    count -= u64(bytes[at]) < 128;
  }
  return at;
}

// out[i] = base and the first i + 1 bytes of `eight`, each below 128.
inline void add_up_eight(u64 eight, u32 base, u32* out) {
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  __m128i sums = _mm_unpacklo_epi8(_mm_cvtsi64_si128(i64(eight)), zero);
  sums = _mm_add_epi16(sums, _mm_slli_si128(sums, 2));
  sums = _mm_add_epi16(sums, _mm_slli_si128(sums, 4));
  sums = _mm_add_epi16(sums, _mm_slli_si128(sums, 8));
  const __m128i bases = _mm_set1_epi32(int(base));
  const __m128i low = _mm_add_epi32(_mm_unpacklo_epi16(sums, zero), bases);
  const __m128i high = _mm_add_epi32(_mm_unpackhi_epi16(sums, zero), bases);
  std::memcpy(out, &low, sizeof low);
  std::memcpy(out + 4, &high, sizeof high);
#else
  for (u32 i = 0; i < 8; ++i) out[i] = base += u32(eight >> 8 * i & 0xff);
#endif
}

// The rest of read_positions, one varint after the other.
usize read_long_positions(Bytes bytes, std::span<u32> out, u64 position);

// The positions of one posting, the first `tf` varints of `bytes`, to `out`, which has room for as
// many, or for as many as there are bytes, and positions_slack more. How many bytes they are;
// no_bytes where there are fewer or a sum fits no position. Eight at a time, as long as they are
// single bytes: nearly all are, since a piece of text has a hundred words or two.
inline constexpr usize positions_slack = 8;
inline usize read_positions(Bytes bytes, u32 tf, u32* out) {
  u64 position = 0;
  u32 done = 0;
  for (; done < tf && bytes.size() - done >= 8; done += 8) {
    const u64 eight = load<u64>(bytes.data() + done);
    const u32 here = std::min(tf - done, 8u);
    if ((eight & top_bits << (64 - 8 * here) >> (64 - 8 * here)) != 0) [[unlikely]]
      break;
    add_up_eight(eight, u32(position), out + done);
    position += out[done + here - 1] - u32(position);
  }
  if (done >= tf) return position > ~u32(0) ? no_bytes : tf;
  const usize rest = read_long_positions(bytes.subspan(done), {out + done, tf - done}, position);
  return rest == no_bytes ? no_bytes : done + rest;
}

class PositionsWriter {
 public:
  PositionsWriter(SectionSpool& positions, SectionSpool& offsets)
      : positions_(positions), offsets_(offsets) {}
  u64 end() const { return positions_.size(); }
  // Positions of all postings of a term. ErrorCode::corrupt where they are not sum(tfs) varints.
  Result<void> add(Bytes positions, std::span<const u32> tfs);
  // The same for a big term; returns the POSO index of its first group.
  Result<u32> add_big(Bytes positions, std::span<const u32> tfs);

 private:
  Result<void> append(Bytes positions);
  SectionSpool& positions_;
  SectionSpool& offsets_;
};

// Where positions of neighbouring groups of a big term end, in bytes from the term's first.
class GroupEnds {
 public:
  GroupEnds() = default;
  GroupEnds(Bytes values, u32 ends_at, u32 first)
      : values_(values), ends_at_(ends_at), first_(first) {}
  u32 begin_of(u32 group) const { return group == 0 ? 0 : end_of(group - 1); }
  u32 end_of(u32 group) const { return load<u32>(values_.data() + usize(group - first_) * 4); }
  u64 place_of(u32 group) const { return (u64(ends_at_) + group) * 4; }  // of its end, in POSO

 private:
  Bytes values_;
  u32 ends_at_ = 0;
  u32 first_ = 0;  // the group whose end comes first
};

class PositionsReader {
 public:
  PositionsReader() = default;
  PositionsReader(SectionView positions, SectionView offsets)
      : positions_(std::move(positions)), offsets_(std::move(offsets)) {}

  // POSI [at, at + bytes).
  Result<Bytes> bytes(u64 at, u64 bytes) const { return positions_.view(at, bytes); }
  // Where groups [first, last] of a big term begin and end.
  Result<GroupEnds> ends(u32 ends_at, u32 first, u32 last) const;
  // The positions of one of them; those of the term begin at `at`.
  Result<Bytes> group(u64 at, const GroupEnds& ends, u32 group) const;
  Unexpected damaged(u64 at, std::string what) const {
    return positions_.damaged(at, std::move(what));
  }
  // All positions of a term against its frequencies; of a big one, also the ends of its groups.
  Result<void> verify(u64 at, u64 bytes, std::span<const u32> tfs) const;
  Result<void> verify_groups(u64 at, u64 bytes, u32 ends_at, std::span<const u32> tfs) const;
  Result<void> verify_ends(u64 positions, u64 groups) const;

 private:
  SectionView positions_;
  SectionView offsets_;
};

}  // namespace shale::shard

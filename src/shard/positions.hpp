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

#include <optional>
#include <span>
#include <vector>

#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 group_postings = 64;
inline constexpr u64 positions_end_max = u64(1) << 40;  // POSI offsets are kept in 40 bits

inline u32 groups_of(u32 df) { return (df + group_postings - 1) / group_postings; }

// Bytes of the first `count` varints in `bytes`; nothing where there are fewer.
std::optional<usize> varints_bytes(Bytes bytes, u64 count);
// The positions of one posting, the first `tf` varints of `bytes`, to `out`, which has room for
// them. How many bytes they are; nothing where there are fewer or a sum fits no position.
std::optional<usize> read_positions(Bytes bytes, u32 tf, u32* out);
// Whether `bytes` are `tf` varints (after `skip` others) whose sums fit a position.
bool decode_positions(Bytes bytes, u64 skip, u32 tf, std::vector<u32>& positions);

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

class PositionsReader {
 public:
  PositionsReader() = default;
  PositionsReader(SectionView positions, SectionView offsets)
      : positions_(std::move(positions)), offsets_(std::move(offsets)) {}

  // POSI [at, at + bytes).
  Result<Bytes> bytes(u64 at, u64 bytes) const { return positions_.view(at, bytes); }
  // The positions of one group of a big term whose positions begin at `at`.
  Result<Bytes> group(u64 at, u32 ends_at, u32 group) const;
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

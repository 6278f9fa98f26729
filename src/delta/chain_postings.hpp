// A chain's postings as arrays: what a fold reads of each term.
//
// The slices are copied into one stretch first, so that no varint has to look for the end of its
// slice: most chains are a few slices of a few postings. Memory is kept from chain to chain.
#pragma once

#include "delta/arena_cut.hpp"

namespace shale::delta {

class ChainPostings {
 public:
  // Reads the documents that `cut` shows; false where the chain is damaged.
  bool read(const ArenaCut& cut, const TermView& term);

  // Valid until the next read.
  std::span<const u32> docs() const { return {docs_.data(), count_}; }
  std::span<const u32> tfs() const { return {tfs_.data(), count_}; }
  Bytes positions() const { return Bytes(positions_).first(position_bytes_); }

 private:
  bool decode(const ArenaCut& cut, usize bytes, bool with_positions);
  void append(u32 document, u32 tf, Bytes positions);

  Buffer chain_;
  std::vector<u32> docs_;
  std::vector<u32> tfs_;
  Buffer positions_;
  usize count_ = 0;
  usize position_bytes_ = 0;
};

}  // namespace shale::delta

// Range maxima: how much a frequent word can score at most in each range of 256 documents.
//
// range_maxima (RDIR): one record per word of df >= 4096, in term order, for N documents:
//   u8   maxima[ceil(N / 256)], padded to 64   ceil(max of tf / (tf + norm) / scale); 0 = none
//   u16  ranks[ceil(N / 1024)]                 postings of the same 65,536 before the range
//   ...  zeros, so that the record's length is a multiple of 64
//   f32  scale                                 the record's last 4 bytes
// norm is bm25_norm at the shard's own average length; if the collection's average A' is larger
// than the shard's A, maxima * max(1, A' / A) is still an upper bound (RANKING 1g). Ranges do not
// depend on the term, and 65,536 is a multiple of 256: ranges of all terms line up with containers.
//
// Not the ranking itself, which sums these bounds (query). Used by terms_writer and terms_reader.
#pragma once

#include <span>
#include <vector>

#include "model/range_postings.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 rank_documents = 1024;
static_assert(range_documents == 256);  // of the format
inline constexpr u32 range_df_min = 4096;

struct RangeLayout {
  u64 maxima = 0;    // how many
  u64 ranks = 0;     // how many
  u64 ranks_at = 0;  // byte in the record
  u64 record_bytes = 0;
};
RangeLayout range_layout(u32 document_count);

struct RangeMaxima {
  float scale = 0;
  std::span<const u8> maxima;
  std::span<const u16> ranks;
  float bound(u32 doc) const { return scale * float(maxima[doc / range_documents]); }
};

class RangesWriter {
 public:
  RangesWriter(SectionSpool& spool, u32 document_count)
      : spool_(spool), document_count_(document_count) {}
  void set_lengths(std::span<const u32> lengths);  // before the first add
  // Returns the record's number.
  Result<u32> add(std::span<const u32> docs, std::span<const u32> tfs);

 private:
  SectionSpool& spool_;
  u32 document_count_;
  std::vector<float> norms_;  // of every document
  u32 count_ = 0;
};

class RangesReader {
 public:
  RangesReader() = default;
  RangesReader(SectionView view, u32 document_count)
      : view_(std::move(view)), layout_(range_layout(document_count)) {}
  // All of a record; lives as long as the shard is open.
  Result<RangeMaxima> record(u32 number) const;
  // Only the ranks: two or three extents even in a large shard.
  Result<std::span<const u16>> ranks(u32 number) const;
  // A record against its documents: ranks, a maximum exactly where there are postings.
  Result<void> verify(u32 number, std::span<const u32> docs) const;
  Result<void> verify_end(u32 count) const;

 private:
  SectionView view_;
  RangeLayout layout_;
};

}  // namespace shale::shard

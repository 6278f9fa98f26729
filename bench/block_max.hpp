// The yardstick of ranked search: block-max WAND and block-max MaxScore over bit-packed lists, the
// two algorithms that other engines prune with.
//
// Lists of blocks of 128 documents, gaps and frequencies bit-packed in four lanes (SSE2), with the
// last document and the exact largest score of each block: Ding and Suel, "Faster Top-k Document
// Retrieval Using Block-Max Indexes" (SIGIR 2011); Turtle and Flood's MaxScore with the same block
// maxima. All in memory, idf included in the maxima, norms as floats: nothing is spared that makes
// them fast. Used by search_figures; no part of the product.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shale::bench {

using u8 = std::uint8_t;
using u32 = std::uint32_t;

struct ScoredDoc {
  float score = 0;
  u32 doc = 0;
};

class BlockMaxList {
 public:
  // `docs` ascend; a score is weight * tf / (tf + norms[doc]).
  BlockMaxList(std::span<const u32> docs, std::span<const u32> tfs, float weight,
               std::span<const float> norms);
  std::size_t bytes() const;

 private:
  friend class BlockCursor;
  static constexpr u32 block_size = 128;
  u32 count_ = 0;
  float weight_ = 0;
  float most_ = 0;             // largest score of all
  std::vector<u32> last_;      // document of each block
  std::vector<u32> at_;        // where its packed words begin
  std::vector<float> maxima_;  // largest score in it
  std::vector<u32> packed_;    // per block: bits of the gaps, bits of the frequencies, then both
};

// The `k` best documents that hold one of the words: score descending, then document.
std::vector<ScoredDoc> block_max_wand(std::span<const BlockMaxList* const> lists,
                                      std::span<const float> norms, std::size_t k);
std::vector<ScoredDoc> block_max_maxscore(std::span<const BlockMaxList* const> lists,
                                          std::span<const float> norms, std::size_t k);
// That hold all of them, skipping by block maxima.
std::vector<ScoredDoc> block_max_and(std::span<const BlockMaxList* const> lists,
                                     std::span<const float> norms, std::size_t k);
std::size_t count_and(std::span<const BlockMaxList* const> lists);
// Both in one pass: all of them are met, and scored where their blocks may pass the threshold.
std::vector<ScoredDoc> block_max_and_counted(std::span<const BlockMaxList* const> lists,
                                             std::span<const float> norms, std::size_t k,
                                             std::size_t& count);

}  // namespace shale::bench

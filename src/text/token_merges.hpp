// Tokens of one piece that is no token itself, in time proportional to its length.
//
// Byte-pair encoding merges the pair of the least rank first, wherever it stands. The same tokens
// are found from the left: the longest token that goes on from here, if it and the one before it
// are what their bytes together merge to; else the next shorter one; else a step back. A place from
// which no way led is never come to again, so each byte is looked at a bounded number of times.
// (H. van Antwerpen, A. Neubeck, "So many tokens, so little time", GitHub 2024: that encoding a
// text is choosing, at each place, the only token that is compatible with the one before it.)
//
// Where two bytes meet that no token has side by side, the tokens before are settled: what stands
// behind is a piece by itself. Of random bytes, most of what stands between two such borders is one
// token.
//
// Long runs of few characters would have it go astray some sixty bytes far at every token; of these
// the pairs are merged as they are defined, a run at a time.
//
// One thread at a time; keeps its memory from piece to piece. Used by token_counter.
#pragma once

#include <string_view>
#include <vector>

#include "text/run_merger.hpp"

namespace shale {

class PieceEncoder {
 public:
  // The vocabulary outlives it.
  explicit PieceEncoder(const Vocabulary& vocabulary);
  // How many tokens a piece has, which is not empty.
  u64 count(std::string_view piece);
  // Whether two tokens side by side stay as they are: nothing merges over their border before all
  // that they were merged from is.
  static bool are_compatible(const Vocabulary& vocabulary, u32 left, u32 right);

 private:
  u32 prefix_of(u32 token) const;
  u32 first_compatible(u32 before, u32 token);
  u32 next_token(u32 token, usize at, usize end);
  u64 count_from_left(std::string_view piece);
  bool is_dead(usize place) const { return (dead_[place / 64] >> place % 64 & 1) != 0; }

  const Vocabulary& vocabulary_;
  std::vector<u32> tokens_;  // so far
  std::vector<u64> dead_;    // places from which no way leads to the end, a bit each
  std::vector<u64> steps_;   // first_compatible of pairs met before: 18 bits for each of the three
  RunMerger runs_;
};

}  // namespace shale

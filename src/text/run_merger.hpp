// Tokens of a piece that is a few long runs of equal bytes: ten megabytes of blanks, a line of
// dashes.
//
// Byte-pair encoding as it is defined (the pair of least rank first, the leftmost of them), over a
// list of {token, how many of it in a row}: all pairs inside a run merge at once, for what they
// become never merges sooner than they do. One thread at a time. Used by token_merges.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"

namespace shale {

class RunMerger {
 public:
  // Nothing where the piece has more runs than it pays for.
  std::optional<u64> count(const Vocabulary& vocabulary, std::string_view piece);

 private:
  struct Run {
    u32 token = 0;
    u64 times = 0;
  };
  bool find_runs(const Vocabulary& vocabulary, std::string_view piece);
  bool merge_least(const Vocabulary& vocabulary);
  void merge_inside(usize run, u32 merged);
  void merge_border(usize left, u32 merged);
  void join_equal();

  std::vector<Run> runs_;
};

}  // namespace shale

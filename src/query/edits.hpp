// Words within one or two edits of another: what a fuzzy word finds.
//
// An edit inserts, removes or replaces a character, or swaps two neighbours (each pair once:
// restricted Damerau-Levenshtein). Characters are code points; a byte that is no UTF-8 is one.
// Not for several threads. Used by view_search.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"

namespace shale::query {

class FuzzyWord {
 public:
  FuzzyWord(std::string_view word, u32 edits_max);
  bool matches(std::string_view other);

 private:
  u32 edits_max_;
  std::u32string word_;
  std::u32string other_;
  std::vector<u32> rows_[3];
};

}  // namespace shale::query

// Words within one or two edits of another: what a fuzzy word finds.
//
// An edit inserts, removes or replaces a character, or swaps two neighbours (each pair once:
// restricted Damerau-Levenshtein). Characters are code points; a byte that is no UTF-8 is one.
//
// A filter of terms: the rows of the distance's table are kept character by character, so that a
// word costs what it does not share with the word before, and a beginning that no wanted word has
// is left together with all that begin so. Once the edits are used up, only those words are gone to
// that go on with a character that can still fit. Asked in any order it is right, in byte order it
// is fast. Not for several threads. Used by view_search.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/index.hpp"

namespace shale::query {

class FuzzyFilter final : public TermFilter {
 public:
  FuzzyFilter(std::string_view word, u32 edits_max);  // 1 or 2
  bool wants(std::string_view other, std::string& next) override;

 private:
  // One character of the last word asked for, with the row behind it.
  struct Step {
    char32_t code = 0;
    u32 end = 0;   // bytes of the word up to here
    u8 least = 0;  // of the row; beyond edits_max_ no word that begins so is wanted
  };

  u8* row(usize number) { return rows_.data() + number * stride_ + 1; }
  u8 least(usize level) const { return level == 0 ? 0 : steps_[level - 1].least; }
  void keep_shared(std::string_view other);
  void push(char32_t code, u32 end);
  void name_next(std::string_view other, std::string& next);
  std::string following(usize level, std::string_view behind);

  u32 edits_max_;
  std::u32string word_;
  bool has_bytes_ = false;  // that are no characters
  usize stride_;
  // The table: a row for each character, [-1, word_.size() + 1], the margins beyond all limits.
  std::vector<u8> rows_;
  std::vector<Step> steps_;
  std::string last_;
};

}  // namespace shale::query

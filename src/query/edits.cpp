#include "query/edits.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace shale::query {
namespace {

constexpr char32_t byte_base = 0x110000;  // bytes that are no character lie beyond all of those

void decode(std::string_view text, std::u32string& out) {
  out.clear();
  while (!text.empty()) {
    const Character character = decode_utf8(text);
    const bool is_known = character.bytes > 0;
    out.push_back(is_known ? char32_t(character.code) : byte_base + u8(text.front()));
    text.remove_prefix(is_known ? character.bytes : 1);
  }
}

}  // namespace

FuzzyWord::FuzzyWord(std::string_view word, u32 edits_max) : edits_max_(edits_max) {
  decode(word, word_);
  for (std::vector<u32>& row : rows_) row.resize(word_.size() + 1);
}

bool FuzzyWord::matches(std::string_view other) {
  // A character is one to four bytes: most words are told apart by length alone.
  if (other.size() + edits_max_ < word_.size() || other.size() > 4 * (word_.size() + edits_max_)) {
    return false;
  }
  decode(other, other_);
  const usize longer = std::max(word_.size(), other_.size());
  if (longer - std::min(word_.size(), other_.size()) > edits_max_) return false;
  std::vector<u32>* before = &rows_[0];
  std::vector<u32>* last = &rows_[1];
  std::vector<u32>* row = &rows_[2];
  for (u32 i = 0; i <= word_.size(); ++i) (*last)[i] = i;
  for (usize j = 1; j <= other_.size(); ++j) {
    (*row)[0] = u32(j);
    u32 least = (*row)[0];
    for (usize i = 1; i <= word_.size(); ++i) {
      const bool same = word_[i - 1] == other_[j - 1];
      u32 edits = std::min({(*last)[i] + 1, (*row)[i - 1] + 1, (*last)[i - 1] + (same ? 0 : 1)});
      const bool is_swapped =
          i > 1 && j > 1 && word_[i - 1] == other_[j - 2] && word_[i - 2] == other_[j - 1];
      if (is_swapped) edits = std::min(edits, (*before)[i - 2] + 1);
      (*row)[i] = edits;
      least = std::min(least, edits);
    }
    // A swap looks two rows back: one row beyond the limit is not the end, two are.
    if (least > edits_max_ + 1) return false;
    std::swap(before, last);
    std::swap(last, row);
  }
  return (*last)[word_.size()] <= edits_max_;
}

}  // namespace shale::query

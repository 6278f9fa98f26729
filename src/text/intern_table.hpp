// Strings with numbers from 0 in the order in which they came: an open-addressing table that only
// grows and is emptied as a whole.
//
// Each string also has a place in the text at hand (mark), so that the terms of a text are gathered
// without hashing them again. Used by word_memo.hpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/integers.hpp"

namespace shale {

class InternTable {
 public:
  struct Entry {
    u64 hash = 0;
    u32 begin = 0;  // into data()
    u32 marked_in = 0;
    u32 mark = 0;
    u16 bytes = 0;
  };

  // The number of `text`, new or known; `text` has at most 65,535 bytes, `hash` is its term_hash.
  u32 find_or_add(std::string_view text, u64 hash);
  u32 size() const { return u32(entries_.size()); }
  std::string_view text(u32 number) const {
    return {bytes_.data() + entries_[number].begin, entries_[number].bytes};
  }
  const Entry& entry(u32 number) const { return entries_[number]; }
  const char* data() const { return bytes_.data(); }

  void prefetch(u32 number) const { __builtin_prefetch(&entries_[number]); }

  // Marks are void from here on.
  void begin_marks();
  // The mark of a string, `mark` where it has none yet. .second: it had none.
  std::pair<u32, bool> mark(u32 number, u32 mark) {
    Entry& entry = entries_[number];
    if (entry.marked_in == round_) return {entry.mark, false};
    entry.marked_in = round_;
    entry.mark = mark;
    return {mark, true};
  }

  void clear();
  usize memory_bytes() const;

 private:
  void grow();

  std::vector<Entry> entries_;
  std::vector<u64> slots_;  // high half of the hash << 32 | number + 1
  std::string bytes_;
  u32 round_ = 1;
};

}  // namespace shale

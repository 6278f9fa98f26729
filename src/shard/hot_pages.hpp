// Which pages of a shard's file were used: what is asked for in advance when it is opened next.
//
// Mapped sections tell by their verified bits, window by window with the window's heat
// (page_budget.hpp), and by RecentUse: where more is used than the budget keeps, what was given
// back was hot as well. Texts are read with pread: TextUse keeps one bit for each 16 KiB of
// the section, set by whoever reads there. Hints, all of it: nothing is decided by them but the
// order in which the kernel is asked for pages. Used by ShardMap, TextsReader and Shard::hot_pages.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "base/integers.hpp"

namespace shale::shard {

inline constexpr u64 page_bytes = 4096;
inline constexpr u64 text_use_bytes = 16 * 1024;

// Pages [first, first + count) of a file. Runs of one heat that touch are one run.
struct PageRun {
  u64 first = 0;
  u64 count = 0;
  u8 heat = 0;
  bool operator==(const PageRun&) const = default;
};

// Adds the pages that hold bytes [begin, end), begin < end, of a file; `runs` of ascending bytes.
inline void add_pages(std::vector<PageRun>& runs, u64 begin, u64 end, u8 heat) {
  u64 first = begin / page_bytes;
  const u64 last = (end - 1) / page_bytes;
  if (!runs.empty()) {
    PageRun& before = runs.back();
    const u64 before_end = before.first + before.count;
    if (first >= before.first && first <= before_end && before.heat == heat) {
      if (last >= before_end) before.count = last + 1 - before.first;
      return;
    }
    // The page that both hold is in already.
    if (first + 1 == before_end) ++first;
    if (first > last) return;
  }
  runs.push_back({first, last + 1 - first, heat});
}

// Which stretches of something were used lately. Two sets of bits: when a quarter of all stretches
// has been used (64 at least, `recent_most` at most), what was new becomes old, and what was old is
// forgotten. So a long life is told by its end. Thread-safe.
class RecentUse {
 public:
  static constexpr u8 recent_heat = 255;
  static constexpr u8 before_heat = 64;

  RecentUse(u64 stretches, u64 recent_most);
  void note(u64 stretch) {
    const u64 bit = u64(1) << (stretch % 64);
    if ((recent_[stretch / 64].load(std::memory_order_relaxed) & bit) == 0) set(stretch / 64, bit);
  }
  u8 heat_of(u64 stretch) const;  // one of the two above; 0: not used lately

 private:
  using Bits = std::vector<std::atomic<u64>>;
  void set(u64 word, u64 bit);
  void turn_over();

  u64 recent_max_;
  Bits recent_;
  Bits before_;
  std::atomic<u64> recent_count_ = 0;
  std::mutex turning_;
};

// Of a section of texts; 32 MiB at most are recent. Thread-safe.
class TextUse {
 public:
  explicit TextUse(u64 section_bytes);
  // Bytes [offset, offset + count) of the section were read; count > 0, inside the section.
  void note(u64 offset, u64 count) {
    for (u64 at = offset / text_use_bytes; at <= (offset + count - 1) / text_use_bytes; ++at) {
      use_.note(at);
    }
  }
  // What was read, for a section that begins at `file_offset`.
  void add_runs(u64 file_offset, std::vector<PageRun>& runs) const;

 private:
  u64 section_bytes_;
  RecentUse use_;
};

}  // namespace shale::shard

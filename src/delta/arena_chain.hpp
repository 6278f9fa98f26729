// Chains of slices: appending a posting, and walking what is there.
//
// The appender belongs to the one writer. A cursor may run beside it: it loads the state word once
// (acquire, so every byte before `end` and every link on the way is visible), never reads at or
// behind `end`, and checks that each link leads upwards to inside the heap: every walk ends.
// Used by index_writer.cpp and log_index*.cpp.
#pragma once

#include "delta/arena_heap.hpp"

namespace shale::delta {

// Makes the state of an empty chain whose inline slice stands at `offset`.
constexpr u64 empty_chain(u64 offset) {
  return ChainState{u32(offset), 0, 0, slice_content(0)}.pack();
}

// Appends the posting (document, tf) with `positions` (already encoded, empty in the document
// chain), and publishes it with one release store of the state word.
void append_posting(ArenaHeap& heap, u64& state_word, u32 document, u32 tf, Bytes positions);

inline constexpr usize gather_padding = 16;  // a varint read at the end finds its own

struct Posting {
  u32 document = 0;
  u32 tf = 0;
};

class ChainCursor {
 public:
  // `inline_slice`: offset of the chain's first slice, which the caller has checked.
  ChainCursor(const Arena& arena, const u64& state_word, u64 inline_slice);

  // The next posting; false at the end, and on damage (failed()). In a position chain exactly one
  // of skip_positions, read_positions must follow.
  bool next(Posting& out);
  void skip_positions(u32 tf);
  void read_positions(u32 tf, std::vector<u32>& out);  // absolute word numbers
  // Copies the rest of the chain to the begin of `out`, which grows as need be, with
  // gather_padding zero bytes behind it; returns its length. Instead of next().
  usize gather(Buffer& out);
  bool failed() const { return failed_; }

 private:
  bool at_end() const { return position_ == stop_ && slice_ == last_slice_; }
  void enter(u64 slice);
  bool follow_link();
  std::byte byte();
  u32 varint();
  u32 slow_varint();
  void fail_now();

  const std::byte* base_;
  u64 slice_ = 0;
  u64 position_ = 0;
  u64 stop_ = 0;  // end of the content in this slice
  u64 last_slice_ = 0;
  u64 end_ = 0;
  u32 slice_class_ = 0;
  u32 document_ = 0;
  bool first_ = true;
  bool failed_ = false;
};

inline u32 ChainCursor::varint() {
  if (stop_ - position_ < 3) return slow_varint();
  const u32 b0 = u32(base_[position_]);
  if (b0 < 128) return position_ += 1, b0;
  const u32 b1 = u32(base_[position_ + 1]);
  if (b1 < 128) return position_ += 2, (b0 & 127) | b1 << 7;
  const u32 b2 = u32(base_[position_ + 2]);
  if (b2 < 128) return position_ += 3, (b0 & 127) | (b1 & 127) << 7 | b2 << 14;
  return slow_varint();
}

inline bool ChainCursor::next(Posting& out) {
  if (failed_ || at_end()) return false;
  const u32 head = varint();
  const u32 gap = head >> 1;
  const u32 tf = (head & 1) != 0 ? 1 : varint();
  const u32 document = document_ + gap;
  const bool sound = gap < arena_documents_max && document < arena_documents_max && tf != 0 &&
                     (first_ || gap != 0);
  if (!sound || failed_) return fail_now(), false;
  first_ = false;
  document_ = document;
  out = {document, tf};
  return true;
}

}  // namespace shale::delta

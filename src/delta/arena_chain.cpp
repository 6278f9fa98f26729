#include "delta/arena_chain.hpp"

#include <algorithm>

namespace shale::delta {
namespace {

// Continues a full chain in a new slice. The link lies behind the content of the old slice, where
// no reader looks before it has seen a state word that ends in the new one.
void add_slice(ArenaHeap& heap, ChainState& state) {
  const u32 next_class = std::min(state.slice_class + 1, slice_class_max);
  const u64 offset = heap.allocate(slice_bytes(next_class));
  store_value(heap.base() + state.end, u32(offset));
  --heap.header().chains_by_class[state.slice_class];
  ++heap.header().chains_by_class[next_class];
  state.end = u32(offset);
  state.slice_class = next_class;
  state.room = slice_content(next_class);
}

// Most postings are one to four bytes long: cheaper than a call of memcpy.
void copy_short(std::byte* to, const std::byte* from, usize bytes) {
  if (bytes >= 4) {
    const u32 head = load<u32>(from);
    const u32 tail = load<u32>(from + bytes - 4);
    store_value(to, head);
    store_value(to + bytes - 4, tail);
  } else if (bytes != 0) {
    to[0] = from[0];
    to[bytes / 2] = from[bytes / 2];
    to[bytes - 1] = from[bytes - 1];
  }
}

void put(ArenaHeap& heap, ChainState& state, Bytes bytes) {
  while (bytes.size() > state.room) {
    if (state.room != 0) std::memcpy(heap.base() + state.end, bytes.data(), state.room);
    bytes = bytes.subspan(state.room);
    state.end += state.room;
    state.room = 0;
    add_slice(heap, state);
  }
  if (bytes.size() <= 8)
    copy_short(heap.base() + state.end, bytes.data(), bytes.size());
  else
    std::memcpy(heap.base() + state.end, bytes.data(), bytes.size());
  state.end += u32(bytes.size());
  state.room -= u32(bytes.size());
}

}  // namespace

void append_posting(ArenaHeap& heap, u64& state_word, u32 document, u32 tf, Bytes positions) {
  ChainState state = ChainState::unpack(load_relaxed(state_word));
  std::byte head[16];
  std::byte* end = store_varint(head, u64(document - state.last_document) << 1 | u64(tf == 1));
  if (tf != 1) end = store_varint(end, tf);
  put(heap, state, {head, usize(end - head)});
  put(heap, state, positions);
  state.last_document = document;
  store_release(state_word, state.pack());
}

ChainCursor::ChainCursor(const Arena& arena, const u64& state_word, u64 inline_slice)
    : base_(arena.data()) {
  const ChainState state = ChainState::unpack(load_acquire(state_word));
  end_ = state.end;
  const u64 content_end = end_ + state.room;
  const bool sound = state.slice_class <= slice_class_max &&
                     state.room <= slice_content(state.slice_class) &&
                     content_end >= inline_slice + slice_content(state.slice_class) &&
                     arena.checked(inline_slice, content_end - inline_slice) != nullptr;
  if (!sound) {
    fail_now();
    return;
  }
  last_slice_ = content_end - slice_content(state.slice_class);
  enter(inline_slice);
}

void ChainCursor::enter(u64 slice) {
  slice_ = slice;
  position_ = slice;
  stop_ = slice == last_slice_ ? end_ : slice + slice_content(slice_class_);
}

bool ChainCursor::follow_link() {
  if (failed_ || slice_ == last_slice_) return fail_now(), false;
  const u64 link_at = slice_ + slice_content(slice_class_);
  const u64 next = load<u32>(base_ + link_at);
  // Upwards, and never past the last slice, which is known to lie in the heap.
  if (next < link_at + link_bytes || next > last_slice_) return fail_now(), false;
  slice_class_ = std::min(slice_class_ + 1, slice_class_max);
  const u64 content_end = next + slice_content(slice_class_);
  if (next != last_slice_ && content_end + link_bytes > last_slice_) return fail_now(), false;
  enter(next);
  return true;
}

std::byte ChainCursor::byte() {
  while (position_ == stop_)
    if (!follow_link()) return std::byte{0};
  return base_[position_++];
}

u32 ChainCursor::slow_varint() {
  u64 result = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const u64 next = u64(byte());
    result |= (next & 127) << shift;
    if (next < 128 && result <= 0xffffffff) return u32(result);
    if (failed_) return 0;
  }
  fail_now();
  return 0;
}

void ChainCursor::fail_now() {
  failed_ = true;
  slice_ = last_slice_ = 0;
  position_ = stop_ = 0;
}

void ChainCursor::skip_positions(u32 tf) {
  while (tf != 0 && !failed_) {
    if (position_ == stop_ && !follow_link()) return;
    for (; tf != 0 && position_ != stop_; ++position_) tf -= u32(base_[position_] < std::byte{128});
  }
}

void ChainCursor::read_positions(u32 tf, std::vector<u32>& out) {
  u32 position = 0;
  for (u32 i = 0; i < tf && !failed_; ++i) {
    position += varint();
    if (!failed_) out.push_back(position);
  }
}

usize ChainCursor::gather(Buffer& out) {
  usize bytes = 0;
  for (;;) {
    const usize here = usize(stop_ - position_);
    const usize needed = bytes + here + gather_padding;
    if (out.size() < needed) out.resize(std::max(needed, 2 * out.size()));
    if (here != 0) std::memcpy(out.data() + bytes, base_ + position_, here);
    bytes += here;
    position_ = stop_;
    if (failed_ || slice_ == last_slice_ || !follow_link()) break;
  }
  std::memset(out.data() + bytes, 0, gather_padding);
  return bytes;
}

}  // namespace shale::delta

#include "delta/chain_postings.hpp"

namespace shale::delta {
namespace {

constexpr u64 no_varint = ~u64(0);

// At most five bytes, of which the last may lie in the padding behind the chain.
u64 read_varint(const std::byte*& at) {
  u64 value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const u64 next = u64(*at++);
    value |= (next & 127) << shift;
    if (next < 128) return value;
  }
  return no_varint;
}

// Behind the `count` varints that begin at `at`; nothing where they do not end before `end`.
const std::byte* skip_varints(const std::byte* at, const std::byte* end, u64 count) {
  while (count != 0 && at < end) count -= u64(*at++ < std::byte{128});
  return count == 0 ? at : nullptr;
}

}  // namespace

// The position chain says all that the document chain says.
bool ChainPostings::read(const ArenaCut& cut, const TermView& term) {
  count_ = position_bytes_ = 0;
  const bool with_positions = term.chains == 2;
  ChainCursor cursor = with_positions ? cut.positions_of(term) : cut.documents_of(term);
  const usize bytes = cursor.gather(chain_);
  if (cursor.failed()) return false;
  // A posting takes a byte or more, its positions no more than they do in the chain.
  if (docs_.size() < bytes) {
    docs_.resize(chain_.size());
    tfs_.resize(chain_.size());
    positions_.resize(chain_.size() + gather_padding);
  }
  return decode(cut, bytes, with_positions);
}

bool ChainPostings::decode(const ArenaCut& cut, usize bytes, bool with_positions) {
  VisibleFilter visible(cut);
  const std::byte* at = chain_.data();
  const std::byte* const end = at + bytes;
  u64 document = 0;
  bool first = true;
  while (at < end) {
    const u64 head = read_varint(at);
    const u64 tf = (head & 1) != 0 ? 1 : read_varint(at);
    const u64 gap = head >> 1;
    document += gap;
    const bool sound = gap < arena_documents_max && document < arena_documents_max && tf != 0 &&
                       tf <= 0xffffffff && (first || gap != 0) && at <= end;
    if (!sound) return false;
    first = false;
    if (visible.is_past_end(u32(document))) return true;
    const std::byte* const positions = at;
    if (with_positions) at = skip_varints(at, end, tf);
    if (at == nullptr) return false;
    if (visible(u32(document))) append(u32(document), u32(tf), {positions, at});
  }
  return true;
}

void ChainPostings::append(u32 document, u32 tf, Bytes positions) {
  docs_[count_] = document;
  tfs_[count_++] = tf;
  std::byte* const to = positions_.data() + position_bytes_;
  // Eight bytes at once hold most: both buffers have room behind their end.
  store_value(to, load<u64>(positions.data()));
  if (positions.size() > 8) std::memcpy(to, positions.data(), positions.size());
  position_bytes_ += positions.size();
}

}  // namespace shale::delta

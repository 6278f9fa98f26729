#include "shard/sections.hpp"

#include <algorithm>
#include <cassert>

#include "shard/shard_map.hpp"

namespace shale::shard {

namespace {

constexpr u64 piece_bytes = 16 * extent_bytes;  // 256 KiB: larger pieces make larger folios (C7)

}  // namespace

// ---- write half ----

Result<void> SectionSpool::settle() {
  if (memory_.size() <= memory_max_) return {};
  const usize whole = memory_.size() / extent_bytes * extent_bytes;
  if (whole == 0) return {};
  if (!spill_) spill_ = TRY(File::make_unnamed(folder_));
  TRY(spill_->write_at(spilled_, Bytes(memory_).first(whole)));
  memory_.erase(memory_.begin(), memory_.begin() + std::ptrdiff_t(whole));
  spilled_ += whole;
  return {};
}

void SectionSpool::pad_to(u64 alignment) {
  const u64 padded = (size() + alignment - 1) / alignment * alignment;
  memory_.resize(usize(padded - spilled_));
}

Result<void> SectionSpool::read_at(u64 offset, MutableBytes out) const {
  assert(offset + out.size() <= size());
  if (offset < spilled_) {
    const usize count = usize(std::min<u64>(out.size(), spilled_ - offset));
    TRY(spill_->read_exactly(offset, out.first(count)));
    out = out.subspan(count);
    offset += count;
  }
  if (!out.empty()) std::memcpy(out.data(), memory_.data() + (offset - spilled_), out.size());
  return {};
}

Result<void> SectionSpool::write_to(File& file, u64 offset,
                                    const std::function<void(Bytes)>& on_bytes) const {
  Buffer piece;
  for (u64 at = 0; at < spilled_; at += piece.size()) {
    piece.resize(usize(std::min(piece_bytes, spilled_ - at)));
    TRY(spill_->read_exactly(at, piece));
    on_bytes(piece);
    TRY(file.write_at(offset + at, piece));
  }
  for (Bytes rest = memory_; !rest.empty();) {
    const Bytes part = rest.first(std::min<usize>(rest.size(), piece_bytes));
    on_bytes(part);
    TRY(file.write_at(offset + size() - rest.size(), part));
    rest = rest.subspan(part.size());
  }
  return {};
}

// ---- read half ----

Result<void> SectionView::still_there() const {
  if (map_ && map_->lost()) [[unlikely]]
    return Unexpected{map_->loss()};
  return {};
}

Unexpected SectionView::damaged(u64 offset, std::string what) const {
  if (!map_) return fail(ErrorCode::corrupt, "A missing section " + std::move(what));
  return map_->damaged(entry_, offset, what);
}

}  // namespace shale::shard

#include "shard/length_table.hpp"

#include <algorithm>

namespace shale::shard {

LengthTable::LengthTable(const ColumnsReader& columns, u32 document_count)
    : columns_(columns), document_count_(document_count) {}

Result<std::span<const u32>> LengthTable::range(u32 range) {
  const u32 first = range * range_documents;
  if (range >= range_count(document_count_)) {
    return fail(ErrorCode::invalid_argument, "There is no such range of documents");
  }
  TRY(need(first / chunk_documents));
  return std::span<const u32>(lengths_ + first, std::min(range_documents, document_count_ - first));
}

Result<void> LengthTable::of(std::span<const u32> docs, std::span<u32> out) {
  u32 largest = 0;
  for (const u32 doc : docs) largest = std::max(largest, doc);
  if (!docs.empty() && largest >= document_count_) {
    return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
  }
  if (!is_complete_.load(std::memory_order_acquire)) TRY(need_all(docs));
  for (usize i = 0; i < docs.size(); ++i) out[i] = lengths_[docs[i]];
  return {};
}

Result<KeptLengths> LengthTable::whole() {
  if (!is_complete_.load(std::memory_order_acquire)) {
    for (u32 chunk = 0; chunk < chunk_count(); ++chunk) TRY(need(chunk));
  }
  return KeptLengths{{lengths_, document_count_}, {least_.get(), group_count()}};
}

// Those of some documents.
Result<void> LengthTable::need_all(std::span<const u32> docs) {
  u32 chunk = ~u32(0);
  for (const u32 doc : docs) {
    if (doc / chunk_documents == chunk) continue;
    chunk = doc / chunk_documents;
    TRY(need(chunk));
  }
  return {};
}

Result<void> LengthTable::need(u32 chunk) {
  std::call_once(made_, [&] {
    memory_ = std::make_unique_for_overwrite<Line[]>(group_count());
    lengths_ = static_cast<u32*>(static_cast<void*>(memory_.get()));
    least_ = std::make_unique_for_overwrite<u8[]>(group_count());
    is_filled_ = std::make_unique<std::atomic<bool>[]>(chunk_count());
  });
  return is_filled_[chunk].load(std::memory_order_acquire) ? Result<void>() : fill(chunk);
}

Result<void> LengthTable::fill(u32 chunk) {
  const std::lock_guard lock(filling_);
  TRY(fill_held(chunk));
  if (are_all_tried_ || filled_ * 4 < chunk_count()) return {};
  are_all_tried_ = true;
  // What is damaged is told to those who need it.
  for (u32 other = 0; other < chunk_count(); ++other) (void)fill_held(other);
  return {};
}

Result<void> LengthTable::fill_held(u32 chunk) {
  if (is_filled_[chunk].load(std::memory_order_relaxed)) return {};
  const u32 first = chunk * chunk_documents;
  const u32 count = std::min(chunk_documents, document_count_ - first);
  const std::span<u32> lengths(lengths_ + first, count);
  TRY(columns_.lengths(first, lengths));
  note_least(first, lengths);
  is_filled_[chunk].store(true, std::memory_order_release);
  if (++filled_ == chunk_count()) is_complete_.store(true, std::memory_order_release);
  return {};
}

void LengthTable::note_least(u32 first, std::span<const u32> lengths) {
  constexpr u32 group = KeptLengths::group_documents;
  for (usize i = 0; i < lengths.size(); i += group) {
    const auto some = lengths.subspan(i, std::min<usize>(group, lengths.size() - i));
    const u32 least = *std::min_element(some.begin(), some.end());
    least_[(first + i) / group] = u8(std::min(least, 255u));
  }
}

}  // namespace shale::shard

#include "shard/ranges.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "model/bm25.hpp"

namespace shale::shard {
namespace {

// Bounds stay above the scores they bound, whatever the rounding of the float sums (RANKING 1g).
constexpr float scale_slack = 1.00001f;

u64 round_up(u64 value, u64 step) { return (value + step - 1) / step * step; }

std::vector<float> maxima_of(std::span<const u32> docs, std::span<const u32> tfs,
                             std::span<const float> norms, u64 ranges) {
  std::vector<float> maxima(ranges);
  for (usize i = 0; i < docs.size(); ++i) {
    float& most = maxima[docs[i] / range_documents];
    most = std::max(most, float(tfs[i]) / (float(tfs[i]) + norms[docs[i]]));
  }
  return maxima;
}

u8 rounded_up(float value, float scale) {
  u32 result = std::min(255u, u32(std::ceil(value / scale)));
  while (result < 255 && scale * float(result) < value) ++result;
  return u8(result);
}

// rank within its container at the start of each 1,024 documents
std::vector<u16> ranks_of(std::span<const u32> docs, u64 count) {
  std::vector<u16> ranks(count);
  usize at = 0;
  usize container_begin = 0;
  for (u32 i = 0; i < count; ++i) {
    while (at < docs.size() && docs[at] < u64(i) * rank_documents) ++at;
    if (i % (65'536 / rank_documents) == 0) container_begin = at;
    ranks[i] = u16(at - container_begin);
  }
  return ranks;
}

}  // namespace

RangeLayout range_layout(u32 document_count) {
  RangeLayout result;
  result.maxima = (u64(document_count) + range_documents - 1) / range_documents;
  result.ranks = (u64(document_count) + rank_documents - 1) / rank_documents;
  result.ranks_at = round_up(result.maxima, 64);
  result.record_bytes = round_up(result.ranks_at + result.ranks * 2 + 4, 64);
  return result;
}

// -- writing --

void RangesWriter::set_lengths(std::span<const u32> lengths) {
  assert(lengths.size() == document_count_ && count_ == 0);
  CorpusStatistics statistics{lengths.size(), 0};
  for (const u32 length : lengths) statistics.words += length;
  const float average = statistics.average_length();
  norms_.clear();
  norms_.reserve(lengths.size());
  for (const u32 length : lengths) norms_.push_back(bm25_norm(length, average));
}

Result<u32> RangesWriter::add(std::span<const u32> docs, std::span<const u32> tfs) {
  assert(norms_.size() == document_count_);  // set_lengths comes first
  const RangeLayout layout = range_layout(document_count_);
  const std::vector<float> maxima = maxima_of(docs, tfs, norms_, layout.maxima);
  const float scale = *std::max_element(maxima.begin(), maxima.end()) / 255.0f * scale_slack;
  Buffer& buffer = spool_.buffer();
  const usize begin = buffer.size();
  buffer.resize(begin + layout.record_bytes);
  std::byte* const record = buffer.data() + begin;
  for (usize i = 0; i < maxima.size(); ++i) record[i] = std::byte(rounded_up(maxima[i], scale));
  const std::vector<u16> ranks = ranks_of(docs, layout.ranks);
  std::memcpy(record + layout.ranks_at, ranks.data(), ranks.size() * 2);
  store_value(record + layout.record_bytes - 4, scale);
  TRY(spool_.settle());
  return count_++;
}

// -- reading --

Result<RangeMaxima> RangesReader::record(u32 number) const {
  const u64 at = u64(number) * layout_.record_bytes;
  const Bytes bytes = TRY(view_.view(at, layout_.record_bytes));
  RangeMaxima result;
  result.scale = load<float>(bytes.data() + layout_.record_bytes - 4);
  result.maxima = view_as<u8>(bytes.first(layout_.maxima));
  result.ranks = view_as<u16>(bytes.subspan(layout_.ranks_at, layout_.ranks * 2));
  if (result.ranks.size() != layout_.ranks) return view_.damaged(at, "is not aligned");
  if (!(result.scale > 0.0f && result.scale < 1.0f))
    return view_.damaged(at, "has a scale out of range");
  return result;
}

Result<std::span<const u16>> RangesReader::ranks(u32 number) const {
  const u64 at = u64(number) * layout_.record_bytes + layout_.ranks_at;
  const auto found = view_as<u16>(TRY(view_.view(at, layout_.ranks * 2)));
  if (found.size() != layout_.ranks) return view_.damaged(at, "is not aligned");
  return found;
}

Result<void> RangesReader::verify(u32 number, std::span<const u32> docs) const {
  const u64 at = u64(number) * layout_.record_bytes;
  const RangeMaxima found = TRY(record(number));
  const std::vector<u16> ranks = ranks_of(docs, layout_.ranks);
  if (!std::equal(ranks.begin(), ranks.end(), found.ranks.begin()))
    return view_.damaged(at + layout_.ranks_at, "has wrong ranks");
  std::vector<bool> used(layout_.maxima);
  for (const u32 doc : docs) used[doc / range_documents] = true;
  for (usize i = 0; i < used.size(); ++i)
    if (used[i] != (found.maxima[i] != 0))
      return view_.damaged(at + i, "has a maximum without postings or the reverse");
  return {};
}

Result<void> RangesReader::verify_end(u32 count) const {
  const u64 end = u64(count) * layout_.record_bytes;
  if (end != view_.size()) return view_.damaged(end, "has bytes behind the last range maxima");
  return {};
}

}  // namespace shale::shard

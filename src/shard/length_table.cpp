#include "shard/length_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace shale::shard {
namespace {

constexpr u32 shortest_max = 1u << 14;
constexpr u32 listed_length_end = 1024;  // no document as long as that is listed

}  // namespace

LengthTable::LengthTable(const ColumnsReader& columns, u32 document_count,
                         std::shared_ptr<PageBudget> budget)
    : columns_(columns), document_count_(document_count), budget_(std::move(budget)) {}

LengthTable::~LengthTable() {
  if (budget_ && is_kept_) budget_->give_back_table(bytes());
}

Result<std::span<const u32>> LengthTable::range(u32 range) {
  const u32 first = range * range_documents;
  if (range >= range_count(document_count_)) {
    return fail(ErrorCode::invalid_argument, "There is no such range of documents");
  }
  if (!is_kept()) return std::span<const u32>();
  TRY(need(first / chunk_documents));
  return lengths_.subspan(first, std::min(range_documents, document_count_ - first));
}

Result<void> LengthTable::of(std::span<const u32> docs, std::span<u32> out) {
  u32 largest = 0;
  for (const u32 doc : docs) largest = std::max(largest, doc);
  if (!docs.empty() && largest >= document_count_) {
    return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
  }
  if (!is_complete_.load(std::memory_order_acquire)) {
    if (!is_kept()) return columns_.lengths_of(docs, out);
    TRY(need_all(docs));
  }
  for (usize i = 0; i < docs.size(); ++i) out[i] = lengths_[docs[i]];
  return {};
}

Result<KeptLengths> LengthTable::whole() {
  if (!is_complete_.load(std::memory_order_acquire)) {
    if (!is_kept()) return KeptLengths();
    fill_rest();
    for (u32 chunk = 0; chunk < chunk_count(); ++chunk) TRY(need(chunk));
  }
  std::call_once(listed_, [&] { list_shortest(); });
  return KeptLengths{lengths_, shortest_, listed_below_};
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

bool LengthTable::is_kept() {
  std::call_once(made_, [&] {
    is_kept_ = !budget_ || budget_->take_table(bytes());
    if (!is_kept_) return;
    memory_ = LargeMemory(bytes());
    lengths_ = {object_at<u32>(memory_.bytes().data(), 0), document_count_};
    is_filled_ = std::make_unique<std::atomic<bool>[]>(chunk_count());
  });
  return is_kept_;
}

Result<void> LengthTable::need(u32 chunk) {
  return is_filled_[chunk].load(std::memory_order_acquire) ? Result<void>() : fill(chunk);
}

Result<void> LengthTable::fill(u32 chunk) {
  const std::lock_guard lock(filling_);
  TRY(fill_held(chunk));
  if (filled_ * 4 >= chunk_count()) fill_rest_held();
  return {};
}

void LengthTable::fill_rest() {
  const std::lock_guard lock(filling_);
  fill_rest_held();
}

// Tried once. What is damaged is told to those who need it.
void LengthTable::fill_rest_held() {
  if (std::exchange(are_all_tried_, true)) return;
  (void)columns_.will_need_lengths();
  for (u32 chunk = 0; chunk < chunk_count(); ++chunk) (void)fill_held(chunk);
}

Result<void> LengthTable::fill_held(u32 chunk) {
  if (is_filled_[chunk].load(std::memory_order_relaxed)) return {};
  const u32 first = chunk * chunk_documents;
  const u32 count = std::min(chunk_documents, document_count_ - first);
  TRY(columns_.lengths(first, lengths_.subspan(first, count)));
  is_filled_[chunk].store(true, std::memory_order_release);
  if (++filled_ == chunk_count()) is_complete_.store(true, std::memory_order_release);
  return {};
}

// By counting: as many whole lengths as the list has room for.
void LengthTable::list_shortest() {
  std::array<u32, listed_length_end + 1> begins{};  // of each length's documents in the list
  for (const u32 length : lengths_) begins[std::min(length, listed_length_end - 1) + 1] += 1;
  while (listed_below_ + 1 < listed_length_end &&
         begins[listed_below_] + begins[listed_below_ + 1] <= shortest_max) {
    begins[listed_below_ + 1] += begins[listed_below_];
    ++listed_below_;
  }
  shortest_.resize(begins[listed_below_]);
  for (u32 doc = 0; doc < document_count_; ++doc) {
    if (lengths_[doc] < listed_below_) shortest_[begins[lengths_[doc]]++] = doc;
  }
}

}  // namespace shale::shard

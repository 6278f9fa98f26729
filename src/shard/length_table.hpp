// The lengths of a shard's documents as ranking reads them: whole numbers in memory.
//
// Decoding a column anew for every range that is looked at took longer than scoring what stands
// there (two words of middling frequency: 220 ranges of 12 postings a query). Filled chunk by chunk
// as it is asked for, the rest at once when a quarter was; 4.3 MiB for 1.1 million documents. Where
// the budget has no room for that there is no table, and who asks reads the column. Safe from many
// threads. Used by shard.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/large_memory.hpp"
#include "model/index.hpp"
#include "shard/columns.hpp"
#include "shard/page_budget.hpp"

namespace shale::shard {

class LengthTable {
 public:
  // `columns` must outlive the table; `budget` may be null: room for everything.
  LengthTable(const ColumnsReader& columns, u32 document_count, std::shared_ptr<PageBudget> budget);
  ~LengthTable();
  LengthTable(const LengthTable&) = delete;
  LengthTable& operator=(const LengthTable&) = delete;
  // See Index::range_lengths.
  Result<std::span<const u32>> range(u32 range);
  // See Index::kept_lengths.
  Result<KeptLengths> whole();
  // Of single documents, ascending.
  Result<void> of(std::span<const u32> docs, std::span<u32> out);

 private:
  u32 chunk_count() const { return (document_count_ + chunk_documents - 1) / chunk_documents; }
  usize bytes() const { return usize(document_count_) * sizeof(u32); }
  // Whether there is room for the table: decided once.
  bool is_kept();
  Result<void> need(u32 chunk);
  Result<void> need_all(std::span<const u32> docs);
  Result<void> fill(u32 chunk);
  Result<void> fill_held(u32 chunk);
  void fill_rest();
  void fill_rest_held();
  void list_shortest();

  const ColumnsReader& columns_;
  u32 document_count_;
  std::shared_ptr<PageBudget> budget_;
  bool is_kept_ = false;  // written under `made_`
  std::mutex filling_;
  std::once_flag made_;
  LargeMemory memory_;
  std::span<u32> lengths_;  // in `memory_`
  std::once_flag listed_;
  std::vector<u32> shortest_;  // KeptLengths::shortest
  u32 listed_below_ = 0;
  // Set by a release when a chunk's lengths stand in the table: who loads it by an acquire sees
  // them.
  std::unique_ptr<std::atomic<bool>[]> is_filled_;
  u32 filled_ = 0;  // chunks; under `filling_`
  bool are_all_tried_ = false;
  // The same for all of them: the last one's filler holds `filling_`, which orders those before it.
  std::atomic<bool> is_complete_ = false;
};

}  // namespace shale::shard

// Which documents a new shard takes over, and in which order.
//
// Documents stand in (file | task, position | time) order, never in hash or arrival order: ranges
// of neighbours then hold the same words, on which ranking speed depends threefold (RANKING 1a).
// Documents of files come first, by path and first line; then those of tasks, by task and time;
// then the rest by time. Used by the fold, the merger and the bulk way alike (shard_builder.hpp).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/overlay.hpp"
#include "shard/shard.hpp"

namespace shale::store {

// One input of a new shard: a shard, or a log's index (then `shard` is null and its texts are
// compressed anew).
struct MergeSource {
  IndexView view;
  std::shared_ptr<const shard::Shard> shard;
};

inline constexpr u32 no_document = 0xffffffff;

struct PlannedDocument {
  u32 source = 0;
  u32 doc = 0;
};

struct DocumentPlan {
  std::vector<PlannedDocument> documents;     // in the order of the new shard
  std::vector<std::vector<u32>> new_numbers;  // [source][document]: its new number or no_document
  std::vector<u32> word_counts;               // of the new documents
  u64 text_bytes = 0;
};

// yyyymm of a moment (UTC).
u32 month_of(i64 created_microseconds);

// The months that live documents of the sources were created in, ascending.
Result<std::vector<u32>> months_of(std::span<const MergeSource> sources);

// All live documents, or those created in `month`.
Result<DocumentPlan> plan_documents(std::span<const MergeSource> sources,
                                    std::optional<u32> month = std::nullopt);

// Puts new segments into a plan's order as far as that is cheap: runs of one file or task whole,
// each as it came. A shard built from them finds nearly all its postings in order.
void order_by_plan(std::vector<const NewSegment*>& segments);

}  // namespace shale::store

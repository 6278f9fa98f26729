// The amounts of one grouping over one view, block by block: which group each document falls into,
// and what is added to it.
//
// Knows neither views nor patches: what a block holds is handed in, as the columns have it. A shard
// has neighbours together that share file, task and most often type, so a block is cut into runs of
// documents with the same values, and a run is added as a whole: from running sums, which all
// groupings share (tokens of 1.1 million documents by type and task: 6 ms, document by document
// 10). Used by group_sums.cpp.
#pragma once

#include <span>
#include <vector>

#include "query/group_columns.hpp"
#include "query/group_sums.hpp"
#include "query/tag_entries.hpp"

namespace shale::query {

// As long as a shard's chunks of columns are.
inline constexpr u32 block_documents = 4096;

// The documents of a block that count: those at `offsets`, or `count` from its first on.
struct Picked {
  const u32* offsets = nullptr;
  usize count = 0;
};

// A number of the picked documents, added up: of the i-th to the j-th, excluded, it is the
// difference of the j-th and the i-th sum. Likewise how many do not have it.
class RunningSums {
 public:
  // `numbers` of the block's documents.
  void set(std::span<const i64> numbers, const Picked& picked);
  u64 sum(usize begin, usize end) const { return sums_[end] - sums_[begin]; }
  u64 absent(usize begin, usize end) const { return absent_[end] - absent_[begin]; }

 private:
  std::vector<u64> sums_;
  std::vector<u32> absent_;
};

// What is added up of a block; null and empty where it is not asked for.
struct BlockValues {
  const RunningSums* numbers = nullptr;  // of what is picked
  std::span<const i64> created;          // of the block's documents
  std::span<const i64> touched;
};

class Tally {
 public:
  // A column for each field of the grouping, null for tags, and the keys of a block's documents
  // that were read from it. All must outlive the tally.
  struct Key {
    GroupColumn* column = nullptr;
    const u32* keys = nullptr;
  };
  Tally(Grouping& grouping, std::vector<Key> keys, const TagEntries* tags)
      : grouping_(grouping), keys_(std::move(keys)), tags_(tags), pairs_(keys_.size()) {}

  // Whether what is picked are entries of the tags.
  bool has_tags() const;
  // `tags`: of those picked, where it has tags.
  void add(const Picked& picked, std::span<const u32> tags, const BlockValues& values);
  // Adds the amounts to the grouping's sums.
  Result<void> publish();

 private:
  void mark_changes(const Picked& picked, std::span<const u32> tags);
  u32 group_of(u32 place, u32 tag);
  void add_run(const Picked& picked, usize begin, usize end, u32 tag, const BlockValues& values);
  Result<std::vector<std::string>> key_of(u32 group);

  Grouping& grouping_;
  std::vector<Key> keys_;
  const TagEntries* tags_;
  std::vector<PairNumbers> pairs_;  // of the group so far and each field but the first
  std::vector<GroupSum> amounts_;   // of each group
  // Of what is picked: 1 where a value differs from that of the one before; a word more, of 0.
  std::vector<u8> changes_;
};

}  // namespace shale::query

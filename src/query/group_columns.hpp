// The group a document falls into, as a number: what a sum by type, task, day ... counts with.
//
// A column gives the values of one field as keys, block by block, as the index has them. Numbers
// are given to the keys that are asked about, 0, 1, 2 ... in order of appearance, and PairNumbers
// makes one number of two. Keys and numbers mean something inside one view only. What a number
// stands for is read once, and when it is asked for: that takes a microsecond, and most groups of a
// narrow question are empty. Tags, of which a document has many, are tag_entries.hpp's. Used by
// group_sums.cpp and tally.hpp.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/overlay.hpp"

namespace shale::query {

// Whether a sum can be grouped by the field (created stands for its UTC day).
bool can_group_by(Field field);

// Numbers keys in order of appearance.
class KeyNumbers {
 public:
  u32 number_of(u32 key) {
    if (key < direct_.size() && direct_[key] != unknown) return direct_[key];
    return add(key);
  }
  u32 size() const { return u32(keys_.size()); }
  u32 key(u32 number) const { return keys_[number]; }

 private:
  static constexpr u32 unknown = 0xffffffff;
  u32 add(u32 key);

  std::vector<u32> direct_;  // number of each small key: those of a shard are
  std::unordered_map<u32, u32> others_;
  std::vector<u32> keys_;  // of each number
};

// A field that is not a tag, patches not applied. `index` must outlive the column.
class GroupColumn {
 public:
  static Result<GroupColumn> make(const Index& index, Field field);
  // The keys of documents [first, first + out.size()).
  Result<void> read(u32 first, std::span<u32> out) const;
  u32 number_of(u32 key) { return numbers_.number_of(key); }
  // What a number stands for; "" where the field is absent.
  Result<std::string> value(u32 number);

 private:
  // A value of tier, generation or pinned, and who has it; the first is the default, of the rest.
  struct Flag {
    std::string value;
    DenseSet documents;
  };
  GroupColumn(const Index& index, Field field) : index_(&index), field_(field) {}
  Result<void> add_flags(std::string_view absent);
  Result<void> read_days(u32 first, std::span<u32> out) const;
  void read_flags(u32 first, std::span<u32> out) const;
  Result<std::string> value_of(u32 key) const;

  const Index* index_;
  Field field_;
  KeyNumbers numbers_;
  std::vector<Flag> flags_;
  std::vector<std::optional<std::string>> values_;  // of numbers, as far as they are known
};

// The values of one segment (several tags: several), changes applied.
std::vector<std::string> group_values(const Metadata& metadata, Field field);

// Numbers pairs of numbers in order of appearance.
class PairNumbers {
 public:
  u32 number_of(u32 first, u32 second) {
    const u64 at = u64(first) * stride_ + second;
    if (second < stride_ && at < direct_.size() && direct_[at] != unknown) return direct_[at];
    return find(first, second);
  }
  u32 size() const { return u32(pairs_.size()); }
  u32 first(u32 number) const { return u32(pairs_[number] >> 32); }
  u32 second(u32 number) const { return u32(pairs_[number]); }

 private:
  static constexpr u32 unknown = 0xffffffff;
  // Pairs of few numbers are the rule: a table of at most 4 MiB instead of hashing, a row for each
  // first number, as long as the largest second one needs.
  static constexpr u64 direct_max = u64(1) << 20;

  u32 find(u32 first, u32 second);
  u32 add(u32 first, u32 second);
  void widen(u32 second);

  u64 stride_ = 16;
  std::vector<u32> direct_;
  std::unordered_map<u64, u32> others_;
  std::vector<u64> pairs_;  // of each number
};

}  // namespace shale::query

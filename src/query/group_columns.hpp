// The group a document falls into, as a number: what a sum by type, tag, day ... counts with.
//
// A column holds one view's values of one field as codes; GroupFolder makes one group number out
// of several codes. Codes and groups mean something inside one view only. Used by aggregate.cpp.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "model/overlay.hpp"

namespace shale::query {

// Whether a sum can be grouped by the field (created stands for its UTC day).
bool can_group_by(Field field);

// All values of a field that is not a tag, for all documents of a view; patches are not applied.
struct GroupColumn {
  std::vector<u32> codes;           // of each document
  std::vector<std::string> values;  // of each code; "" where absent
};
Result<GroupColumn> group_column(const Index& index, Field field);

// The values of one segment (several tags: several), changes applied.
std::vector<std::string> group_values(const Metadata& metadata, Field field);

// Numbers the combinations of codes in order of appearance, those of every length in one row.
class GroupFolder {
 public:
  static constexpr u32 root = 0xffffffff;  // the combination of no code

  // The group of those in `group` whose next code is `code`.
  u32 fold(u32 group, u32 code) {
    const u64 pair = u64(group) << 32 | code;
    if (pair == last_pair_ && !pairs_.empty()) return last_group_;
    const auto [at, is_new] = groups_.try_emplace(pair, u32(pairs_.size()));
    if (is_new) pairs_.push_back(pair);
    last_pair_ = pair;
    return last_group_ = at->second;
  }
  u32 size() const { return u32(pairs_.size()); }
  u32 group_before(u32 group) const { return u32(pairs_[group] >> 32); }
  u32 last_code(u32 group) const { return u32(pairs_[group]); }

 private:
  std::unordered_map<u64, u32> groups_;
  std::vector<u64> pairs_;
  u64 last_pair_ = 0;  // neighbours are often alike
  u32 last_group_ = 0;
};

}  // namespace shale::query

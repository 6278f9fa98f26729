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

// The values of a field that is not a tag, for all documents of a view, or for those of `among`
// alone: the codes of the others mean nothing, and what stands far from any of them is not read.
// Patches are not applied.
struct GroupColumn {
  std::vector<u32> codes;           // of each document
  std::vector<std::string> values;  // of each code; "" where absent
};
Result<GroupColumn> group_column(const Index& index, Field field, const Bitmap* among = nullptr);

// The values of one segment (several tags: several), changes applied.
std::vector<std::string> group_values(const Metadata& metadata, Field field);

// Numbers the combinations of codes in order of appearance, those of every length in one row.
class GroupFolder {
 public:
  static constexpr u32 root = 0xffffffff;  // the combination of no code

  // The group of those in `group` whose next code is `code`.
  u32 fold(u32 group, u32 code) {
    const u32 row = group + 1;  // root is row 0
    if (row >= direct_rows || code >= direct_codes) return fold_many(group, code);
    const usize at = usize(row) * direct_codes + code;
    if (at >= direct_.size()) direct_.resize(usize(row + 1) * direct_codes, root);
    if (direct_[at] == root) direct_[at] = add(group, code);
    return direct_[at];
  }
  u32 size() const { return u32(pairs_.size()); }
  u32 group_before(u32 group) const { return u32(pairs_[group] >> 32); }
  u32 last_code(u32 group) const { return u32(pairs_[group]); }

 private:
  // Few groups of few codes are the rule: a table of at most 1 MiB instead of hashing (sum of 1.1 M
  // documents by type and day: 27 ms instead of 60).
  static constexpr u32 direct_rows = 4096;
  static constexpr u32 direct_codes = 64;

  u32 add(u32 group, u32 code) {
    pairs_.push_back(u64(group) << 32 | code);
    return u32(pairs_.size() - 1);
  }
  u32 fold_many(u32 group, u32 code) {
    const auto [at, is_new] = groups_.try_emplace(u64(group) << 32 | code, 0);
    if (is_new) at->second = add(group, code);
    return at->second;
  }

  std::vector<u64> pairs_;
  std::vector<u32> direct_;
  std::unordered_map<u64, u32> groups_;
};

}  // namespace shale::query

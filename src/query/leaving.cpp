#include "query/leaving.hpp"

#include <algorithm>

#include "query/values.hpp"

namespace shale::query {

namespace {

constexpr u32 block_documents = 4096;
// Of a block with fewer members than one in so many, single values are read (logs count tokens for
// each that is asked for).
constexpr u32 scan_share = 8;

class BlockSums {
 public:
  BlockSums(const IndexView& view, RetentionRow& row) : view_(view), row_(row) {}

  // Documents of one block, ascending.
  Result<void> add(std::span<const u32> docs) {
    numbers_.resize(docs.size());
    TRY(read(Field::bytes, docs));
    for (const i64 bytes : numbers_) row_.text_bytes += bytes == no_number ? 0 : u64(bytes);
    TRY(read(Field::tokens, docs));
    for (const i64 tokens : numbers_) row_.tokens += tokens == no_number ? 0 : u64(tokens);
    row_.segments += docs.size();
    return {};
  }

 private:
  Result<void> read(Field field, std::span<const u32> docs) {
    const u32 width = docs.back() - docs.front() + 1;
    const bool is_patched = field == Field::tokens && has_patches(docs);
    if (is_patched || width / scan_share > docs.size()) {
      return current_numbers(view_, field, docs, numbers_);
    }
    block_.resize(width);
    TRY(view_.index->numbers(field, docs.front(), block_));
    for (usize i = 0; i < docs.size(); ++i) numbers_[i] = block_[docs[i] - docs.front()];
    return {};
  }

  bool has_patches(std::span<const u32> docs) const {
    const auto first = view_.overlay->patches.lower_bound(docs.front());
    return first != view_.overlay->patches.end() && first->first <= docs.back();
  }

  const IndexView& view_;
  RetentionRow& row_;
  std::vector<i64> numbers_;
  std::vector<i64> block_;
};

Result<void> add_members(const IndexView& view, const DenseSet& docs, RetentionRow& row) {
  BlockSums sums(view, row);
  std::vector<u32> members;
  members.reserve(block_documents);
  for (u32 first = 0; first < docs.limit(); first += block_documents) {
    members.clear();
    docs.for_each_between(first, first + block_documents, [&](u32 doc) { members.push_back(doc); });
    if (!members.empty()) TRY(sums.add(members));
  }
  return {};
}

}  // namespace

std::string_view rule_name(RetentionRule rule) {
  constexpr std::string_view names[] = {"expires", "max_age", "keep_last", "max_bytes"};
  return names[usize(rule)];
}

DenseSet& Leaving::set_of(RetentionRule rule) {
  DenseSet& set = by_rule_[usize(rule)];
  if (set.limit() == 0) set = DenseSet(documents_);
  return set;
}

void Leaving::remove(u32 doc) {
  for (DenseSet& set : by_rule_) {
    if (set.contains(doc)) set.remove(doc);
  }
}

bool Leaving::contains(u32 doc) const {
  return std::any_of(by_rule_.begin(), by_rule_.end(),
                     [&](const DenseSet& set) { return set.contains(doc); });
}

u32 Leaving::count() const {
  u32 sum = 0;
  for (const DenseSet& set : by_rule_) sum += set.count();
  return sum;
}

std::vector<u32> Leaving::to_vector() const {
  DenseSet all(documents_);
  for (const DenseSet& set : by_rule_) {
    if (set.limit() != 0) all |= set;
  }
  return all.to_vector();
}

Result<RetentionPlan> sum_of_leaving(std::span<const IndexView> views,
                                     std::span<const Leaving> leaving) {
  RetentionPlan plan;
  for (usize rule = 0; rule < retention_rules; ++rule) {
    RetentionRow row;
    row.rule = rule_name(RetentionRule(rule));
    for (usize at = 0; at < views.size(); ++at) {
      TRY(add_members(views[at], leaving[at].by(RetentionRule(rule)), row));
    }
    plan.segments += row.segments;
    plan.text_bytes += row.text_bytes;
    plan.tokens += row.tokens;
    plan.rows.push_back(std::move(row));
  }
  return plan;
}

}  // namespace shale::query

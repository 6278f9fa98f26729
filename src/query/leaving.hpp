// The documents that the rules of retention let go, view by view and rule by rule, and what they
// amount to.
//
// A value that retention.hpp makes, and from which whoever acts on it takes out what he had to
// leave alone: what is told is what really went. Knows no rule's meaning. Used by store.
#pragma once

#include <shale/retention.hpp>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "model/overlay.hpp"

namespace shale::query {

// In the order in which they are applied.
enum class RetentionRule : u8 { expires, max_age, keep_last, max_bytes };
inline constexpr usize retention_rules = 4;
std::string_view rule_name(RetentionRule rule);

// Of one view. Each document is in one of the sets at most.
class Leaving {
 public:
  Leaving() = default;
  explicit Leaving(u32 documents) : documents_(documents) {}

  void add(RetentionRule rule, u32 doc) { set_of(rule).add(doc); }
  void add_all(RetentionRule rule, const DenseSet& docs) { set_of(rule) |= docs; }
  void remove(u32 doc);
  bool contains(u32 doc) const;
  u32 count() const;
  std::vector<u32> to_vector() const;  // ascending
  // Empty (of limit 0) where the rule lets nothing go.
  const DenseSet& by(RetentionRule rule) const { return by_rule_[usize(rule)]; }

  u32 live = 0;  // documents of the view that were live when this was made

 private:
  DenseSet& set_of(RetentionRule rule);

  u32 documents_ = 0;
  std::array<DenseSet, retention_rules> by_rule_;
};

// Rows of all rules and their sums. `leaving` is as long as `views`. Reads the columns of bytes and
// tokens in the blocks that have any: 8 ms for a million documents of one shard, warm.
Result<RetentionPlan> sum_of_leaving(std::span<const IndexView> views,
                                     std::span<const Leaving> leaving);

}  // namespace shale::query

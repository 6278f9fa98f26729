// The rules of retention as a reader of shale/retention.hpp would write them: over plain structs,
// quadratic, without a line of the engine's. What retention must agree with. Used by the tests of
// query and of store.
#pragma once

#include <shale/retention.hpp>
#include <shale/segment.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace shale::testing {

struct KeptSegment {
  Metadata metadata;
  std::uint64_t text_bytes = 0;
};

struct SlowRetention {
  std::map<std::string, std::string> gone;  // id -> rule
  std::set<std::string> pinned;             // kept for that alone
};

class SlowRules {
 public:
  SlowRules(const std::vector<KeptSegment>& all, const RetentionRules& rules, std::int64_t now)
      : all_(all), rules_(rules), now_(now) {}

  SlowRetention run() {
    if (rules_.expire) let_go("expires", [&](const KeptSegment& one) { return has_expired(one); });
    if (rules_.max_age_seconds != 0) {
      const std::int64_t age = std::int64_t(rules_.max_age_seconds) * 1'000'000;
      let_go("max_age", [&](const KeptSegment& one) {
        return one.metadata.created_at.microseconds < now_ - age;
      });
    }
    if (rules_.keep_last_per_task != 0) {
      let_go("keep_last", [&](const KeptSegment& one) {
        return one.metadata.task && newer_of_task(one) >= rules_.keep_last_per_task;
      });
    }
    if (rules_.max_bytes != 0) let_oldest_go();
    return result_;
  }

 private:
  template <class Goes>
  void let_go(const std::string& rule, const Goes& goes) {
    std::vector<const KeptSegment*> chosen;
    for (const KeptSegment& one : all_) {
      if (is_there(one) && goes(one)) chosen.push_back(&one);
    }
    for (const KeptSegment* one : chosen) {
      if (one->metadata.pinned) {
        result_.pinned.insert(one->metadata.id);
      } else {
        result_.gone[one->metadata.id] = rule;
      }
    }
  }

  bool is_there(const KeptSegment& one) const { return !result_.gone.contains(one.metadata.id); }

  bool has_expired(const KeptSegment& one) const {
    const auto found = one.metadata.attrs.find(".expires");
    if (found == one.metadata.attrs.end()) return false;
    const auto* until = std::get_if<std::int64_t>(&found->second);
    return until != nullptr && *until <= now_;
  }

  static bool is_newer(const KeptSegment& a, const KeptSegment& b) {
    if (a.metadata.created_at.microseconds != b.metadata.created_at.microseconds) {
      return a.metadata.created_at.microseconds > b.metadata.created_at.microseconds;
    }
    return a.metadata.id < b.metadata.id;
  }

  std::uint64_t newer_of_task(const KeptSegment& one) const {
    std::uint64_t count = 0;
    for (const KeptSegment& other : all_) {
      const bool counts =
          is_there(other) && other.metadata.task == one.metadata.task && is_newer(other, one);
      count += counts ? 1 : 0;
    }
    return count;
  }

  void let_oldest_go() {
    std::int64_t last = INT64_MIN;
    for (;;) {
      std::uint64_t total = 0;
      const KeptSegment* oldest = nullptr;
      for (const KeptSegment& one : all_) {
        if (!is_there(one)) continue;
        total += one.text_bytes;
        if (one.metadata.pinned) continue;
        if (oldest == nullptr || is_newer(*oldest, one)) oldest = &one;
      }
      if (total <= rules_.max_bytes || oldest == nullptr) break;
      result_.gone[oldest->metadata.id] = "max_bytes";
      last = oldest->metadata.created_at.microseconds;
    }
    for (const KeptSegment& one : all_) {
      const bool is_older = one.metadata.created_at.microseconds < last;
      if (is_older && one.metadata.pinned) result_.pinned.insert(one.metadata.id);
    }
  }

  const std::vector<KeptSegment>& all_;
  const RetentionRules& rules_;
  std::int64_t now_;
  SlowRetention result_;
};

}  // namespace shale::testing

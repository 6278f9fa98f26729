// What a project keeps: rules of age, number and size, and what they would remove.
//
// A pinned segment is never removed, whatever the rules say. Rules stand in shale.toml
// (`[retention]`); a dry run is Project::plan_retention.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <shale/query.hpp>

namespace shale {

struct RetentionRules {
  std::uint64_t max_bytes = 0;           // of text, oldest out first; 0: no limit
  std::uint64_t max_age_seconds = 0;     // since created; 0: no limit
  std::uint64_t keep_last_per_task = 0;  // of each task the newest so many; 0: all
  bool expire = true;                    // segments whose `.expires` has come
  bool operator==(const RetentionRules&) const = default;
};

struct RetentionRow {
  std::string rule;  // max_bytes max_age keep_last expires
  std::uint64_t segments = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t tokens = 0;
};

struct RetentionPlan {
  std::vector<RetentionRow> rows;  // each segment under the first rule that removes it
  std::uint64_t segments = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t tokens = 0;
  std::uint64_t pinned = 0;          // kept for that alone
  std::uint64_t shards_dropped = 0;  // whole, by an unlink
  std::vector<Fault> faults;
};

}  // namespace shale

// What a project keeps: rules of age, number and size, and what they would remove.
//
//   RetentionRules rules{.max_age_seconds = 90 * 86'400, .keep_last_per_task = 100};
//   auto would = notes.plan_retention(rules).value();   // changes nothing
//   auto done = notes.retain(rules).value();            // would.segments, unless others wrote
//
// In this order, each to what the ones before it leave; a segment counts under the first that
// removes it:
//
//   expires    its attribute `.expires` (a time of its own) has come
//   max_age    it was created longer ago than that
//   keep_last  it has a task, and of that task so many newer ones are there
//   max_bytes  the oldest, until the text of all is no more than that
//
// Newer is: created later; of the same moment, the smaller id (the order of a list by `created`).
// A pinned segment is never removed, whatever the rules say; it counts among the newest of its
// task, and for the size of all. Nothing is hidden before it is removed: what has expired is found
// until `retain` is called; who keeps a store open with StoreOptions::background_merge calls it
// once a minute where shale.toml says `automatic = true`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shale/query.hpp>

namespace shale {

// The attribute that says until when a segment is kept: a whole number, microseconds since 1970
// UTC, of 1973 or later (a count of seconds or milliseconds is refused, with anything else).
inline constexpr std::string_view expires_attribute = ".expires";

struct RetentionRules {
  std::uint64_t max_bytes = 0;           // of text; 0: no limit
  std::uint64_t max_age_seconds = 0;     // since created; 0: no limit
  std::uint64_t keep_last_per_task = 0;  // of each task the newest so many; 0: all
  bool expire = true;                    // segments whose `.expires` has come
  // Of shale.toml: whoever merges in the background applies the rules, and so does `shale merge`.
  bool automatic = false;
  std::optional<std::int64_t> now_us = std::nullopt;  // microseconds since 1970 UTC
  bool operator==(const RetentionRules&) const = default;
};

struct RetentionRow {
  std::string rule;  // expires max_age keep_last max_bytes
  std::uint64_t segments = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t tokens = 0;  // of those that are counted
  bool operator==(const RetentionRow&) const = default;
};

struct RetentionPlan {
  std::vector<RetentionRow> rows;  // of all rules, in their order
  std::uint64_t segments = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t tokens = 0;
  // Kept for that alone; for max_bytes, those older than the last that it removes.
  std::uint64_t pinned = 0;
  std::uint64_t shards_dropped = 0;  // whole, by an unlink
  // Of `retain`: planned, and left alone because somebody stashed, changed, pinned or erased them
  // meanwhile.
  std::uint64_t left = 0;
  std::vector<Fault> faults;  // what is damaged is not looked at: the rules remove less for it
};

}  // namespace shale

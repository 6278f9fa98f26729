// Sums, counts and times of segments by groups, and the analysis of how a project is used: from
// columns alone, in milliseconds for a million segments.
//
//   auto rows = now.aggregate({.field = "tokens", .by = {"type", "task"}}).value().rows;
//   auto usage = now.usage({.limit = 200'000, .where = "tier:working"}).value();
//
// Plain values, like those of shale/query.hpp. No text of a segment is read, but by a query text
// with a regular expression. Not here: asking (Snapshot, in shale/store.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <shale/query.hpp>

namespace shale {

// What is summed, of which segments, in which groups.
struct Aggregation {
  // tokens bytes words refcount gc_survival_count; empty: the segments are counted alone.
  std::string field = {};
  // type task file topic tag tier generation pinned day (of creation, UTC) project, any of them. A
  // segment with several tags counts in the group of each.
  std::vector<std::string> by = {};
  std::string where = {};  // as Query::where
  // As Query::text: only what it finds. Empty: every segment that passes `where`.
  std::string text = {};
  Match match = Match::all;
  std::size_t widen_below = 10;  // as Query::widen_below, for Match::auto_
  bool times = false;            // for SumRow::created and SumRow::touched
};

// Both ends belong to it: microseconds since 1970 UTC.
struct TimeRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool operator==(const TimeRange&) const = default;
};

// A group. `key` holds one value for each field of `by` ("" for absent).
struct SumRow {
  std::vector<std::string> key;
  std::uint64_t count = 0;   // segments in the group
  std::uint64_t sum = 0;     // of the summed field over those that have it
  std::uint64_t absent = 0;  // segments that do not have it
  // When the group's segments were created, and last touched; where Aggregation::times asks for it
  // and there are any.
  std::optional<TimeRange> created = std::nullopt;
  std::optional<TimeRange> touched = std::nullopt;
  bool operator==(const SumRow&) const = default;
};

struct Sum {
  // Largest sum first, then the largest count, then by key. Without `by` one row, of everything.
  std::vector<SumRow> rows;
  bool widened = false;  // as in Answer, and so is the next
  bool partial = false;
  std::vector<Fault> faults;
};

struct UsageOptions {
  std::optional<std::uint64_t> limit = std::nullopt;  // tokens there is room for; positive
  std::string where = {};                             // as Query::where, e.g. "tier:working"
  // What ages count from, in microseconds since 1970; absent: this moment.
  std::optional<std::int64_t> now = std::nullopt;
};

// The segments that have one value of a field.
struct UsageShare {
  std::string value;            // "" where the field is absent
  std::uint64_t count = 0;      // segments
  std::uint64_t tokens = 0;     // of those that have a count of tokens
  std::uint64_t uncounted = 0;  // segments that have none
  double count_percent = 0;     // of all segments
  double token_percent = 0;     // of all tokens; 0 where there are none
  bool operator==(const UsageShare&) const = default;
};

enum class Priority : std::uint8_t { low, medium, high, urgent };

enum class Advice : std::uint8_t {
  prune,       // 90 % of the limit are used (urgent), or 80 % (high)
  stash,       // 60 % (medium)
  watch,       // 50 % (low)
  review_old,  // the oldest was last touched more than 24 hours ago (low)
  trim_logs,   // more than 60 % of the segments are of the type `log` (low)
  unpin,       // all are pinned (low)
};

struct Recommendation {
  Advice advice = Advice::watch;
  Priority priority = Priority::low;
  std::string sentence;  // for people; its wording is no contract
  bool operator==(const Recommendation&) const = default;
};

// How much of a project is used, by what, and what to do about it. A segment without a count of
// tokens is told as such, and its tokens are never guessed.
struct Usage {
  std::uint64_t segments = 0;
  std::uint64_t tokens = 0;     // of those that have a count
  std::uint64_t uncounted = 0;  // segments without one
  std::uint64_t pinned = 0;     // segments
  std::uint64_t pinned_tokens = 0;
  std::vector<UsageShare> types;  // most tokens first, then most segments, then by value
  std::vector<UsageShare> tasks;
  std::vector<UsageShare> tiers;
  std::optional<std::uint64_t> limit;     // as asked, and with it:
  std::optional<double> percent;          // of the limit
  std::optional<std::int64_t> remaining;  // tokens; negative beyond the limit
  // When segments were last touched, and how long ago that is for the first of them and for the
  // last, in microseconds: 0 where it is in the future. Absent where there is no segment.
  std::optional<TimeRange> touched;
  std::optional<std::int64_t> oldest_age;
  std::optional<std::int64_t> newest_age;
  // 0 to 100: 100 - percent - min(20, 2 * days of the oldest) + evenness, where evenness is 10
  // times the Shannon entropy of the types' counts over that of as many equal ones: 0 where all are
  // of one type, 5 for a single segment or none.
  double health = 0;
  std::vector<Recommendation> recommendations;  // most urgent first
  std::vector<Fault> faults;
};

// The usage of several projects as that of one; `options` as they were asked with. Allocates, never
// fails.
SHALE_API Usage joined_usage(std::span<const Usage> parts, const UsageOptions& options);

}  // namespace shale

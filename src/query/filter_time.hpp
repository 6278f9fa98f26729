// Times as filters spell them: RFC 3339 dates and moments, and ages. Pure functions.
//
// A spelling stands for the whole stretch it is exact to: `2026-03-01` for that day,
// `2026-03-01T12:00Z` for that minute. Without a zone it is UTC. Used by filter_parser.cpp and
// by the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/integers.hpp"

namespace shale::query {

struct TimeStretch {
  i64 first = 0;  // microseconds since 1970 UTC, inclusive
  i64 last = 0;
  bool is_age = false;
  bool operator==(const TimeStretch&) const = default;
};

// Nothing for what is no time. `now` is what ages (90s 30m 12h 7d 2w) count from.
std::optional<TimeStretch> parse_time(std::string_view text, i64 now);

// Such an age alone, in microseconds.
std::optional<i64> parse_age(std::string_view text);

inline constexpr i64 microseconds_per_day = 86'400'000'000;
// Days since 1970 <-> the UTC date `2026-03-01` (years 0000 to 9999 have four digits).
i64 day_of(i64 microseconds);
std::string date_text(i64 day);

}  // namespace shale::query

// Times as people and programs write them (RFC 3339) <-> Time (microseconds since 1970 UTC).
//
// Read: `2025-12-08T00:00:05.123456+01:00`, a blank for the T, seconds and zone optional, a date
// alone (midnight), years beyond four digits with a sign (`+12025-...`). Offsets are folded into
// UTC; whether a zone was named is kept in Time::zoned. Written: the shortest of these forms that
// reads back as the same Time. Knows no time zone database and no local time.
// Used by the NDJSON reader and writer and by the program's options.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <shale/segment.hpp>

#include "base/integers.hpp"

namespace shale::exchange {

// Nothing where `text` is no time, or one that 64 bits of microseconds cannot hold.
std::optional<Time> parse_time(std::string_view text);
// Seconds since 1970, whole or not; always zoned, since that count is UTC by definition.
std::optional<Time> time_from_seconds(i64 seconds);
std::optional<Time> time_from_seconds(double seconds);

std::string format_time(Time time);

}  // namespace shale::exchange

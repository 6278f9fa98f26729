#include "query/filter_time.hpp"

#include <ctime>
#include <random>

#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

constexpr i64 second = 1'000'000;

// Seconds since 1970 by the C library.
i64 by_library(int year, int month, int day, int hour, int minute, int sec) {
  std::tm moment{};
  moment.tm_year = year - 1900;
  moment.tm_mon = month - 1;
  moment.tm_mday = day;
  moment.tm_hour = hour;
  moment.tm_min = minute;
  moment.tm_sec = sec;
  return i64(timegm(&moment));
}

TEST_CASE("a date stands for its whole day") {
  const auto day = parse_time("2026-03-01", 0);
  REQUIRE(day);
  CHECK(day->first == by_library(2026, 3, 1, 0, 0, 0) * second);
  CHECK(day->last == by_library(2026, 3, 2, 0, 0, 0) * second - 1);
  CHECK_FALSE(day->is_age);
}

TEST_CASE("a moment stands for what it is exact to") {
  const i64 noon = by_library(2026, 3, 1, 12, 0, 0) * second;
  CHECK(parse_time("2026-03-01T12:00", 0) == TimeStretch{noon, noon + 60 * second - 1, false});
  CHECK(parse_time("2026-03-01T12:00:00Z", 0) == TimeStretch{noon, noon + second - 1, false});
  CHECK(parse_time("2026-03-01T12:00:00.25Z", 0) ==
        TimeStretch{noon + 250'000, noon + 259'999, false});
  CHECK(parse_time("2026-03-01T12:00:00.123456789Z", 0) ==
        TimeStretch{noon + 123'456, noon + 123'456, false});
  CHECK(parse_time("2026-03-01t12:00:00z", 0) == parse_time("2026-03-01T12:00:00", 0));
}

TEST_CASE("zones are taken off") {
  const auto utc = parse_time("2026-03-01T12:00:00Z", 0);
  CHECK(parse_time("2026-03-01T14:30:00+02:30", 0) == utc);
  CHECK(parse_time("2026-03-01T07:00:00-05:00", 0) == utc);
  CHECK(parse_time("2026-02-29T14:00:00+02:00", 0) == std::nullopt);
}

TEST_CASE("an age counts back from now") {
  const i64 now = 1'000'000 * second;
  CHECK(parse_time("90s", now) == TimeStretch{now - 90 * second, now - 90 * second, true});
  CHECK(parse_time("30m", now)->first == now - 1800 * second);
  CHECK(parse_time("12h", now)->first == now - 43'200 * second);
  CHECK(parse_time("7d", now)->first == now - 604'800 * second);
  CHECK(parse_time("1w", now) == parse_time("7d", now));
}

TEST_CASE("what is no time is told") {
  for (const char* text : {"",
                           "d",
                           "7",
                           "7x",
                           "-7d",
                           "7.5d",
                           "99999999d",
                           "2026",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-04-31",
                           "2025-02-29",
                           "2026-03-01T",
                           "2026-03-01T24:00",
                           "2026-03-01T12:60",
                           "2026-03-01T12:00:61Z",
                           "2026-03-01T12:00:00.Z",
                           "2026-03-01T12:00:00+2:00",
                           "2026-03-01T12:00:00Zx",
                           "2026-03-01 12:00",
                           "2026-3-1",
                           "+026-03-01",
                           "tomorrow"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text, 0));
  }
}

TEST_CASE("dates agree with the C library") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    // Years 0 to 9999.
    const i64 seconds = i64(random() % 315'537'897'599u) - 62'135'596'800;
    const std::time_t at = std::time_t(seconds);
    std::tm parts{};
    gmtime_r(&at, &parts);
    char text[32];
    REQUIRE(std::strftime(text, sizeof text, "%Y-%m-%d", &parts) > 0);
    const std::string date = std::string(10 - std::string(text).size(), '0') + text;
    CHECK(date_text(day_of(seconds * second)) == date);
    const auto parsed = parse_time(date, 0);
    REQUIRE(parsed);
    CHECK(parsed->first == day_of(seconds * second) * microseconds_per_day);
  }
}

TEST_CASE("days before 1970 round down") {
  CHECK(day_of(0) == 0);
  CHECK(day_of(-1) == -1);
  CHECK(day_of(-microseconds_per_day) == -1);
  CHECK(day_of(-microseconds_per_day - 1) == -2);
  CHECK(date_text(-1) == "1969-12-31");
}

TEST_CASE("ages count up to a million of any unit") {
  const i64 now = 7;
  CHECK(parse_time("0s", now) == TimeStretch{now, now, true});
  CHECK(parse_time("1000000s", now)->first == now - i64(1'000'000) * second);
  CHECK(parse_time("1000000w", now)->first == now - i64(7'000'000) * microseconds_per_day);
  for (const char* const text : {"1000001s", "1000001w", "5S", "5y", "5dd", "d5", "5 d", "+5d"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text, now));
  }
}

TEST_CASE("a fraction is exact to its last digit, down to a microsecond") {
  const i64 noon = by_library(2026, 3, 1, 12, 0, 0) * second;
  const std::string digits = "123456789";
  i64 unit = second;
  for (usize count = 1; count <= digits.size(); ++count) {
    if (unit > 1) unit /= 10;
    const i64 first = noon + 123'456 / unit * unit;
    INFO(count);
    CHECK(parse_time("2026-03-01T12:00:00." + digits.substr(0, count), 0) ==
          TimeStretch{first, first + unit - 1, false});
  }
}

TEST_CASE("the borders of every part of a moment") {
  const auto first = [](const std::string& text) {
    const auto time = parse_time(text, 0);
    REQUIRE(time);
    return time->first;
  };
  CHECK(first("0000-01-01") == by_library(0, 1, 1, 0, 0, 0) * second);
  CHECK(first("9999-12-31T23:59:59Z") == by_library(9999, 12, 31, 23, 59, 59) * second);
  CHECK(first("2024-02-29") + microseconds_per_day == first("2024-03-01"));
  CHECK(first("2000-02-29") + microseconds_per_day == first("2000-03-01"));
  CHECK_FALSE(parse_time("1900-02-29", 0));
  CHECK_FALSE(parse_time("2026-12-32", 0));
  CHECK_FALSE(parse_time("2026-01-00", 0));
  CHECK(first("2026-06-30T23:59:60Z") == first("2026-07-01T00:00:00Z"));
  CHECK(first("2026-01-01T00:00+23:59") == first("2025-12-31T00:01Z"));
  CHECK(first("2026-01-01T00:00-23:59") == first("2026-01-01T23:59Z"));
  for (const char* const zone :
       {"+24:00", "+00:60", "+0000", "+00", "-", "+1:00", "Z+00:00", " Z"}) {
    INFO(zone);
    CHECK_FALSE(parse_time(std::string("2026-01-01T00:00") + zone, 0));
  }
  CHECK_FALSE(parse_time("2026-01-01Z", 0));
  CHECK_FALSE(parse_time("2026-01-01T00", 0));
  CHECK_FALSE(parse_time("2026-01-01T0:00", 0));
}

TEST_CASE("every day of four centuries follows the one before, and reads back") {
  std::string last = date_text(-25'568);
  CHECK(last == "1899-12-31");
  for (i64 day = -25'567; day < 146'097 - 25'567; ++day) {
    const std::string date = date_text(day);
    REQUIRE(last < date);
    REQUIRE(date.size() == 10);
    REQUIRE(parse_time(date, 0)->first == day * microseconds_per_day);
    last = date;
  }
  CHECK(last == "2299-12-31");
  CHECK(date_text(day_of(by_library(0, 1, 1, 0, 0, 0) * second)) == "0000-01-01");
}

TEST_CASE("an age alone") {
  CHECK(parse_age("7d") == 7 * microseconds_per_day);
  CHECK(parse_age("90s") == 90'000'000);
  CHECK(parse_age("0h") == 0);
  for (const char* text : {"", "d", "7", "7y", "-7d", "7 d", "1000001s", "2026-01-01"}) {
    INFO(text);
    CHECK_FALSE(parse_age(text));
  }
}

}  // namespace
}  // namespace shale::query

#include "exchange/times.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

constexpr i64 second = 1'000'000;

void reads(std::string_view text, i64 microseconds, bool zoned) {
  INFO(text);
  const auto time = parse_time(text);
  REQUIRE(time);
  CHECK(time->microseconds == microseconds);
  CHECK(time->zoned == zoned);
}

}  // namespace

TEST_CASE("times: the forms that programs write are read") {
  reads("1970-01-01T00:00:00Z", 0, true);
  reads("1970-01-01T00:00:00", 0, false);
  reads("2001-09-09T01:46:40Z", 1'000'000'000 * second, true);
  reads("2001-09-09 01:46:40z", 1'000'000'000 * second, true);
  reads("2001-09-09T03:46:40+02:00", 1'000'000'000 * second, true);
  reads("2001-09-08T20:16:40-0530", 1'000'000'000 * second, true);
  reads("2001-09-09T02:46:40+01", 1'000'000'000 * second, true);
  reads("2001-09-09T01:46", 999'999'960 * second, false);
  reads("2001-09-09", 999'993'600 * second, false);
  reads("2001-09-09T01:46:40.5Z", 1'000'000'000 * second + 500'000, true);
  reads("2001-09-09T01:46:40.123456Z", 1'000'000'000 * second + 123'456, true);
  reads("2001-09-09T01:46:40,1234569Z", 1'000'000'000 * second + 123'456, true);
  reads("1969-12-31T23:59:59.999999Z", -1, true);
  reads("2016-12-31T23:59:60Z", 1'483'228'800 * second, true);
  reads("0000-03-01T00:00:00Z", -719'468 * (86'400 * second), true);
  reads("2000-02-29T00:00:00Z", 951'782'400 * second, true);
}

TEST_CASE("times: what is no time is refused") {
  for (const char* text : {"",
                           "yesterday",
                           "2001",
                           "2001-13-01",
                           "2001-00-01",
                           "2001-02-29",
                           "1900-02-29",
                           "2001-04-31",
                           "2001-09-09T24:00:00",
                           "2001-09-09T01:60:00",
                           "2001-09-09T01:46:61",
                           "2001-09-09T01:46:40+24:00",
                           "2001-09-09T01:46:40.Z",
                           "2001-09-09T01:46:40Zx",
                           "2001-09-09T",
                           "2001-09-09X01:46:40",
                           "01-09-09",
                           "+999999-01-01T00:00:00Z",
                           "2001-9-9",
                           "2001-09-09T01:46:40+01:",
                           "\xff"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("times: seconds since 1970") {
  CHECK(time_from_seconds(i64(1'700'000'017))->microseconds == 1'700'000'017 * second);
  CHECK(time_from_seconds(i64(-1))->microseconds == -second);
  CHECK(time_from_seconds(i64(17))->zoned);
  CHECK(time_from_seconds(1'700'000'017.25)->microseconds == 1'700'000'017 * second + 250'000);
  CHECK(time_from_seconds(1'765'152'000.123456)->microseconds == 1'765'152'000 * second + 123'456);
  CHECK(time_from_seconds(-0.5)->microseconds == -500'000);
  CHECK_FALSE(time_from_seconds(INT64_MAX));
  CHECK_FALSE(time_from_seconds(1e300));
  CHECK_FALSE(time_from_seconds(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("times: written in the shortest form") {
  CHECK(format_time({0, true}) == "1970-01-01T00:00:00Z");
  CHECK(format_time({0, false}) == "1970-01-01T00:00:00");
  CHECK(format_time({-1, true}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_time({1'765'152'000'123'456, false}) == "2025-12-08T00:00:00.123456");
  CHECK(format_time({253'402'300'800 * second, true}) == "+10000-01-01T00:00:00Z");
}

TEST_CASE("times: every Time comes back") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Time time{.microseconds = i64(random()) >> (random() % 60), .zoned = random() % 2 == 0};
    INFO(time.microseconds);
    const auto back = parse_time(format_time(time));
    REQUIRE(back);
    REQUIRE(*back == time);
  }
  for (const i64 edge : {INT64_MAX, INT64_MIN, INT64_MIN + 1, i64(-1), i64(0)}) {
    const auto back = parse_time(format_time({edge, true}));
    REQUIRE(back);
    CHECK(back->microseconds == edge);
  }
}

TEST_CASE("times: the calendar goes on day by day") {
  // 1599 to 2401: both kinds of centuries, and the whole 400 years after which it repeats.
  const i64 first = parse_time("1599-12-31T00:00:00Z")->microseconds;
  i64 year = 1599;
  i64 month = 12;
  i64 day = 31;
  for (i64 number = 0; number < 293'000; ++number) {
    const std::string text = format_time({first + number * 86'400 * second, true});
    REQUIRE(text.size() == 20);
    REQUIRE(std::stoll(text.substr(0, 4)) == year);
    REQUIRE(std::stoll(text.substr(5, 2)) == month);
    REQUIRE(std::stoll(text.substr(8, 2)) == day);
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const i64 lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (++day <= lengths[month - 1]) continue;
    day = 1;
    if (++month <= 12) continue;
    month = 1;
    ++year;
  }
  CHECK(year == 2402);
}

TEST_CASE("times: an offset is taken off whatever the clock says") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const Time local{.microseconds = (i64(random()) >> 8) / second * second, .zoned = false};
    const i64 hours = i64(random() % 24);
    const i64 minutes = i64(random() % 60);
    const bool west = random() % 2 == 0;
    const std::string digits = std::to_string(100 + hours).substr(1) +
                               (random() % 2 == 0 ? ":" : "") +
                               std::to_string(100 + minutes).substr(1);
    const std::string text = format_time(local) + (west ? '-' : '+') + digits;
    INFO(text);
    const auto time = parse_time(text);
    REQUIRE(time);
    const i64 offset = (hours * 60 + minutes) * 60 * second;
    CHECK(time->microseconds == local.microseconds + (west ? offset : -offset));
    CHECK(time->zoned);
  }
}

TEST_CASE("times: a time cut off anywhere is one of the shorter forms or none") {
  const std::string_view text = "2001-09-09T01:46:40.123456+01:30";
  const std::vector<usize> whole = {10, 16, 19, 21, 22, 23, 24, 25, 26, 29, 32};
  for (usize length = 0; length <= text.size(); ++length) {
    INFO(text.substr(0, length));
    const bool expected = std::find(whole.begin(), whole.end(), length) != whole.end();
    CHECK(parse_time(text.substr(0, length)).has_value() == expected);
  }
}

TEST_CASE("times: no byte makes the reader guess") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "2001-09-09T01:46:40.123456+01:30";
    text[random() % text.size()] = char(random());
    INFO(text);
    const auto time = parse_time(text);
    if (!time) continue;
    // What was read at all stays the same moment when it is written and read again.
    REQUIRE(parse_time(format_time(*time)) == *time);
  }
  CHECK_FALSE(parse_time(std::string_view("2001-09-09\0", 11)));
  CHECK_FALSE(parse_time(" 2001-09-09"));
  CHECK_FALSE(parse_time("2001-09-09 "));
  CHECK_FALSE(parse_time("２００１-09-09"));
}

TEST_CASE("times: the last moments that 64 bits hold") {
  CHECK(parse_time("+294247-01-10T04:00:54.775807Z")->microseconds == INT64_MAX);
  CHECK_FALSE(parse_time("+294247-01-10T04:00:54.775808Z"));
  CHECK_FALSE(parse_time("+294247-01-10T04:00:55Z"));
  CHECK(parse_time("+294247-01-10T05:00:54+01:00"));
  CHECK_FALSE(parse_time("+294247-01-10T04:00:54-00:01"));
  CHECK(parse_time("-290308-12-21T19:59:05.224192Z")->microseconds == INT64_MIN);
  CHECK_FALSE(parse_time("-290308-12-21T19:59:05.224191Z"));
  CHECK_FALSE(parse_time("-290308-12-21T19:59:06+00:01"));
  CHECK_FALSE(parse_time("-9999999999-01-01"));
  CHECK_FALSE(parse_time("+99999999999999999999-01-01"));
}

TEST_CASE("times: seconds with a fraction are rounded to microseconds") {
  CHECK(time_from_seconds(0.9999999)->microseconds == second);
  CHECK(time_from_seconds(-0.0000001)->microseconds == 0);
  CHECK(time_from_seconds(-1.25)->microseconds == -1'250'000);
  CHECK(time_from_seconds(0.0000005)->microseconds == 1);
  CHECK(time_from_seconds(-0.0)->microseconds == 0);
  CHECK(time_from_seconds(9.1e12)->microseconds == 9'100'000'000'000 * second);
  CHECK_FALSE(time_from_seconds(9.3e12));
  CHECK_FALSE(time_from_seconds(-9.3e12));
  CHECK_FALSE(time_from_seconds(std::numeric_limits<double>::infinity()));
  CHECK(time_from_seconds(INT64_MAX / second)->microseconds == INT64_MAX / second * second);
  CHECK_FALSE(time_from_seconds(INT64_MAX / second + 1));
  CHECK_FALSE(time_from_seconds(INT64_MIN / second - 1));
}

TEST_CASE("times: within four digits the order of texts is the order of times") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const i64 first = parse_time("0000-01-01T00:00:00Z")->microseconds;
  const i64 last = parse_time("9999-12-31T23:59:59Z")->microseconds;
  std::uniform_int_distribution<i64> moments(first / second, last / second);
  for (int i = 0; i < 2000; ++i) {
    const Time a{moments(random) * second, true};
    const Time b{moments(random) * second, true};
    REQUIRE((format_time(a) < format_time(b)) == (a.microseconds < b.microseconds));
  }
}

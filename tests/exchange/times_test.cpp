#include "exchange/times.hpp"

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

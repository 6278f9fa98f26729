#include "query/filter_time.hpp"

#include <charconv>
#include <cstdio>

namespace shale::query {

namespace {

constexpr i64 second = 1'000'000;
constexpr i64 minute = 60 * second;
constexpr i64 hour = 60 * minute;

struct Date {
  i64 year = 0;
  i64 month = 0;
  i64 day = 0;
};

// Days since 1970-01-01 of a proleptic Gregorian date. Years are counted from March, so that the
// leap day is the last of its year; 400 years are one cycle of 146,097 days.
i64 days_from_date(Date date) {
  const i64 year = date.month <= 2 ? date.year - 1 : date.year;
  const i64 cycle = (year >= 0 ? year : year - 399) / 400;
  const i64 year_of_cycle = year - cycle * 400;
  const i64 month_from_march = (date.month + 9) % 12;
  const i64 day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const i64 leap_days = year_of_cycle / 4 - year_of_cycle / 100;
  return cycle * 146'097 + year_of_cycle * 365 + leap_days + day_of_year - 719'468;
}

Date date_from_days(i64 days) {
  const i64 shifted = days + 719'468;
  const i64 cycle = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const i64 day_of_cycle = shifted - cycle * 146'097;
  const i64 year_of_cycle =
      (day_of_cycle - day_of_cycle / 1'460 + day_of_cycle / 36'524 - day_of_cycle / 146'096) / 365;
  const i64 day_of_year =
      day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const i64 month_from_march = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  date.year = year_of_cycle + cycle * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

i64 days_in_month(i64 year, i64 month) {
  constexpr i64 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

// Takes a text apart from the left; after the first thing that is not there ok() is false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  bool skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = skip(c) && ok_; }
  i64 number(usize digits, i64 low, i64 high) {
    i64 value = 0;
    for (usize i = 0; i < digits; ++i) value = value * 10 + digit();
    ok_ = ok_ && value >= low && value <= high;
    return value;
  }
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  i64 digit() {
    if (!at_digit()) {
      ok_ = false;
      return 0;
    }
    const i64 value = rest_[0] - '0';
    rest_.remove_prefix(1);
    return value;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// [:SS[.fraction]]: adds to `at`, and says how exact the time was.
i64 scan_seconds(Scanner& in, i64& at) {
  if (!in.skip(':')) return minute;
  at += in.number(2, 0, 60) * second;  // 60: a leap second counts as the next minute's first
  if (!in.skip('.')) return second;
  i64 unit = second;
  do {
    const i64 digit = in.digit();
    if (unit > 1) {
      unit /= 10;
      at += digit * unit;
    }
  } while (in.at_digit());
  return unit;
}

// Z, +hh:mm, -hh:mm or nothing, as what to subtract.
i64 scan_zone(Scanner& in) {
  if (in.at_end() || in.skip('Z') || in.skip('z')) return 0;
  const bool west = in.skip('-');
  if (!west) in.expect('+');
  const i64 hours = in.number(2, 0, 23);
  in.expect(':');
  const i64 offset = hours * hour + in.number(2, 0, 59) * minute;
  return west ? -offset : offset;
}

std::optional<TimeStretch> parse_moment(std::string_view text) {
  Scanner in(text);
  Date date;
  date.year = in.number(4, 0, 9999);
  in.expect('-');
  date.month = in.number(2, 1, 12);
  in.expect('-');
  date.day = in.number(2, 1, 31);
  if (!in.ok() || date.day > days_in_month(date.year, date.month)) return std::nullopt;
  i64 at = days_from_date(date) * microseconds_per_day;
  i64 width = microseconds_per_day;
  if (!in.at_end()) {
    if (!in.skip('T') && !in.skip('t')) return std::nullopt;
    at += in.number(2, 0, 23) * hour;
    in.expect(':');
    at += in.number(2, 0, 59) * minute;
    width = scan_seconds(in, at);
    at -= scan_zone(in);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return TimeStretch{at, at + width - 1, false};
}

}  // namespace

std::optional<i64> parse_age(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  i64 count = 0;
  const char* last = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc() || stop != last || count < 0 || count > 1'000'000) return std::nullopt;
  const auto unit = [&]() -> i64 {
    switch (*last) {
      case 's':
        return second;
      case 'm':
        return minute;
      case 'h':
        return hour;
      case 'd':
        return microseconds_per_day;
      case 'w':
        return 7 * microseconds_per_day;
      default:
        return 0;
    }
  }();
  if (unit == 0) return std::nullopt;
  return count * unit;
}

std::optional<TimeStretch> parse_time(std::string_view text, i64 now) {
  if (const std::optional<i64> age = parse_age(text)) {
    return TimeStretch{now - *age, now - *age, true};
  }
  return parse_moment(text);
}

i64 day_of(i64 microseconds) {
  const i64 day = microseconds / microseconds_per_day;
  return microseconds % microseconds_per_day < 0 ? day - 1 : day;
}

std::string date_text(i64 day) {
  const Date date = date_from_days(day);
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%04lld-%02lld-%02lld", static_cast<long long>(date.year),
                    static_cast<long long>(date.month), static_cast<long long>(date.day));
  return std::string(text, usize(size));
}

}  // namespace shale::query

#include "exchange/times.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace shale::exchange {

namespace {

constexpr i64 second_us = 1'000'000;
constexpr i64 day_seconds = 86'400;
constexpr i64 era_days = 146'097;   // 400 years of the Gregorian calendar
constexpr i64 epoch_day = 719'468;  // 1970-01-01, counted from 0000-03-01

struct Date {
  i64 year = 0;
  i64 month = 0;
  i64 day = 0;
};

constexpr i64 floor_div(i64 a, i64 b) { return a / b - (a % b < 0 ? 1 : 0); }

// Years are counted from March, so that the leap day is the last of its year.
i64 days_of(Date date) {
  const i64 year = date.year - (date.month <= 2 ? 1 : 0);
  const i64 era = floor_div(year, 400);
  const i64 year_of_era = year - era * 400;
  const i64 month = (date.month + 9) % 12;
  const i64 day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const i64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * era_days + day_of_era - epoch_day;
}

Date date_of(i64 days) {
  const i64 shifted = days + epoch_day;
  const i64 era = floor_div(shifted, era_days);
  const i64 day_of_era = shifted - era * era_days;
  const i64 year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const i64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const i64 month = (5 * day_of_year + 2) / 153;
  const i64 civil_month = month < 10 ? month + 3 : month - 9;
  return {.year = year_of_era + era * 400 + (civil_month <= 2 ? 1 : 0),
          .month = civil_month,
          .day = day_of_year - (153 * month + 2) / 5 + 1};
}

bool is_leap(i64 year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

i64 days_in_month(i64 year, i64 month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Takes characters from the front; the first miss makes it fail for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool ok() const { return !failed_; }
  bool at_end() const { return text_.empty(); }
  bool next_is_digit() const { return !at_end() && text_[0] >= '0' && text_[0] <= '9'; }
  bool take(char wanted) {
    if (at_end() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) { failed_ = !take(wanted) || failed_; }
  i64 number(int digits, i64 least, i64 most) {
    i64 value = 0;
    for (int i = 0; i < digits; ++i) value = value * 10 + digit();
    failed_ = failed_ || value < least || value > most;
    return value;
  }
  i64 digit() {
    if (!next_is_digit()) {
      failed_ = true;
      return 0;
    }
    const char c = text_[0];
    text_.remove_prefix(1);
    return c - '0';
  }
  void fail() { failed_ = true; }

 private:
  std::string_view text_;
  bool failed_ = false;
};

i64 scan_year(Scanner& in) {
  const bool minus = in.take('-');
  if (!minus && !in.take('+')) return in.number(4, 0, 9999);
  i64 year = in.number(4, 0, 9999);
  while (in.next_is_digit() && year < 1'000'000) year = year * 10 + in.digit();
  return minus ? -year : year;
}

// Micros since midnight; digits beyond the sixth of a second are dropped. 23:59:60 reads as the
// second after 23:59:59, as clocks without leap seconds show it.
i64 scan_time_of_day(Scanner& in) {
  const i64 hour = in.number(2, 0, 23);
  in.expect(':');
  const i64 minute = in.number(2, 0, 59);
  i64 result = (hour * 60 + minute) * 60 * second_us;
  if (!in.take(':')) return result;
  result += in.number(2, 0, 60) * second_us;
  if (!in.take('.') && !in.take(',')) return result;
  i64 unit = second_us / 10;
  if (!in.next_is_digit()) in.fail();
  while (in.next_is_digit()) {
    result += in.digit() * unit;
    unit /= 10;
  }
  return result;
}

// Seconds east of UTC, or nothing where no zone is named.
std::optional<i64> scan_zone(Scanner& in) {
  if (in.take('Z') || in.take('z')) return 0;
  const bool west = in.take('-');
  if (!west && !in.take('+')) return std::nullopt;
  i64 seconds = in.number(2, 0, 23) * 3600;
  const bool colon = in.take(':');
  if (colon || in.next_is_digit()) seconds += in.number(2, 0, 59) * 60;
  return west ? -seconds : seconds;
}

// Appends `value` with zeros in front, up to `digits` of them in all.
void append_padded(std::string& out, i64 value, usize digits) {
  const std::string text = std::to_string(value);
  out.append(digits - std::min(digits, text.size()), '0').append(text);
}

std::optional<Time> combine(i64 days, i64 day_us, std::optional<i64> zone_seconds) {
  i64 us = 0;
  const i64 seconds = days * day_seconds - zone_seconds.value_or(0) + day_us / second_us;
  // Years near the edge are put together from the second above, or the multiplication overflows.
  const i64 nudge = seconds < 0 ? 1 : 0;
  if (__builtin_mul_overflow(seconds + nudge, second_us, &us)) return std::nullopt;
  if (__builtin_add_overflow(us, day_us % second_us - nudge * second_us, &us)) return std::nullopt;
  return Time{.microseconds = us, .zoned = zone_seconds.has_value()};
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  Scanner in(text);
  Date date;
  date.year = scan_year(in);
  in.expect('-');
  date.month = in.number(2, 1, 12);
  in.expect('-');
  date.day = in.number(2, 1, 31);
  if (!in.ok() || date.day > days_in_month(date.year, date.month)) return std::nullopt;
  i64 day_us = 0;
  std::optional<i64> zone;
  if (!in.at_end()) {
    if (!in.take('T') && !in.take('t')) in.expect(' ');
    day_us = scan_time_of_day(in);
    zone = scan_zone(in);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return combine(days_of(date), day_us, zone);
}

std::optional<Time> time_from_seconds(i64 seconds) {
  i64 us = 0;
  if (__builtin_mul_overflow(seconds, second_us, &us)) return std::nullopt;
  return Time{.microseconds = us, .zoned = true};
}

std::optional<Time> time_from_seconds(double seconds) {
  // Split first: a product of 1.7e9 s and 1e6 would lose nothing, but one of 1e11 s would.
  const double whole = std::floor(seconds);
  if (!(std::abs(whole) < 9.2e12)) return std::nullopt;
  const i64 micros = std::llround((seconds - whole) * double(second_us));
  return Time{.microseconds = i64(whole) * second_us + micros, .zoned = true};
}

std::string format_time(Time time) {
  const i64 seconds = floor_div(time.microseconds, second_us);
  const i64 micros = (time.microseconds % second_us + second_us) % second_us;
  const i64 days = floor_div(seconds, day_seconds);
  const i64 rest = seconds - days * day_seconds;
  const Date date = date_of(days);
  std::string out;
  const bool four_digits = date.year >= 0 && date.year <= 9999;
  if (!four_digits) out += date.year < 0 ? '-' : '+';
  append_padded(out, std::abs(date.year), four_digits ? 4 : 5);
  const i64 parts[] = {date.month, date.day, rest / 3600, rest / 60 % 60, rest % 60};
  for (usize i = 0; i < std::size(parts); ++i) {
    out += "--T::"[i];
    append_padded(out, parts[i], 2);
  }
  if (micros != 0) append_padded(out += '.', micros, 6);
  if (time.zoned) out += 'Z';
  return out;
}

}  // namespace shale::exchange

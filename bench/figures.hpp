// Times and what is said of them: shares of a sample, the fastest of some rounds, a JSON object.
//
// A query is short beside what a busy machine does to it, so that each is timed several times and
// the fastest counts, for whatever is compared alike. Used by the programs of this folder; no part
// of the product.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace shale::bench {

using Clock = std::chrono::steady_clock;

inline double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Of one call.
template <class Call>
double microseconds_of(Call&& call) {
  const Clock::time_point start = Clock::now();
  call();
  return microseconds_since(start);
}

// The value below which that share of the sample lies; 0 of none.
inline double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::size_t(share * double(values.size() - 1))];
}

inline double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / double(values.size());
}

// `"median":1.0,"mean":1.0,"p99":1.0`: microseconds, the inside of an object.
inline std::string shares_of(const std::vector<double>& values) {
  char text[128];
  std::snprintf(text, sizeof text, "\"median\":%.1f,\"mean\":%.1f,\"p99\":%.1f",
                at_share(values, .5), mean(values), at_share(values, .99));
  return text;
}

}  // namespace shale::bench

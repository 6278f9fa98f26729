// Times and what is said of them: shares of a sample, a JSON object.
//
// A query runs on one thread and finds all it reads in memory: its time is the time of that thread
// on its core (CLOCK_THREAD_CPUTIME_ID; .2 us to read), which is what passes on an idle machine and
// which a busy one hardly lengthens. Used by the programs of this folder; no part of the product.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace shale::bench {

inline double thread_microseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3;
}

// Of one call.
template <class Call>
double microseconds_of(Call&& call) {
  const double start = thread_microseconds();
  call();
  return thread_microseconds() - start;
}

// Of a warm call: the fastest of some in a row, one where it takes long. The first of them finds in
// the core's caches what another algorithm left there.
template <class Call>
double warm_microseconds_of(Call&& call) {
  constexpr int row = 4;
  constexpr double long_us = 20'000;
  double best = microseconds_of(call);
  for (int i = 1; i < row && best < long_us; ++i) best = std::min(best, microseconds_of(call));
  return best;
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

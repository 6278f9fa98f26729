// Prometheus' text exposition format 0.0.4, from the figures of stats.hpp.
//
//   # HELP shale_segments Live segments.
//   # TYPE shale_segments gauge
//   shale_segments{project="default"} 42
//
// One family after the other, each with all its samples together, as the format demands; families
// without samples are left out. Counters end in _total; times are seconds, sizes bytes. Histograms
// have an end at each power of two from 64 ns on: their counts are exact there
// (base/histogram.hpp). Writes text only; who fetches it is the caller's affair. Behind
// prometheus_text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <shale/stats.hpp>

namespace shale::store {

// A label's value between its quotes: backslash, quote and end of line escaped.
std::string escaped_label(std::string_view value);
// As the format has it: shortest that reads back the same.
std::string number_text(double value);

}  // namespace shale::store

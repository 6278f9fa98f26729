// A progress bar on stderr: only on a terminal, only past half a second, never under --quiet.
//
// One line, redrawn ten times a second at most and wiped when the object goes away.
// Used by ingest, add, merge, verify and tokens.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <shale/store.hpp>

#include "base/integers.hpp"

namespace shale::cli {

class ProgressBar {
 public:
  ProgressBar(std::string label, bool quiet);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `total_bytes` 0: nobody knows.
  void show(u64 done_bytes, u64 total_bytes, u64 segments);

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point next_draw_;
};

// For a long call: shows how far it has come, and ends it on Ctrl-C. The bar outlives it.
ProgressCallback progress_on(ProgressBar& bar);

// The line the bar draws, without control sequences.
std::string progress_line(std::string_view label, u64 done_bytes, u64 total_bytes, u64 segments);

}  // namespace shale::cli

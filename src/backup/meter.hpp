// What a backup has done so far, and whether it is to go on.
//
// Passed through all that copies; asked at least once for every file and every 16 MiB of one. Not
// for two threads.
#pragma once

#include <stop_token>

#include <shale/backup.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::backup {

class Meter {
 public:
  Meter(ProgressCallback progress, std::stop_token stop)
      : progress_(std::move(progress)), stop_(std::move(stop)) {}

  BackedUp done;
  u64 total_bytes = 0;  // 0: nobody knows

  Result<void> copied(u64 bytes) {
    done.copied_bytes += bytes;
    return go_on();
  }
  Result<void> linked(u64 bytes) {
    ++done.linked_files;
    done.linked_bytes += bytes;
    return go_on();
  }
  Result<void> go_on() const {
    const bool wanted =
        !stop_.stop_requested() && (!progress_ || progress_({done.copied_bytes, total_bytes, 0}));
    if (wanted) return {};
    return fail(ErrorCode::cancelled, "The backup was ended before it was done.");
  }

 private:
  ProgressCallback progress_;
  std::stop_token stop_;
};

}  // namespace shale::backup

// Collects segments into batches, one per project, and commits them: the rule of all input.
//
// A batch is 4,096 segments or 8 MiB of text; once the input has passed 64 MiB the rest goes the
// bulk way, straight to a shard, 64 MiB or 131,072 segments at a time (short ones take more memory
// than their text does), and an input known to be longer does so from its first byte. With
// `Mode::manual` only flush() commits (for --ack and --strict), the bulk way where more than 64 MiB
// wait. What has been committed is durable and stays, whatever happens to later batches.
// Call order: add()* flush(), any number of times. Used by file_import, and by the
// program's `ingest` and `add`.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include <shale/store.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

class BatchWriter {
 public:
  enum class Mode : u8 { automatic, manual };
  // `goes_on` is asked while a batch goes the bulk way: false ends that (ErrorCode::cancelled).
  BatchWriter(Store store, Mode mode, std::function<bool()> goes_on = {})
      : store_(std::move(store)), mode_(mode), goes_on_(std::move(goes_on)) {}

  // The input will be about this long: bytes to come, in whatever form.
  void expect(u64 bytes) { expected_bytes_ += bytes; }
  // An error of code invalid_argument concerns this segment only and leaves the batch as it was;
  // any other ends the input.
  Result<void> add(const std::string& project, NewSegment segment);
  Result<void> flush();

  u64 stashed() const { return stashed_; }
  u64 replaced() const { return replaced_; }
  u64 counted() const { return counted_; }
  u64 text_bytes() const { return text_bytes_; }  // of what is committed
  void for_each_project(const std::function<void(Project&)>& visit);

  static constexpr u64 batch_segments = 4096;
  static constexpr u64 batch_bytes = 8u << 20;
  static constexpr u64 bulk_bytes = 64u << 20;
  static constexpr u64 bulk_segments = 131'072;

  // Whether a batch of so much is to be committed; `is_large`: of an input that goes the bulk way.
  static bool is_whole_batch(u64 segments, u64 bytes, bool is_large) {
    return segments >= (is_large ? bulk_segments : batch_segments) ||
           bytes >= (is_large ? bulk_bytes : batch_bytes);
  }

 private:
  struct Pending {
    Project project;
    Batch batch;
  };
  Result<Pending*> pending_of(const std::string& project);
  Result<void> commit(Pending& pending);
  bool is_due() const;
  bool is_large() const { return std::max(input_bytes_, expected_bytes_) > bulk_bytes; }

  Store store_;
  Mode mode_;
  std::function<bool()> goes_on_;
  std::map<std::string, Pending> projects_;
  u64 waiting_segments_ = 0;
  u64 waiting_bytes_ = 0;
  u64 input_bytes_ = 0;
  u64 expected_bytes_ = 0;
  u64 stashed_ = 0;
  u64 replaced_ = 0;
  u64 counted_ = 0;
  u64 text_bytes_ = 0;
};

}  // namespace shale::exchange

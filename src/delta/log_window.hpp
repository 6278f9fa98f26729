// A stretch of a log in memory, moved along by reading 1 MiB and more at a time.
//
// For scans (log_reader.cpp), which go forward; not a cache: what it gives is void at the next
// call.
#pragma once

#include <algorithm>

#include "base/file.hpp"

namespace shale::delta {

class LogWindow {
 public:
  explicit LogWindow(const File& file) : file_(file) {}

  // `bytes` at `offset`, fewer at the end of the file. Valid until the next call.
  Result<Bytes> at(u64 offset, u64 bytes) {
    const bool inside =
        offset >= begin_ && offset - begin_ <= filled_ && bytes <= filled_ - (offset - begin_);
    if (!inside) TRY(fill(offset, bytes));
    const usize from = usize(offset - begin_);
    return Bytes(buffer_).subspan(from, usize(std::min<u64>(bytes, filled_ - from)));
  }

 private:
  static constexpr u64 piece = u64(1) << 20;

  Result<void> fill(u64 offset, u64 bytes) {
    if (buffer_.size() < std::max(bytes, piece)) buffer_.resize(std::max(bytes, piece));
    filled_ = 0;
    begin_ = offset;
    filled_ = TRY(file_.read_at(offset, buffer_));
    return {};
  }

  const File& file_;
  Buffer buffer_;
  u64 begin_ = 0;
  usize filled_ = 0;
};

}  // namespace shale::delta

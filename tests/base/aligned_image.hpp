// Bytes at an address of one's choice: frozen images for tests. Not a container of the product,
// where images lie in mapped files.
#pragma once

#include <algorithm>

#include "base/bytes.hpp"

namespace shale::testing {

class AlignedImage {
 public:
  // A copy of `bytes` that begins `skew` bytes behind a multiple of 64.
  explicit AlignedImage(Bytes bytes, usize skew = 0) : room_(bytes.size() + 128 + skew) {
    while (!is_aligned(room_.data() + begin_, 64)) ++begin_;
    begin_ += skew;
    size_ = bytes.size();
    std::copy(bytes.begin(), bytes.end(), room_.begin() + std::ptrdiff_t(begin_));
  }
  AlignedImage(const AlignedImage&) = delete;
  AlignedImage& operator=(const AlignedImage&) = delete;

  Bytes bytes() const { return Bytes(room_).subspan(begin_, size_); }
  std::byte& operator[](usize at) { return room_[begin_ + at]; }

 private:
  Buffer room_;
  usize begin_ = 0;
  usize size_ = 0;
};

}  // namespace shale::testing

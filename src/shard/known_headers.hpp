// Headers of chunks of columns that were read and checked: 16 bytes for each of them, a tenth of a
// byte a document, where reading one takes as long as the value behind it.
//
// Safe from many threads without a lock: two that read the same header write the same. `place` is
// stored last and with release, and loaded first and with acquire, so that whoever sees it not 0
// sees the base that belongs to it.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "shard/columns.hpp"

namespace shale::shard {

class KnownHeaders {
 public:
  explicit KnownHeaders(usize count) : headers_(count) {}

  std::optional<ChunkHeader> find(u64 number) const {
    const u64 place = headers_[number].place.load(std::memory_order_acquire);
    if (place == 0) return std::nullopt;
    ChunkHeader header;
    header.width = u8(place >> 4 & 15);
    header.flags = u8(place & 7);
    header.base = headers_[number].base.load(std::memory_order_relaxed);
    header.offset = place >> 8;
    return header;
  }

  void remember(u64 number, const ChunkHeader& header) {
    if (header.offset >> 56 != 0) return;
    const u64 place = header.offset << 8 | u64(header.width) << 4 | is_known | header.flags;
    headers_[number].base.store(header.base, std::memory_order_relaxed);
    headers_[number].place.store(place, std::memory_order_release);
  }

 private:
  static constexpr u64 is_known = 8;
  struct Known {
    std::atomic<u64> place{0};  // offset << 8 | width << 4 | is_known | flags
    std::atomic<i64> base{0};
  };
  std::vector<Known> headers_;
};

}  // namespace shale::shard

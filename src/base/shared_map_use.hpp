// Bounds what shared maps of files (the logs' indexes) hold resident of this process, where it was
// asked to keep within a budget.
//
// Whoever follows an offset into such a map says so. Windows of 2 MiB are counted as they are
// touched first, for the kernel maps large folios whole; when they are more than may be, all shared
// maps are given back (release_shared_maps) and counting begins anew. A search for words that are
// like another goes through 100 MB of an index in .1 s: looking from time to time is too late.
// Costs a load where nothing is bounded, 1 ns where it is. Used by delta/arena and
// store/page_keeper.
#pragma once

#include <array>
#include <atomic>

#include "base/bytes.hpp"

namespace shale {

class SharedMapUse {
 public:
  // Of this process: 0, as it is at first, for no bound. The last one who sets it has the say.
  static void bound(u64 bytes) { most_bytes.store(bytes, std::memory_order_relaxed); }

  // Bytes from `at` on, fewer than a window, are about to be read.
  static void note(const std::byte* at) {
    const u64 bytes_max = most_bytes.load(std::memory_order_relaxed);
    if (bytes_max == 0) [[likely]]
      return;
    const u64 window = address_of(at) / window_bytes % window_count;
    const u64 bit = u64(1) << (window % 64);
    if ((touched[window / 64].load(std::memory_order_relaxed) & bit) == 0) {
      touch(window / 64, bit, bytes_max);
    }
  }

 private:
  static constexpr u64 window_bytes = u64(2) << 20;
  static constexpr u64 window_count = 4096;  // beyond 8 GiB two may be taken for one

  static void touch(u64 word, u64 bit, u64 bytes_max);

  // Relaxed, all of them: what is counted wrong in a race is set right by the next round.
  static inline std::atomic<u64> most_bytes = 0;
  static inline std::atomic<u64> used_windows = 0;
  static inline std::array<std::atomic<u64>, window_count / 64> touched{};
};

}  // namespace shale

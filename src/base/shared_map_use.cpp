#include "base/shared_map_use.hpp"

#include "base/mapped_file.hpp"

namespace shale {

void SharedMapUse::touch(u64 word, u64 bit, u64 bytes_max) {
  const u64 old = touched[word].fetch_or(bit, std::memory_order_relaxed);
  if ((old & bit) != 0) return;  // another thread was faster
  const u64 count = used_windows.fetch_add(1, std::memory_order_relaxed) + 1;
  if (count * window_bytes <= bytes_max) return;
  used_windows.store(0, std::memory_order_relaxed);
  for (auto& windows : touched) windows.store(0, std::memory_order_relaxed);
  release_shared_maps();
}

}  // namespace shale

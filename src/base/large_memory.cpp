#include "base/large_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace shale {
namespace {

constexpr usize large_page_bytes = usize(2) << 20;

std::byte* allocate(usize bytes) {
  if (bytes < large_page_bytes) return static_cast<std::byte*>(std::malloc(bytes));
  // aligned_alloc wants whole pages.
  if (bytes > SIZE_MAX - large_page_bytes) return nullptr;
  const usize rounded = (bytes + large_page_bytes - 1) / large_page_bytes * large_page_bytes;
  void* const memory = std::aligned_alloc(large_page_bytes, rounded);
  if (memory != nullptr) static_cast<void>(::madvise(memory, rounded, MADV_HUGEPAGE));
  return static_cast<std::byte*>(memory);
}

}  // namespace

LargeMemory::LargeMemory(usize bytes) : memory_(allocate(bytes)), size_(bytes) {
  if (memory_ == nullptr && bytes > 0) throw std::bad_alloc();
}

}  // namespace shale

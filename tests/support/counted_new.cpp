#include "tests/support/counted_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<unsigned long long> count{0};

unsigned long long shale::testing::allocations() { return count.load(); }

// What throws nothing is counted here too: a sanitizer's own would not go with our delete.
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

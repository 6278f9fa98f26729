#include "tests/support/counted_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<unsigned long long> count{0};

unsigned long long shale::testing::allocations() { return count.load(); }

void* operator new(std::size_t size) {
  count.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

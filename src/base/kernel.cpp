#include "base/kernel.hpp"

#include <atomic>

namespace shale {
namespace {

std::atomic<Kernel> forced_kernel{Kernel::automatic};

}  // namespace

bool has_vector_kernel() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                          __builtin_cpu_supports("bmi2");
  return has;
#else
  return false;
#endif
}

void force_kernel(Kernel kernel) { forced_kernel.store(kernel, std::memory_order_relaxed); }

bool vector_kernel_chosen() {
  return forced_kernel.load(std::memory_order_relaxed) == Kernel::automatic && has_vector_kernel();
}

}  // namespace shale

#include "base/kernel.hpp"

#include "tests/support/catch.hpp"

namespace shale {

TEST_CASE("kernel: the vector twin is chosen where there is one, unless a test forbids it") {
  CHECK(vector_kernel_chosen() == has_vector_kernel());
  force_kernel(Kernel::scalar);
  CHECK_FALSE(vector_kernel_chosen());
  force_kernel(Kernel::automatic);
  CHECK(vector_kernel_chosen() == has_vector_kernel());
}

}  // namespace shale

#include "base/large_memory.hpp"

#include <algorithm>
#include <new>

#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale {
namespace {

TEST_CASE("memory of every size can be written to its last byte") {
  for (const usize bytes : {usize(1), usize(4096), (usize(2) << 20) - 1, usize(2) << 20,
                            (usize(2) << 20) + 1, usize(5) << 20}) {
    CAPTURE(bytes);
    const LargeMemory memory(bytes);
    REQUIRE(memory.bytes().size() == bytes);
    std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte(7));
    CHECK(memory.bytes().back() == std::byte(7));
  }
}

TEST_CASE("memory of a large page begins where a large page may") {
  const LargeMemory memory(usize(3) << 20);
  CHECK(is_aligned(memory.bytes().data(), usize(2) << 20));
}

TEST_CASE("no memory has no bytes, and too much of it is refused") {
  CHECK(LargeMemory().bytes().empty());
  CHECK(LargeMemory(0).bytes().empty());
  CHECK_THROWS_AS(LargeMemory(SIZE_MAX), std::bad_alloc);
  if (testing::under_address_sanitizer || testing::under_thread_sanitizer) return;  // they abort
  CHECK_THROWS_AS(LargeMemory(SIZE_MAX / 2), std::bad_alloc);
}

TEST_CASE("memory keeps its place when it moves") {
  LargeMemory first(usize(2) << 20);
  const std::byte* const at = first.bytes().data();
  first.bytes()[100] = std::byte(9);
  const LargeMemory second = std::move(first);
  CHECK(second.bytes().data() == at);
  CHECK(second.bytes()[100] == std::byte(9));
}

}  // namespace
}  // namespace shale

#include "store/memory_shares.hpp"

#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

constexpr u64 mebibyte = u64(1) << 20;

TEST_CASE("memory shares: pages and segments share a budget, whatever each of them would have") {
  StoreOptions options;
  options.active_bytes = 3 * mebibyte;
  options.resident_bytes = 7 * mebibyte;
  options.memory_budget = 64 * mebibyte;
  const MemoryShares shares(options);
  CHECK(shares.pages == 52 * mebibyte);
  CHECK(shares.segments == 8 * mebibyte);
  CHECK(shares.tables == 8 * mebibyte);
  CHECK(shares.logs == 8 * mebibyte);
  CHECK(shares.heap > shares.segments + shares.tables);
}

TEST_CASE("memory shares: answers have a sixteenth of it, and never more than was asked for") {
  StoreOptions options;
  options.memory_budget = 64 * mebibyte;
  options.result_bytes = 5 * mebibyte;
  CHECK(MemoryShares(options).answers == 4 * mebibyte);
  options.result_bytes = mebibyte;
  CHECK(MemoryShares(options).answers == mebibyte);
}

TEST_CASE("memory shares: without a budget each has its own, and the rest has no bound") {
  StoreOptions options;
  options.active_bytes = 3 * mebibyte;
  options.resident_bytes = 7 * mebibyte;
  options.result_bytes = 5 * mebibyte;
  const MemoryShares shares(options);
  CHECK(shares.pages == 7 * mebibyte);
  CHECK(shares.segments == 3 * mebibyte);
  CHECK(shares.answers == 5 * mebibyte);
  CHECK(shares.tables == MemoryShares::unlimited);
  CHECK(shares.logs == MemoryShares::unlimited);
  CHECK(shares.heap == MemoryShares::unlimited);
}

}  // namespace
}  // namespace shale::store

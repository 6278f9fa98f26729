#include "store/shared_caches.hpp"

#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

constexpr u64 mebibyte = u64(1) << 20;

TEST_CASE("shared caches: pages and tables have what their shares of a budget are") {
  StoreOptions options;
  options.memory_budget = 64 * mebibyte;
  options.resident_bytes = 7 * mebibyte;  // not what counts
  const SharedCaches caches(options);
  CHECK(caches.pages->bytes_max() == 52 * mebibyte);
  CHECK(caches.pages->take_table(8 * mebibyte));
  CHECK_FALSE(caches.pages->take_table(1));
  CHECK(caches.keeper == nullptr);
}

TEST_CASE("shared caches: without a budget each has its own, and tables what they want") {
  StoreOptions options;
  options.resident_bytes = 7 * mebibyte;
  SharedCaches caches(options);
  CHECK(caches.pages->bytes_max() == 7 * mebibyte);
  CHECK(caches.pages->take_table(u64(1) << 40));
  caches.start_keeper(options);
  CHECK(caches.keeper != nullptr);
}

TEST_CASE("shared caches: decoded segments stay within their share") {
  StoreOptions options;
  options.memory_budget = 32 * mebibyte;
  SharedCaches caches(options);
  std::vector<std::string> ids;
  for (u32 doc = 0; doc < 2000; ++doc) ids.push_back(std::to_string(doc));
  for (u32 doc = 0; doc < 2000; ++doc) {
    caches.segments.insert({{1, 2}, ids[doc], doc}, nullptr, 100'000);
  }
  const u64 bytes = caches.segments.counters().bytes;
  CHECK(bytes <= 4 * mebibyte);
  CHECK(bytes > 3 * mebibyte);
}

}  // namespace
}  // namespace shale::store

#include "store/page_cache.hpp"

#include "catalog/hot_set.hpp"
#include "store/hot_pages.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

void fill(const TestStore& store) {
  std::vector<NewSegment> segments;
  for (int n = 0; n < 40; ++n) {
    std::string text;
    for (int word = 0; word < 3000; ++word) text += std::to_string(n * 7919 + word * word) + ' ';
    segments.push_back(segment("s" + std::to_string(n), text));
  }
  ingest(store.open(), segments);
  (void)contents(store.open());  // and saves what it read
}

u64 shard_bytes(const TestStore& store) {
  return std::filesystem::file_size(store.paths().shard(store.manifest().shards[0].id));
}

TEST_CASE("page cache: what is there is told, dropped, and brought in again") {
  const TestStore store;
  fill(store);
  const CacheStanding warm = cache_standing(store.paths()).value();
  CHECK(warm.shards == 1);
  CHECK(warm.shard_bytes == shard_bytes(store));
  CHECK(warm.cached_bytes <= warm.shard_bytes);
  CHECK(warm.hot_bytes > hot_bytes_min);
  CHECK(warm.hot_saved_at > some_moment);
  clear_cache(store.paths()).value();
  const CacheStanding cold = cache_standing(store.paths()).value();
  CHECK(cold.hot_bytes == 0);
  CHECK(cold.hot_saved_at == 0);
  CHECK_FALSE(path_exists(store.paths().hot_set()).value());
  u64 told = 0;
  CHECK(warm_cache(store.paths(), true, [&](const Progress& progress) {
          CHECK(progress.done_bytes >= told);
          told = progress.done_bytes;
          return true;
        }).value() == cold.shard_bytes);
  CHECK(told == cold.shard_bytes);
  CHECK(cache_standing(store.paths()).value().cached_bytes == cold.shard_bytes);
}

TEST_CASE("page cache: the hot set alone, where one is saved") {
  const TestStore store;
  fill(store);
  const u64 hot = cache_standing(store.paths()).value().hot_bytes;
  const u64 read = warm_cache(store.paths(), false, {}).value();
  CHECK(read <= hot);
  CHECK(read + catalog::hot_page_bytes > hot);  // but for what the last page lacks
  flip_byte(store.paths().hot_set(), 70);
  CHECK(warm_cache(store.paths(), false, {}).value() == 0);
  CHECK(cache_standing(store.paths()).value().hot_bytes == 0);
}

TEST_CASE("page cache: warming can be ended") {
  const TestStore store;
  fill(store);
  const bool all = GENERATE(false, true);
  const auto done = warm_cache(store.paths(), all, [](const Progress&) { return false; });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::cancelled);
}

TEST_CASE(
    "page cache: a shard that is missing is left out, a project that is missing is an error") {
  const TestStore store;
  fill(store);
  std::filesystem::remove(store.paths().shard(store.manifest().shards[0].id));
  CHECK(cache_standing(store.paths()).value().shards == 0);
  CHECK(warm_cache(store.paths(), true, {}).value() == 0);
  CHECK(warm_cache(store.paths(), false, {}).value() == 0);
  CHECK_FALSE(cache_standing({store.path() / "projects" / "none"}));
}

}  // namespace
}  // namespace shale::store

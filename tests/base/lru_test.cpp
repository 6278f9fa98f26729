#include "base/lru.hpp"

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

using Cache = Lru<u64, std::string, std::hash<u64>, 1>;  // one stripe: order is exact

std::shared_ptr<const std::string> text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

TEST_CASE("a hit is the very object that was kept") {
  Cache cache(1000, 10);
  const auto kept = text("one");
  cache.insert(1, kept, 3);
  CHECK(cache.find(1) == kept);
  CHECK(cache.find(2) == nullptr);
  const LruCounters counters = cache.counters();
  CHECK(counters.hits == 1);
  CHECK(counters.misses == 1);
  CHECK(counters.entries == 1);
  CHECK(counters.bytes == 3);
}

TEST_CASE("the least recently used goes first, by count") {
  Cache cache(1000, 3);
  for (u64 key = 1; key <= 3; ++key) cache.insert(key, text("x"), 1);
  CHECK(cache.find(1) != nullptr);  // 2 is the oldest now
  cache.insert(4, text("x"), 1);
  CHECK(cache.find(2) == nullptr);
  CHECK(cache.find(1) != nullptr);
  CHECK(cache.find(3) != nullptr);
  CHECK(cache.find(4) != nullptr);
  CHECK(cache.counters().evictions == 1);
}

TEST_CASE("the least recently used goes first, by bytes") {
  Cache cache(100, 50);
  for (u64 key = 1; key <= 5; ++key) cache.insert(key, text("x"), 20);
  CHECK(cache.counters().bytes == 100);
  cache.insert(6, text("x"), 50);  // needs three of the old ones to go
  CHECK(cache.counters().bytes == 90);
  CHECK(cache.counters().evictions == 3);
  for (const u64 gone : {1, 2, 3}) CHECK(cache.find(gone) == nullptr);
  for (const u64 here : {4, 5, 6}) CHECK(cache.find(here) != nullptr);
}

TEST_CASE("what is too heavy, or known already, is not kept") {
  Cache cache(100, 50);
  cache.insert(1, text("small"), 10);
  cache.insert(2, text("huge"), 101);
  CHECK(cache.find(2) == nullptr);
  CHECK(cache.find(1) != nullptr);
  cache.insert(1, text("other"), 20);
  CHECK(*cache.find(1) == "small");
  CHECK(cache.counters().bytes == 10);
}

TEST_CASE("a cache without room keeps nothing") {
  Cache no_entries(100, 0);
  no_entries.insert(1, text("x"), 1);
  CHECK(no_entries.find(1) == nullptr);
  Cache no_bytes(0, 10);
  no_bytes.insert(1, text("x"), 1);
  CHECK(no_bytes.find(1) == nullptr);
  CHECK(no_bytes.counters().bytes == 0);
}

TEST_CASE("eviction drops the cache's reference only") {
  Cache cache(100, 1);
  cache.insert(1, text("mine"), 1);
  const auto held = cache.find(1);
  std::weak_ptr<const std::string> unheld;
  {
    cache.insert(2, text("nobody's"), 1);
    unheld = cache.find(2);
  }
  cache.insert(3, text("x"), 1);
  CHECK(*held == "mine");
  CHECK(unheld.expired());
}

TEST_CASE("stripes share the budgets and use all of them") {
  Lru<u64, std::string> cache(16 * 100, 16 * 8);
  for (u64 key = 0; key < 5000; ++key) cache.insert(key, text("x"), 10);
  const LruCounters counters = cache.counters();
  CHECK(counters.bytes <= 1600);
  CHECK(counters.entries <= 128);
  CHECK(counters.entries == 128);  // 5,000 keys reach every stripe
  CHECK(counters.entries + counters.evictions == 5000);
}

TEST_CASE("threads find what they kept and the books balance") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Lru<u64, std::string> cache(64 << 10, 500);
  constexpr int thread_count = 4;
  constexpr int rounds = 20000;
  std::vector<u64> wrong(thread_count, 0);
  std::vector<u64> inserted(thread_count, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(seed + u64(t));
      for (int i = 0; i < rounds; ++i) {
        const u64 key = random() % 1000;
        if (const auto found = cache.find(key)) {
          if (*found != std::to_string(key)) ++wrong[usize(t)];
        } else {
          cache.insert(key, text(std::to_string(key)), 1 + key % 100);
          ++inserted[usize(t)];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  u64 kept = 0;
  for (int t = 0; t < thread_count; ++t) {
    CHECK(wrong[usize(t)] == 0);
    kept += inserted[usize(t)];
  }
  const LruCounters counters = cache.counters();
  CHECK(counters.hits + counters.misses == u64(thread_count) * rounds);
  CHECK(counters.misses == kept);
  // Two threads may bring the same key: the second copy is not kept.
  CHECK(counters.entries + counters.evictions <= kept);
  CHECK(counters.bytes <= 64 << 10);
  u64 bytes = 0;
  for (u64 key = 0; key < 1000; ++key) {
    if (cache.find(key)) bytes += 1 + key % 100;
  }
  CHECK(bytes == counters.bytes);
}

}  // namespace
}  // namespace shale

#include "base/lru.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

using Cache = Lru<u64, std::string>;

std::shared_ptr<const std::string> text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

TEST_CASE("a hit is the very object that was kept", "[lru]") {
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

TEST_CASE("the least recently used goes first, by count", "[lru]") {
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

TEST_CASE("the least recently used goes first, by bytes", "[lru]") {
  Cache cache(100, 50);
  for (u64 key = 1; key <= 5; ++key) cache.insert(key, text("x"), 20);
  CHECK(cache.counters().bytes == 100);
  cache.insert(6, text("x"), 50);  // needs three of the old ones to go
  CHECK(cache.counters().bytes == 90);
  CHECK(cache.counters().evictions == 3);
  for (const u64 gone : {1, 2, 3}) CHECK(cache.find(gone) == nullptr);
  for (const u64 here : {4, 5, 6}) CHECK(cache.find(here) != nullptr);
}

TEST_CASE("what is too heavy, or known already, is not kept", "[lru]") {
  Cache cache(100, 50);
  cache.insert(1, text("small"), 10);
  cache.insert(2, text("huge"), 101);
  CHECK(cache.find(2) == nullptr);
  CHECK(cache.find(1) != nullptr);
  cache.insert(1, text("other"), 20);
  CHECK(*cache.find(1) == "small");
  CHECK(cache.counters().bytes == 10);
}

TEST_CASE("a cache without room keeps nothing", "[lru]") {
  Cache no_entries(100, 0);
  no_entries.insert(1, text("x"), 1);
  CHECK(no_entries.find(1) == nullptr);
  Cache no_bytes(0, 10);
  no_bytes.insert(1, text("x"), 1);
  CHECK(no_bytes.find(1) == nullptr);
  CHECK(no_bytes.counters().bytes == 0);
}

TEST_CASE("eviction drops the cache's reference only", "[lru]") {
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

TEST_CASE("the books balance over many insertions", "[lru]") {
  Cache cache(1600, 128);
  for (u64 key = 0; key < 5000; ++key) cache.insert(key, text("x"), 10);
  const LruCounters counters = cache.counters();
  CHECK(counters.bytes == 1280);
  CHECK(counters.entries == 128);
  CHECK(counters.entries + counters.evictions == 5000);
}

TEST_CASE("as many as the budget says are kept, however they fall to the stripes", "[lru]") {
  Lru<u64, std::string> cache(u64(64) << 20, 10'000);
  for (int round = 0; round < 2; ++round) {
    for (u64 key = 0; key < 10'000; ++key) {
      if (cache.find(key) == nullptr) cache.insert(key, text("x"), 1000);
    }
  }
  CHECK(cache.counters().hits == 10'000);
  CHECK(cache.counters().evictions == 0);
}

TEST_CASE("one heavy value drives out all others", "[lru]") {
  Cache cache(1000, 1000);
  for (u64 key = 0; key < 100; ++key) cache.insert(key, text("x"), 10);
  cache.insert(1000, text("heavy"), 1000);
  CHECK(cache.counters().bytes == 1000);
  CHECK(cache.counters().evictions == 100);
  CHECK(*cache.find(1000) == "heavy");
}

TEST_CASE("of values with one hash, the one that fits", "[lru]") {
  struct Same {
    u64 operator()(u64) const { return 7; }
  };
  Lru<u64, std::string, Same> cache(1000, 10);
  for (u64 key = 1; key <= 5; ++key) cache.insert(key, text(std::to_string(key)), 1);
  const auto found = cache.find_if(7, [](u64, const std::string& value) { return value == "3"; });
  REQUIRE(found != nullptr);
  CHECK(*found == "3");
  CHECK(cache.find_if(7, [](u64, const std::string&) { return false; }) == nullptr);
  CHECK(cache.find_if(8, [](u64, const std::string&) { return true; }) == nullptr);
  for (u64 key = 1; key <= 5; ++key) CHECK(*cache.find(key) == std::to_string(key));
}

TEST_CASE("a cleared cache holds nothing, and fills again", "[lru]") {
  Cache cache(1000, 10);
  for (u64 key = 1; key <= 5; ++key) cache.insert(key, text("x"), 1);
  cache.clear();
  CHECK(cache.counters().entries == 0);
  CHECK(cache.counters().bytes == 0);
  CHECK(cache.find(3) == nullptr);
  for (u64 key = 1; key <= 12; ++key) cache.insert(key, text("y"), 1);
  CHECK(cache.find(1) == nullptr);
  CHECK(*cache.find(12) == "y");
}

// What was used since the same insertion may go in any order.
TEST_CASE("what is found and driven out in any order agrees with a list", "[lru]") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Cache cache(100, 20);
  struct Known {
    u64 bytes = 0;
    u64 used = 0;
    std::weak_ptr<const std::string> value;  // looks without a use
  };
  std::map<u64, Known> known;
  u64 insertions = 0;
  for (int i = 0; i < 20'000; ++i) {
    const u64 key = random() % 60;
    const auto found = cache.find(key);
    REQUIRE((found != nullptr) == known.contains(key));
    if (found != nullptr) {
      known[key].used = insertions;
      continue;
    }
    const u64 before = cache.counters().evictions;
    const u64 bytes = random() % 30;
    auto value = text("x");
    known[key] = {bytes, ++insertions, value};
    cache.insert(key, std::move(value), bytes);
    std::vector<u64> gone;
    u64 oldest_kept = insertions, newest_gone = 0, sum = 0;
    for (const auto& [one, what] : known) {
      if (!what.value.expired()) {
        oldest_kept = std::min(oldest_kept, what.used);
        sum += what.bytes;
      } else {
        newest_gone = std::max(newest_gone, what.used);
        gone.push_back(one);
      }
    }
    REQUIRE(newest_gone <= oldest_kept);
    REQUIRE(cache.counters().evictions == before + gone.size());
    for (const u64 one : gone) known.erase(one);
    REQUIRE(sum <= 100);
    REQUIRE(known.size() <= 20);
    REQUIRE(cache.counters().bytes == sum);
  }
}

TEST_CASE("threads find what they kept and the books balance", "[lru]") {
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

#include "store/figures.hpp"

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

TEST_CASE("each operation is counted and timed where it belongs") {
  const auto figures = std::make_unique<Figures>();
  { const Timed timed(*figures, Operation::search); }
  {
    Timed timed(*figures, Operation::commit_full);
    timed.add_bytes(1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const catalog::StatsWords words = figures->words();
  CHECK(words.of(Operation::search).latency.total() == 1);
  CHECK(words.of(Operation::search).bytes == 0);
  CHECK(words.of(Operation::commit_full).latency.total() == 1);
  CHECK(words.of(Operation::commit_full).bytes == 1000);
  CHECK(words.of(Operation::commit_full).nanoseconds >= 2'000'000);
  CHECK(words.of(Operation::commit_full).longest == words.of(Operation::commit_full).nanoseconds);
  CHECK(words.of(Operation::commit_relaxed).latency.total() == 0);
}

TEST_CASE("of what is sampled each call counts, and one of 64 of each thread is timed") {
  const auto figures = std::make_unique<Figures>();
  constexpr int threads_count = 3, calls = 6400;
  std::vector<std::thread> threads;
  threads.reserve(threads_count);
  for (int t = 0; t < threads_count; ++t) {
    threads.emplace_back([&figures] {
      for (int i = 0; i < calls; ++i) const Sampled timed(*figures, Operation::get);
      const Sampled timed(*figures, Operation::snapshot);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const catalog::StatsWords words = figures->words();
  CHECK(words.of(Operation::get).count == threads_count * calls);
  CHECK(words.of(Operation::snapshot).count == threads_count);
  // Slots are handed on between threads: which call of one is timed depends on who had it before.
  const u64 timed = words.of(Operation::get).latency.total();
  CHECK(timed >= threads_count * (calls / sample_every));
  CHECK(timed <= threads_count * (calls / sample_every + 1));
}

TEST_CASE("the first call is timed: a program that makes one has figures") {
  const auto figures = std::make_unique<Figures>();
  { const Sampled timed(*figures, Operation::get); }
  CHECK(figures->words().of(Operation::get).latency.total() == 1);
}

TEST_CASE("what takes less than 20 us is no wait") {
  const auto figures = std::make_unique<Figures>();
  figures->add_wait(Lock::lease, 19'999);
  CHECK(figures->words().of(Lock::lease).count == 0);
  figures->add_wait(Lock::lease, 20'000);
  figures->add_wait(Lock::lease, 50'000);
  figures->add_wait(Lock::lease, 30'000);
  const catalog::WaitPart lease = figures->words().of(Lock::lease);
  CHECK(lease.count == 3);
  CHECK(lease.nanoseconds == 100'000);
  CHECK(lease.longest == 50'000);
  CHECK(figures->words().of(Lock::merge).count == 0);
  {
    const LockWait wait(*figures, Lock::sync);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(figures->words().of(Lock::sync).count == 1);
  CHECK(figures->words().of(Lock::sync).longest >= 1'000'000);
}

TEST_CASE("folds and merges are told apart, caches and faults add up") {
  const auto figures = std::make_unique<Figures>();
  figures->add_merge(true, 100, 50, 7000);
  figures->add_merge(false, 1000, 500, 70'000);
  figures->add_cache(catalog::Cache::segments, {.hits = 3, .misses = 2, .evictions = 1});
  figures->add_cache(catalog::Cache::segments, {.hits = 1});
  figures->add_faults(0);
  figures->add_faults(4);
  const catalog::StatsWords words = figures->words();
  CHECK(words.merges.folds == 1);
  CHECK(words.merges.merges == 1);
  CHECK(words.merges.read_bytes == 1100);
  CHECK(words.merges.written_bytes == 550);
  CHECK(words.merges.nanoseconds == 77'000);
  CHECK(words.of(catalog::Cache::segments).hits == 4);
  CHECK(words.of(catalog::Cache::segments).misses == 2);
  CHECK(words.of(catalog::Cache::segments).evictions == 1);
  CHECK(words.of(catalog::Cache::results).hits == 0);
  CHECK(words.faults == 4);
}

}  // namespace
}  // namespace shale::store

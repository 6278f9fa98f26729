#include "base/histogram.hpp"

#include <algorithm>
#include <barrier>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("buckets lie one behind the other, each within an eighth, powers of two at their ends") {
  CHECK(histogram_bucket(0) == 0);
  CHECK(histogram_bucket(64) == 0);
  CHECK(histogram_bucket(65) == 1);
  CHECK(histogram_bucket(u64(1) << 37) == histogram_buckets - 2);
  CHECK(histogram_bucket((u64(1) << 37) + 1) == histogram_buckets - 1);
  CHECK(histogram_bucket(~u64(0)) == histogram_buckets - 1);
  for (usize i = 0; i + 1 < histogram_buckets; ++i) {
    const u64 end = histogram_bucket_end(i);
    INFO("bucket " << i << " ends at " << end);
    REQUIRE(histogram_bucket(end) == i);
    REQUIRE(histogram_bucket(end + 1) == i + 1);
    if (i == 0 || i + 2 >= histogram_buckets) continue;
    const u64 start = histogram_bucket_end(i - 1);
    REQUIRE((end - start) * 8 <= start);
  }
  for (int power = histogram_power_min; power <= histogram_power_max; ++power) {
    const u64 end = u64(1) << power;
    CHECK(histogram_bucket_end(histogram_bucket(end)) == end);
  }
}

TEST_CASE("a percentile is never below the true one, and an eighth above it at most") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<u64> spans;
    spans.reserve(1000);
    for (int i = 0; i < 1000; ++i) {
      spans.push_back(64 + (u64(1) << random() % 36) + random() % 1'000'000);
      histogram.add(spans.back());
    }
    std::sort(spans.begin(), spans.end());
    REQUIRE(histogram.total() == 1000);
    for (const double share : {.001, .5, .9, .99, 1.0}) {
      const u64 exact = spans[usize(share * 1000) - 1];
      const u64 told = histogram.percentile(share);
      INFO("share " << share << ": " << exact << ", told " << told);
      REQUIRE(told >= exact);
      REQUIRE(told <= exact + exact / 8 + 1);
    }
  }
}

TEST_CASE("an empty histogram has percentiles of nothing, one span is all of them") {
  Histogram histogram;
  CHECK(histogram.total() == 0);
  CHECK(histogram.percentile(.5) == 0);
  histogram.add(1000);
  CHECK(histogram.percentile(0) == 1024);
  CHECK(histogram.percentile(.5) == 1024);
  CHECK(histogram.percentile(1) == 1024);
}

TEST_CASE("what is counted up to a power of two is exact") {
  Histogram histogram;
  for (const u64 span : {1, 64, 65, 127, 128, 129, 1024}) histogram.add(span);
  CHECK(histogram.total_up_to(histogram_bucket(64)) == 2);
  CHECK(histogram.total_up_to(histogram_bucket(128)) == 5);
  CHECK(histogram.total_up_to(histogram_bucket(512)) == 6);
  CHECK(histogram.total_up_to(histogram_bucket(1024)) == 7);
}

TEST_CASE("two histograms add up") {
  Histogram one, two;
  one.add(100);
  two.add(100);
  two.add(u64(1) << 40);
  one.merge(two);
  CHECK(one.total() == 3);
  CHECK(one.buckets[histogram_bucket(100)] == 2);
  CHECK(one.percentile(1) == ~u64(0));
}

TEST_CASE("threads that add at once lose nothing") {
  const auto histogram = std::make_unique<Histogram>();
  std::barrier together(4);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      together.arrive_and_wait();
      for (int i = 0; i < 1'000'000; ++i) histogram->add(100);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(histogram->total() == 4'000'000);
}

}  // namespace
}  // namespace shale

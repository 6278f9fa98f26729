#include "shard/shard_map.hpp"

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "base/map_guard.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/need.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::SectionFixture;
using shale::testing::end_of_guarded;
using shale::testing::need;

namespace {

Buffer pattern(usize count, u32 seed) {
  Buffer bytes(count);
  std::mt19937 random(seed);
  for (std::byte& byte : bytes) byte = std::byte(random());
  return bytes;
}

bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// Writes a byte behind the map's back: visible through it, as the page cache is one.
void flip(const SectionFixture& fixture, u32 entry, u64 offset) {
  SectionFixture& changed = const_cast<SectionFixture&>(fixture);
  changed.damage(entry, offset, 1, false);
}

// What this process has resident of maps of a file.
u64 resident_bytes_of(const std::filesystem::path& file) {
  std::ifstream smaps("/proc/self/smaps");
  u64 kilobytes = 0;
  bool is_of_file = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find('-') < line.find(' ')) is_of_file = line.ends_with(file.string());
    if (is_of_file && line.starts_with("Rss:")) kilobytes += std::stoull(line.substr(4));
  }
  return kilobytes * 1024;
}

}  // namespace

TEST_CASE("a flipped bit fails its extent and no other") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), pattern(extent_bytes * 5 + 100, 1));
  fixture.put(tag_of("BBBB"), pattern(300, 2));
  const u64 place =
      GENERATE(u64(0), extent_bytes - 1, extent_bytes * 2 + 17, extent_bytes * 5 + 99);
  fixture.damage(0, place, 0x40, false);
  const auto map = fixture.map();
  for (u64 extent = 0; extent < 6; ++extent) {
    const auto view = map->view(0, extent * extent_bytes, 100);
    CHECK(view.has_value() == (extent != place / extent_bytes));
    if (view) continue;
    CHECK(view.error().code == ErrorCode::corrupt);
    CHECK(view.error().offset == fixture.sections()[0].offset + extent * extent_bytes);
    CHECK(view.error().path == fixture.path());
  }
  CHECK(!map->view(0, 0, extent_bytes * 5 + 100));
  CHECK(map->view(1, 0, 300));
}

TEST_CASE("many extents across words of bits") {
  SectionFixture fixture;
  fixture.put(tag_of("PADD"), pattern(extent_bytes * 61, 5));  // the next one begins inside a word
  const Buffer bytes = pattern(extent_bytes * 200, 3);
  fixture.put(tag_of("AAAA"), bytes);
  const auto map = fixture.map();
  CHECK(same(map->view(1, extent_bytes * 3, extent_bytes * 130).value(),
             Bytes(bytes).subspan(extent_bytes * 3, extent_bytes * 130)));
  flip(fixture, 1, extent_bytes * 3 + 5);    // verified already
  flip(fixture, 1, extent_bytes * 133 + 5);  // not yet
  CHECK(map->view(1, extent_bytes * 3, extent_bytes * 130));
  CHECK(!map->view(1, extent_bytes * 3, extent_bytes * 130 + 1));
  CHECK(map->view(1, 0, extent_bytes * 133));
}

TEST_CASE("releasing a window clears its verified bits") {
  const auto budget = std::make_shared<PageBudget>(u64(1) << 40);
  SectionFixture fixture(budget);
  fixture.put(tag_of("AAAA"), pattern(window_bytes + window_bytes / 2, 1));
  fixture.put(tag_of("BBBB"), pattern(window_bytes, 2));
  const auto map = fixture.map();
  REQUIRE(map->view(0, 0, window_bytes + window_bytes / 2));
  REQUIRE(map->view(1, 0, window_bytes));
  CHECK(budget->window_count() == 3);  // the second one holds parts of both sections
  flip(fixture, 0, 100);
  flip(fixture, 0, window_bytes + 5 * extent_bytes);
  flip(fixture, 1, 100);
  CHECK(map->view(0, 0, 200));
  map->release_window(1);
  CHECK(map->view(0, 0, 200));  // of window 0: verified still
  CHECK(!map->view(0, window_bytes + 5 * extent_bytes, 1));
  CHECK(!map->view(1, 0, 200));
  CHECK(map->view(1, extent_bytes, 200));
  map->release_window(0);
  CHECK(!map->view(0, 0, 200));
  map->release_window(1'000);  // beyond the file: nothing
}

TEST_CASE("a window that shrinks keeps the pages of what was verified, and their bits") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), Buffer(100));  // the next section begins inside a page
  fixture.put(tag_of("BBBB"), pattern(window_bytes * 2, 1));
  const auto map = fixture.map();
  REQUIRE(map->view(1, 3 * extent_bytes, 10));
  REQUIRE(map->view(1, 40 * extent_bytes, 2 * extent_bytes));
  REQUIRE(map->view(1, window_bytes + extent_bytes, 10));
  CHECK(map->shrink_window(0));
  // One extent and two, each of them reaching into a page more; and what the kernel mapped of the
  // other window, which is 64 KiB at least.
  const u64 pages = (4 + 1 + 8 + 1) * page_bytes;
  CHECK(resident_bytes_of(fixture.path()) >= pages + extent_bytes);
  CHECK(map->shrink_window(1));
  CHECK(resident_bytes_of(fixture.path()) == pages + 5 * page_bytes);
  flip(fixture, 1, 3 * extent_bytes + 5);
  flip(fixture, 1, 50 * extent_bytes);
  CHECK(map->view(1, 3 * extent_bytes, 10));  // verified still
  CHECK(!map->view(1, 50 * extent_bytes, 10));
  CHECK_FALSE(map->shrink_window(1));
  REQUIRE(map->view(1, window_bytes + 9 * extent_bytes, 10));  // it grew
  CHECK(map->shrink_window(1));
}

TEST_CASE("what is needed soon may be asked for anywhere, and is verified as ever") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), pattern(3 * extent_bytes, 1));
  const auto view = fixture.views()[0];
  view.will_need(0, view.size());
  view.will_need(extent_bytes, ~u64(0));
  view.will_need(view.size(), 1);
  SectionView().will_need(0, 1);
  CHECK(same(view.view(0, view.size()).value(), pattern(3 * extent_bytes, 1)));
  flip(fixture, 0, extent_bytes);
  const auto other = fixture.views()[0];
  other.will_need(0, other.size());
  CHECK(!other.view(extent_bytes, 1));
}

TEST_CASE("an extent that crosses the border of a window is released with either") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), Buffer(100));  // the next section begins at an odd multiple of 64
  fixture.put(tag_of("BBBB"), pattern(window_bytes * 2, 1));
  const auto map = fixture.map();
  const u64 border = window_bytes - fixture.sections()[1].offset;
  REQUIRE(border % extent_bytes != 0);
  const u64 released = GENERATE(u64(0), u64(1));
  REQUIRE(map->view(1, border - 10, 20));
  flip(fixture, 1, border - 3);
  REQUIRE(map->view(1, border - 10, 20));
  map->release_window(released);
  CHECK(!map->view(1, border - 10, 20));
}

TEST_CASE("the budget bounds the windows of a map and views stay right") {
  const auto budget = std::make_shared<PageBudget>(3 * window_bytes, [] { return ~u64(0); });
  SectionFixture fixture(budget);
  const Buffer bytes = pattern(12 * window_bytes, 9);
  fixture.put(tag_of("AAAA"), bytes);
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  {
    const auto map = fixture.map();
    for (int i = 0; i < 500; ++i) {
      const usize at = random() % (bytes.size() - 40'000);
      const usize count = 1 + random() % 40'000;
      REQUIRE(same(map->view(0, at, count).value(), Bytes(bytes).subspan(at, count)));
      REQUIRE(budget->window_count() <= 3);
    }
    CHECK(budget->stats().evictions > 100);
  }
  CHECK(budget->window_count() == 0);  // a closed map is forgotten
}

TEST_CASE("many threads touch the same extents first") {
  const bool tight = GENERATE(false, true);
  const auto budget =
      std::make_shared<PageBudget>(tight ? window_bytes : u64(1) << 40, [] { return ~u64(0); });
  SectionFixture fixture(budget);
  const Buffer bytes = pattern(3 * window_bytes, 4);
  fixture.put(tag_of("AAAA"), bytes);
  fixture.damage(0, 77 * extent_bytes + 3, 2, false);
  const auto map = fixture.map();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 400; ++i) {
        const u64 extent = random() % (bytes.size() / extent_bytes);
        const auto view = map->view(0, extent * extent_bytes, 64);
        if (view.has_value() == (extent == 77)) ++wrong;
        if (view && !same(*view, Bytes(bytes).subspan(extent * extent_bytes, 64))) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("sections beyond the file and missing checksums are refused") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), pattern(1000, 1));
  const auto open = [&](MappedSection section, usize checksums) {
    return ShardMap::make(fixture.path(), {section}, std::vector<u32>(checksums), nullptr)
        .has_value();
  };
  CHECK(open({1, 0, 1000}, 1));
  CHECK(!open({1, 0, 1000}, 2));
  CHECK(!open({1, 0, 1000}, 0));
  CHECK(!open({1, 0, 1001}, 1));
  CHECK(!open({1, 1001, 0}, 0));
  CHECK(!open({1, 8, ~u64(0) - 4}, 1));
}

TEST_CASE("once a page was lost nothing more is given out, verified before or not") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), pattern(extent_bytes * 4, 9));
  const auto map = fixture.map();
  const Bytes bytes = map->view(0, 0, extent_bytes * 4).value();
  CHECK(end_of_guarded([&] {
          std::filesystem::resize_file(fixture.path(), extent_bytes * 2);
          need(map->view(0, 0, extent_bytes).has_value() && !map->lost(), "the others are there");
          need(bytes[extent_bytes * 3] == std::byte(0), "zeros");
          const auto again = map->view(0, 0, extent_bytes);
          need(!again && again.error().code == ErrorCode::io, "refused");
          need(again.error().path == fixture.path() && map->lost(), "with its place");
        }) == 0);
}

TEST_CASE("section names show what cannot be printed") {
  CHECK(section_name(tag::positions) == "POSI");
  CHECK(section_name(0x41000141) == "A??A");
}

TEST_CASE("hot pages are those of the extents that are verified, or were") {
  const auto budget = std::make_shared<PageBudget>(u64(1) << 40);
  SectionFixture fixture(budget);
  fixture.put(tag_of("AAAA"), pattern(window_bytes * 2, 1));
  const auto map = fixture.map();
  std::vector<PageRun> runs;
  map->add_hot_pages(runs);
  CHECK(runs.empty());
  REQUIRE(map->view(0, 3 * extent_bytes + 5, 1));
  REQUIRE(map->view(0, 4 * extent_bytes, 1));
  REQUIRE(map->view(0, window_bytes + 5, 1));
  map->add_hot_pages(runs);
  REQUIRE(fixture.sections()[0].offset == 0);
  CHECK(runs == std::vector<PageRun>{{12, 8, 128}, {512, 4, 128}});
  map->release_window(0);
  runs.clear();
  map->add_hot_pages(runs);
  // What was given back stays behind what is there.
  CHECK(runs == std::vector<PageRun>{{12, 8, 63}, {512, 4, 128}});
  const PageStats stats = budget->stats();
  CHECK(stats.verified_bytes == 3 * extent_bytes);
  CHECK(stats.hits == 0);
  REQUIRE(map->view(0, window_bytes + 9, 1));
  CHECK(budget->stats().hits == 1);
}

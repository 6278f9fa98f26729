#include "store/hot_pages.hpp"

#include "store/project_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;
using catalog::HotEntry;
using catalog::HotSet;

constexpr u64 page = catalog::hot_page_bytes;

// Segments whose texts do not compress: the shard's size is known.
std::string noise(u32 seed, usize bytes) {
  std::mt19937 random(seed);
  std::string text(bytes, ' ');
  for (char& letter : text) letter = char('!' + random() % 90);
  return text;
}

void fill(const TestStore& store, int segments, usize bytes = 40'000) {
  Project project = store.open();
  std::vector<NewSegment> batch;
  for (int n = 0; n < segments; ++n) {
    batch.push_back(segment("s" + std::to_string(n), noise(u32(n), bytes)));
  }
  ingest(project, batch);
}

void read_some(const Project& project, int from, int to) {
  const Snapshot now = project.snapshot().value();
  for (int n = from; n < to; ++n) {
    REQUIRE(now.get("s" + std::to_string(n)).value().has_value());
  }
}

HotSet saved(const TestStore& store) {
  return catalog::read_hot_set(store.paths().hot_set(), store.manifest().project_id).value();
}

bool is_saved(const TestStore& store) { return path_exists(store.paths().hot_set()).value(); }

TEST_CASE("hot pages: what was read is saved when the last handle goes") {
  const TestStore store;
  fill(store, 40);
  REQUIRE_FALSE(is_saved(store));  // who writes reads hardly anything
  {
    const Project project = store.open();
    read_some(project, 0, 10);
    const Snapshot kept = project.snapshot().value();
    CHECK_FALSE(is_saved(store));
  }
  const HotSet set = saved(store);
  CHECK(set.shards == std::vector<FileId>{store.manifest().shards[0].id});
  CHECK(set.bytes() >= 10 * 40'000 * 3 / 4);
  CHECK(set.bytes() < 25 * 40'000);
  CHECK(std::all_of(set.runs.begin(), set.runs.end(),
                    [](const HotEntry& run) { return run.age == 0; }));
}

TEST_CASE("hot pages: not by those who may not, should not, or read too little") {
  const TestStore store;
  fill(store, 40);
  StoreOptions options;
  SECTION("reading alone") {
    options.read_only = true;
    read_some(store.open(options), 0, 40);
  }
  SECTION("the option") {
    options.hot_bytes = 0;
    read_some(store.open(options), 0, 40);
  }
  SECTION("a little") { read_some(store.open(), 0, 1); }
  SECTION("a child of fork") {
    const Project project = store.open();
    read_some(project, 0, 40);
    Child child([&](int) { const Project gone = project; });
    CHECK(child.wait() == 0);
    CHECK_FALSE(is_saved(store));
    return;
  }
  CHECK_FALSE(is_saved(store));
}

TEST_CASE("hot pages: what others saved stays behind what was used since, and grows old") {
  const TestStore store;
  fill(store, 60);
  read_some(store.open(), 0, 15);
  const u64 first_bytes = saved(store).bytes();
  read_some(store.open(), 30, 45);
  const HotSet both = saved(store);
  CHECK(both.bytes() > first_bytes * 3 / 2);
  CHECK(both.runs.front().age == 0);
  CHECK(both.runs.back().age == 1);
  CHECK(std::is_sorted(both.runs.begin(), both.runs.end(),
                       [](const HotEntry& a, const HotEntry& b) { return a.age < b.age; }));
  for (u32 closing = 0; closing < hot_age_max; ++closing) read_some(store.open(), 30, 45);
  const HotSet late = saved(store);
  CHECK(late.runs.back().age == 0);
  CHECK(late.bytes() < both.bytes());
}

TEST_CASE("hot pages: no page twice, and no more than is asked for") {
  const TestStore store;
  fill(store, 60);
  StoreOptions options;
  options.hot_bytes = 600'000;
  {
    const Project project = store.open(options);
    read_some(project, 0, 40);
  }
  const HotSet set = saved(store);
  CHECK(set.bytes() <= 600'000);
  CHECK(set.bytes() > 500'000);
  std::vector<u32> pages;
  for (const HotEntry& run : set.runs) {
    for (u32 i = 0; i < run.count; ++i) pages.push_back(run.first + i);
  }
  std::sort(pages.begin(), pages.end());
  CHECK(std::adjacent_find(pages.begin(), pages.end()) == pages.end());
}

TEST_CASE("hot pages: a saved set that lies is cut to the files there are") {
  const TestStore store;
  fill(store, 40);
  const auto state = store.state();
  const FileId own = store.manifest().shards[0].id;
  const u64 file_pages = std::filesystem::file_size(store.paths().shard(own)) / page;
  HotSet lies;
  lies.shards = {{own.sequence, own.random + 1}, own};
  lies.runs = {{0, 0, 0, 1000},                      // of a shard that is not there
               {1, 0, ~u32(0) - 1, ~u32(0)},         // far beyond the end
               {1, 0, u32(file_pages) - 1, 5'000}};  // over it
  const HotSet set = hot_set_of(*view_of(state)->edition, lies, u64(1) << 40);
  for (const HotEntry& run : set.runs) {
    CHECK(run.shard == 0);
    CHECK(u64(run.first) + run.count <= file_pages + 1);
  }
  u64 asked = 0;
  for_each_hot_run(store.paths(), lies, u64(1) << 40, [&](const File& file, u64 offset, u64 bytes) {
    CHECK(offset + bytes <= file.size().value());
    asked += bytes;
    return true;
  });
  CHECK(asked > 0);
  CHECK(asked <= 2 * page);
}

TEST_CASE("hot pages: asking ends where it should") {
  const TestStore store;
  fill(store, 40);
  read_some(store.open(), 0, 40);
  const HotSet set = saved(store);
  const auto bytes_asked = [&](u64 bytes_max, u64 runs_max) {
    u64 bytes = 0, runs = 0;
    for_each_hot_run(store.paths(), set, bytes_max, [&](const File&, u64, u64 count) {
      bytes += count;
      return ++runs < runs_max;
    });
    return bytes;
  };
  CHECK(bytes_asked(~u64(0), 1000) >= set.bytes() - page);  // the last page may be part of one
  CHECK(bytes_asked(300'000, 1000) == 300'000);
  CHECK(bytes_asked(0, 1000) == 0);
  CHECK(bytes_asked(~u64(0), 1) == std::min(u64(set.runs[0].count) * page, set.bytes()));
}

TEST_CASE("hot pages: whatever stands in HOT, a project opens, answers and is closed") {
  const TestStore store;
  fill(store, 40);
  read_some(store.open(), 0, 40);
  const std::string good = read_text(store.paths().hot_set());
  SECTION("damaged") { flip_byte(store.paths().hot_set(), 70); }
  SECTION("cut") { write_text(store.paths().hot_set(), good.substr(0, 100)); }
  SECTION("a folder") {
    std::filesystem::remove(store.paths().hot_set());
    std::filesystem::create_directory(store.paths().hot_set());
  }
  SECTION("of another project") {
    catalog::write_hot_set(store.paths().hot_set(), 1234, HotSet()).value();
  }
  SECTION("no folder to put it") { std::filesystem::remove_all(store.paths().volatile_folder()); }
  SECTION("after a reboot") { store.reboot(); }
  {
    const Project project = store.open();
    read_some(project, 0, 40);
    CHECK(count_of(project) == 40);
  }
  CHECK(count_of(store.open()) == 40);
}

TEST_CASE("hot pages: what had to make room for others is saved too") {
  const TestStore store;
  fill(store, 60);
  const auto bytes_saved = [&](bool makes_room) {
    std::filesystem::remove(store.paths().hot_set());
    {
      const auto state = store.state();
      const Snapshot now = Project(state).snapshot().value();
      for (u32 n = 0; n < 20; ++n) (void)now.search({.text = noise(n, 8)}).value();
      if (makes_room) state->caches->pages->clear();
      CHECK((state->caches->pages->window_count() == 0) == makes_room);
    }
    return saved(store).bytes();
  };
  const u64 bytes = bytes_saved(false);
  CHECK(bytes > hot_bytes_min);
  CHECK(bytes_saved(true) == bytes);
}

TEST_CASE("hot pages: shards that were merged away are forgotten") {
  const TestStore store;
  fill(store, 30);
  ingest(store.open(), {segment("more", noise(99, 400'000))});
  read_some(store.open(), 0, 30);
  {
    const auto state = store.state();
    merge_shards_only(state);
    read_some(Project(state), 0, 30);
  }
  const HotSet set = saved(store);
  CHECK(set.shards == std::vector<FileId>{store.manifest().shards[0].id});
  CHECK(set.bytes() > hot_bytes_min);
}

}  // namespace
}  // namespace shale::store

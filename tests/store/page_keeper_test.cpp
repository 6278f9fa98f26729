#include "store/page_keeper.hpp"

#include <chrono>
#include <thread>

#include "base/mapped_file.hpp"
#include "catalog/hot_set.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/comes_true.hpp"

namespace shale::store {
namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;

constexpr u64 hot_bytes = u64(64) << 20;

// A file in the place of a shard, and a hot set of all of it: the keeper looks at no more than
// that.
struct MadeUp {
  MadeUp() : paths{folder.path()} {
    std::filesystem::create_directories(paths.shard_folder());
    std::filesystem::create_directories(paths.volatile_folder());
    write_text(paths.shard(id), std::string(usize(bytes), 'x'));
    catalog::HotSet set;
    set.shards = {id};
    set.runs = {{0, 0, 0, u32(bytes / catalog::hot_page_bytes)}};
    catalog::write_hot_set(paths.hot_set(), 77, set).value();
  }
  PageKeeper::Wanted wanted(u64 project_id = 77) const { return {paths, project_id, cancelled}; }

  static constexpr u64 bytes = u64(4) << 20;
  TemporaryFolder folder;
  catalog::ProjectPaths paths;
  FileId id{1, 2};
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
};

std::shared_ptr<shard::PageBudget> budget_of(u64 bytes) {
  return std::make_shared<shard::PageBudget>(bytes, [] { return u64(0); });
}

MemoryShares shares_of(u64 memory_budget) {
  StoreOptions options;
  options.memory_budget = memory_budget;
  return MemoryShares(options);
}

TEST_CASE("page keeper: what is saved is asked for at once") {
  const MadeUp made;
  const auto budget = budget_of(u64(64) << 20);
  PageKeeper keeper(budget, shares_of(0), hot_bytes);
  keeper.prefetch(made.wanted());
  CHECK(comes_true([&] { return budget->stats().prefetched_bytes == MadeUp::bytes; }));
}

TEST_CASE("page keeper: never more than its bytes, over all projects and whatever is resident") {
  const MadeUp made;
  const auto budget = budget_of(u64(1) << 20);
  PageKeeper keeper(budget, shares_of(0), u64(6) << 20);
  for (int i = 0; i < 3; ++i) keeper.prefetch(made.wanted());
  CHECK(comes_true([&] { return budget->stats().prefetched_bytes == u64(6) << 20; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(budget->stats().prefetched_bytes == u64(6) << 20);
}

TEST_CASE("page keeper: nothing for a project that is closed already, or another's set") {
  const MadeUp made;
  const MadeUp last;
  const auto budget = budget_of(u64(64) << 20);
  PageKeeper keeper(budget, shares_of(0), hot_bytes);
  made.cancelled->store(true);
  keeper.prefetch(made.wanted());
  keeper.prefetch(last.wanted(78));
  keeper.prefetch(last.wanted());  // behind them: once it is there, they were passed over
  CHECK(comes_true([&] { return budget->stats().prefetched_bytes == MadeUp::bytes; }));
}

TEST_CASE("page keeper: ends at once, whatever it is at") {
  const MadeUp made;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < 20; ++i) {
    PageKeeper keeper(budget_of(u64(64) << 20), shares_of(0), hot_bytes);
    if (i % 2 == 0) keeper.prefetch(made.wanted());
  }
  CHECK(Clock::now() - start < std::chrono::seconds(5));  // an interval each would be ten
}

TEST_CASE("page keeper: in a child of fork it goes without its thread") {
  const MadeUp made;
  auto keeper = std::make_unique<PageKeeper>(budget_of(u64(64) << 20), shares_of(0), hot_bytes);
  Child child([&](int) { keeper.reset(); });
  CHECK(child.wait() == 0);
}

TEST_CASE("page keeper: the budget is settled, and indexes are given back where they are bounded") {
  const TemporaryFolder folder;
  const u64 bytes = u64(8) << 20;
  const bool is_bounded = GENERATE(false, true);
  std::atomic<u64> measured = 0;
  const auto budget = std::make_shared<shard::PageBudget>(1, [&] {
    measured.fetch_add(1);
    return u64(0);
  });
  struct Owner final : shard::Releasable {
    void release_window(u64) const override {}
    bool shrink_window(u64) const override { return false; }
    bool cool_window(u64) const override { return false; }
  };
  const Owner owner;
  budget->touch(owner, 0);
  const u64 before = measured.load();
  SharedMap map =
      SharedMap::open(File::open(folder / "idx", File::Mode::create).value(), u64(64) << 20)
          .value();
  map.reserve(bytes).value();
  const PageKeeper keeper(budget, shares_of(is_bounded ? bytes * 4 : 0), 0);  // an eighth of it
  CHECK(comes_true([&] { return measured.load() > before + 1; }));
  CHECK((shared_map_bytes() >= bytes) == !is_bounded);
}

TEST_CASE("page keeper: a store that is opened again asks for what was hot") {
  const TestStore store;
  {
    Project project = store.open();
    std::vector<NewSegment> segments;
    for (int n = 0; n < 40; ++n) {
      std::string text;
      for (int word = 0; word < 3000; ++word) text += std::to_string(n * 7919 + word * word) + ' ';
      segments.push_back(segment("s" + std::to_string(n), text));
    }
    ingest(project, segments);
    (void)contents(project);
  }
  REQUIRE(path_exists(store.paths().hot_set()).value());
  const bool read_only = GENERATE(false, true);
  const bool keeps = GENERATE(false, true);
  const auto opened =
      Store::open(store.path(), {.read_only = read_only, .hot_bytes = keeps ? hot_bytes : 0})
          .value();
  const auto project = opened.project("default").value();
  const auto& budget = *opened.state().caches->pages;
  if (keeps) {
    CHECK(comes_true([&] { return budget.stats().prefetched_bytes > 100'000; }));
  } else {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(budget.stats().prefetched_bytes == 0);
  }
}

}  // namespace
}  // namespace shale::store

#include "store/housekeeper.hpp"

#include <chrono>
#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/comes_true.hpp"

namespace shale::store {
namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;

TEST_CASE("a relaxed commit becomes durable without a further call") {
  const TestStore store;
  const auto state = store.state();
  Housekeeper housekeeper(false);
  housekeeper.watch(state);
  const Committed done = stash(Project(state), "a", "text", Durability::relaxed);
  const auto control = state->shared_control();
  CHECK(comes_true([&] { return control->durable().value >= done.lsn; }));
}

TEST_CASE("logs that writers have sealed are folded behind them where too many wait") {
  const TestStore store(sealing_after(1));
  const auto state = store.state();
  Housekeeper housekeeper(false);
  housekeeper.watch(state);
  for (int n = 0; n < 10; ++n) stash(Project(state), "a" + std::to_string(n), "text");
  CHECK(comes_true([&] { return sealed_logs(store.manifest()).size() <= sealed_logs_aim; }));
  CHECK(count_of(Project(state)) == 10);
}

TEST_CASE("a process that ends at once leaves no more sealed logs than it should") {
  const TestStore store(sealing_after(1));
  const auto state = store.state();
  for (int n = 0; n < 10; ++n) {
    Housekeeper housekeeper(false);
    housekeeper.watch(state);
    stash(Project(state), "a" + std::to_string(n), "text");
  }
  CHECK(sealed_logs(store.manifest()).size() <= sealed_logs_aim);
}

TEST_CASE("without a housekeeper it does not") {
  const TestStore store;
  const auto state = store.state();
  const Committed done = stash(Project(state), "a", "text", Durability::relaxed);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(state->shared_control()->durable().value < done.lsn);
}

TEST_CASE("a store that is opened has one") {
  const TestStore store;
  StoreOptions options;
  options.create = true;
  const Store opened = Store::open(store.path(), options).value();
  Project project = opened.project("default").value();
  const Committed done = stash(project, "a", "text", Durability::relaxed);
  const Clock::time_point start = Clock::now();
  CHECK(comes_true([&] { return project.stats().value().durable_lsn >= done.lsn; }));
  WARN("durable after "
       << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count()
       << " ms");
}

TEST_CASE("what is not durable yet is synced when the housekeeper ends") {
  const TestStore store;
  const auto state = store.state();
  Committed done;
  {
    Housekeeper housekeeper(false);
    housekeeper.watch(state);
    done = stash(Project(state), "a", "text", Durability::relaxed);
  }
  CHECK(state->shared_control()->durable().value >= done.lsn);
}

TEST_CASE("a sync that could not be made is tried again") {
  const TestStore store;
  const auto state = store.state(patience(20));
  const auto control = state->shared_control();
  const Committed done = stash(Project(state), "a", "text", Durability::relaxed);
  control->poison(store.manifest().logs.back().id.sequence);
  LockFile other = LockFile::open(store.paths().lock(), false).value();
  REQUIRE(other.try_lock(catalog::lock_byte::lease).value());  // the log cannot be left
  Housekeeper housekeeper(false);
  housekeeper.watch(state);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for several rounds
  other.unlock(catalog::lock_byte::lease);
  CHECK(comes_true([&] { return control->durable().value >= done.lsn; }));
}

TEST_CASE("closing a store makes its relaxed commits durable") {
  const TestStore store;
  StoreOptions options;
  options.create = true;
  Committed done;
  {
    const Store opened = Store::open(store.path(), options).value();
    done = stash(opened.project("default").value(), "a", "text", Durability::relaxed);
  }
  CHECK(store.state()->shared_control()->durable().value >= done.lsn);
}

TEST_CASE("background_merge folds sealed logs; without it nothing is folded") {
  for (const bool merges : {true, false}) {
    INFO("merges " << merges);
    const TestStore store(sealing_after(5));
    const auto state = store.state();
    Housekeeper housekeeper(merges);
    housekeeper.watch(state);
    for (int n = 0; n < 4; ++n) stash_many(Project(state), "s" + std::to_string(n) + "-", 4);
    const auto folded = [&] {
      const catalog::Manifest manifest = store.manifest();
      return !manifest.shards.empty() && manifest.logs.size() == 1;
    };
    if (merges) {
      CHECK(comes_true(folded));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      CHECK(store.manifest().shards.empty());
    }
    CHECK(count_of(Project(state)) == 16);
  }
}

TEST_CASE("projects that are gone are no burden, and it ends at once") {
  const TestStore store;
  Housekeeper housekeeper(true);
  for (int n = 0; n < 3; ++n) housekeeper.watch(store.state());
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  const Clock::time_point start = Clock::now();
  { Housekeeper idle(true); }
  CHECK(Clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("rules of retention apply by themselves where shale.toml and the opener say so") {
  for (const bool merges : {false, true}) {
    StoreConfig config = plain_config();
    config.retention.keep_last_per_task = 1;
    config.retention.automatic = true;
    const TestStore store(config);
    const auto state = store.state();
    for (int n = 0; n < 3; ++n) {
      NewSegment one = segment("a" + std::to_string(n), "text");
      one.task = "task";
      stash(Project(state), one);
    }
    Housekeeper housekeeper(merges);
    housekeeper.watch(state);
    if (merges) {
      CHECK(comes_true([&] { return count_of(Project(state)) == 1; }));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      CHECK(count_of(Project(state)) == 3);
    }
  }
}

}  // namespace
}  // namespace shale::store

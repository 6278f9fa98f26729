#include "store/guarded_erase.hpp"

#include <set>
#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

TEST_CASE("guarded erase: what nobody has touched goes, what somebody has stays") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 6);
  const Lsn since{project.snapshot().value().lsn()};
  stash(project, "a1", "a new version");
  update(project, "a2", {.pinned = true});
  erase(project, "a3");
  GuardedErase guarded(*state, since);
  const auto left = guarded.erase({"a0", "a1", "a2", "a3"}).value();
  CHECK(left == std::vector<usize>{1, 2, 3});
  CHECK(contents(project).size() == 4);
  stash(project, "a4", "touched between two batches");
  CHECK(guarded.erase({"a4", "a5"}).value() == std::vector<usize>{0});
  const Contents rest = contents(project);
  CHECK(rest.size() == 3);
  CHECK_FALSE(rest.contains("a5"));
  CHECK(guarded.erase({"a4"}).value() == std::vector<usize>{0});
}

TEST_CASE("guarded erase: nothing goes where it is not kept what was changed") {
  StoreConfig config = plain_config();
  config.keep_changes_days = 0;
  const TestStore store(config);
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 3);
  const Lsn since{project.snapshot().value().lsn()};
  stash(project, "a1", "a new version");
  project.merge(false).value();
  GuardedErase guarded(*state, since);
  CHECK_FALSE(guarded.erase({"a0", "a1"}).value().has_value());
  CHECK(contents(project).size() == 3);
}

TEST_CASE("guarded erase: of two at once, a change wins or the segment has gone") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  constexpr int count = 400;
  stash_many(project, "a", count);
  const Lsn since{project.snapshot().value().lsn()};
  std::set<std::string> touched;
  std::thread other([&] {
    std::mt19937 random(7);
    for (int n = 0; n < 400; ++n) {
      const std::string id = "a" + std::to_string(random() % count);
      if (update(project, id, {.refcount_added = 1}).updated == 1) touched.insert(id);
    }
  });
  GuardedErase guarded(*state, since);
  u64 left = 0;
  for (int n = 0; n < count; n += 8) {
    std::vector<std::string> ids;
    for (int i = n; i < n + 8; ++i) ids.push_back("a" + std::to_string(i));
    left += guarded.erase(ids).value()->size();
  }
  other.join();
  const Contents rest = contents(project);
  CHECK(rest.size() == left);
  for (const std::string& id : touched) {
    INFO(id);
    CHECK(rest.contains(id));
  }
}

}  // namespace
}  // namespace shale::store

// Twin of src/store/create_project.cpp: a new project's folder.
#include <thread>

#include "store/recovery.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("a new project is whole and nothing else is left") {
  const TestStore store;
  StoreConfig config;
  config.shard_by = "month";
  config.index = TextIndex::terms;
  create_project(store.paths(), "default", config).value();
  CHECK(files_in(store.path() / "projects") == std::vector<std::string>{"default"});
  CHECK(files_in(store.paths().folder) ==
        std::vector<std::string>{"LOCK", "MANIFEST", "changes", "log", "shards", "volatile"});
  CHECK(files_in(store.paths().volatile_folder()) == std::vector<std::string>{"CACHEDIR.TAG"});
  CHECK(read_text(store.paths().volatile_folder() / "CACHEDIR.TAG")
            .starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
  const catalog::Manifest manifest = store.manifest();
  CHECK(manifest.project == "default");
  CHECK(manifest.project_id != 0);
  CHECK(manifest.edition == 1);
  CHECK(manifest.analysis == "english");
  CHECK(manifest.words_version == words_version);
  CHECK(manifest.shard_by == "month");
  CHECK(manifest.index == TextIndex::terms);
  REQUIRE(manifest.logs.size() == 1);
  CHECK(std::filesystem::exists(store.paths().log(manifest.logs[0].id)));
}

TEST_CASE("a project that is there stays as it is") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const catalog::Manifest before = store.manifest();
  create_project(store.paths(), "default", {}).value();
  CHECK(store.manifest() == before);
  CHECK(files_in(store.path() / "projects") == std::vector<std::string>{"default"});
  CHECK(count_of(store.open()) == 1);
}

TEST_CASE("several may make the same project at once") {
  const TestStore store;
  std::vector<std::thread> threads;
  std::vector<int> failed(4, 0);
  for (usize t = 0; t < failed.size(); ++t) {
    threads.emplace_back([&, t] {
      const auto state = store.try_state();
      if (!state) {
        failed[t] = 1;
        return;
      }
      stash(Project(*state), "by" + std::to_string(t), "text");
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == std::vector<int>(4, 0));
  CHECK(count_of(store.open()) == 4);
  CHECK(files_in(store.path() / "projects") == std::vector<std::string>{"default"});
}

TEST_CASE("a project that cannot be made is an error and leaves nothing") {
  const TestStore store;
  write_text(store.paths().folder, "a file in the way");
  CHECK(!create_project(store.paths(), "default", {}).has_value());
  CHECK(files_in(store.path() / "projects") == std::vector<std::string>{"default"});
}

TEST_CASE("MANIFEST fixes positions and partition; shale.toml only proposes them") {
  StoreConfig config;
  config.index = TextIndex::terms;
  const TestStore store(config);
  stash(store.open(), "a", "text");
  store.set_config({});
  const auto state = store.state();
  CHECK(!state->positions);
  Project(state).merge(true).value();
  CHECK(!view_of(state)->indexes[0].index->has_positions());
  CHECK(found_ids(Project(state), "text") == std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace shale::store

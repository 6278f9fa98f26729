#include "cli/context.hpp"

#include <shale/stats.hpp>

#include <cstdlib>
#include <fstream>

#include "base/file.hpp"
#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

Context context_for(const std::filesystem::path& store) {
  Context context;
  context.globals.store = store.string();
  return context;
}

void stash(const Context& context, const std::string& id) {
  Project project = context.project_to_write().value();
  Batch batch;
  batch.stash({.id = id, .text = "some words"});
  REQUIRE(project.commit(batch));
}

}  // namespace

TEST_CASE("context: reading does not make a store, and says how to") {
  const testing::TemporaryFolder folder;
  const Context context = context_for(folder / "s");
  const auto store = context.store_to_read();
  REQUIRE_FALSE(store);
  CHECK(store.error().code == ErrorCode::not_found);
  CHECK(store.error().message.find("shale init") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "s"));
}

TEST_CASE("context: files of another program are no store, and the way to import them is told") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "storage.json") << "{\"version\": \"1.0\", \"projects\": {}}";
  for (const std::filesystem::path& path : {folder / "storage.json", folder.path()}) {
    const Context context = context_for(path);
    for (const auto& store : {context.store_to_read(), context.store_to_write()}) {
      REQUIRE_FALSE(store);
      INFO(store.error().message);
      CHECK(store.error().code == ErrorCode::not_found);
      CHECK(store.error().message.find("import " + path.string() + "`") != std::string::npos);
      CHECK(store.error().message.find('\n') == std::string::npos);
    }
  }
  CHECK(list_folder(folder.path()).value().size() == 1);
}

TEST_CASE("context: writing makes the store") {
  const testing::TemporaryFolder folder;
  const Context context = context_for(folder / "s");
  REQUIRE(context.store_to_write());
  CHECK(context.store_to_read());
}

TEST_CASE("context: changing what is there makes neither a store nor a project") {
  const testing::TemporaryFolder folder;
  Context context = context_for(folder / "s");
  CHECK(context.project_to_change().error().message == context.store_to_read().error().message);
  CHECK_FALSE(std::filesystem::exists(folder / "s"));
  const Store store = context.store_to_write().value();
  CHECK_FALSE(context.project_to_change().value().has_value());
  context.globals.project = "absent";
  context.globals.project_given = true;
  CHECK(context.project_to_change().error().code == ErrorCode::not_found);
  CHECK(store.projects().value().empty());
  stash(context, "a");
  CHECK(context.project_to_change().value().has_value());
}

TEST_CASE("context: a default project nobody wrote to is empty, another one an error") {
  const testing::TemporaryFolder folder;
  Context context = context_for(folder / "s");
  REQUIRE(context.store_to_write());
  CHECK(context.views().value().empty());
  context.globals.project = "absent";
  context.globals.project_given = true;
  const auto views = context.views();
  REQUIRE_FALSE(views);
  CHECK(views.error().code == ErrorCode::not_found);
  CHECK(views.error().message.find("absent") != std::string::npos);
}

TEST_CASE("context: one project or all of them") {
  const testing::TemporaryFolder folder;
  Context context = context_for(folder / "s");
  stash(context, "a");
  context.globals.project = "other";
  stash(context, "b");
  CHECK(context.views().value().size() == 1);
  CHECK(shown_id(context, "other", "b") == "b");
  context.globals.all_projects = true;
  const auto views = context.views().value();
  REQUIRE(views.size() == 2);
  CHECK(views[0].project == "default");
  CHECK(views[1].project == "other");
  CHECK(shown_id(context, "other", "b") == "other/b");
}

TEST_CASE("context: upkeep can be declined") {
  const testing::TemporaryFolder folder;
  Context context = context_for(folder / "s");
  stash(context, "a");
  Project project = context.project_to_write().value();
  const auto edition = project.stats().value().edition;
  context.globals.no_merge = true;
  context.keep_up(project);
  CHECK(project.stats().value().edition == edition);
}

TEST_CASE("context: what stands in the place of a store is told apart") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  std::filesystem::create_directories(folder / "full/of/things");
  std::filesystem::create_directory(folder / "empty");
  for (const char* place : {"file", "full"}) {
    INFO(place);
    const Context context = context_for(folder / place);
    CHECK_FALSE(context.store_to_read());
    CHECK_FALSE(context.store_to_write());
    CHECK_FALSE(context.project_to_write());
  }
  // An empty folder is as good as none: whoever writes makes the store in it.
  const Context context = context_for(folder / "empty");
  CHECK(context.store_to_read().error().code == ErrorCode::not_found);
  CHECK(context.store_to_write());
  CHECK(context.store_to_read());
}

TEST_CASE("context: a new store is made with what was asked for, an old one stays") {
  const testing::TemporaryFolder folder;
  const Context context = context_for(folder / "s");
  const CreateOptions wanted{.shard_by = "month", .index = "terms"};
  for (const CreateOptions& options : {wanted, CreateOptions()}) {
    const std::string config = context.store_to_write(options).value().config();
    CHECK(config.find("shard_by = \"month\"") != std::string::npos);
    CHECK(config.find("index = \"terms\"") != std::string::npos);
  }
  const auto refused = context_for(folder / "t").store_to_write({.analysis = "none such"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(folder / "t"));
}

TEST_CASE("context: the user's own store gets the folders above it") {
  const testing::TemporaryFolder folder;
  const testing::Ran ran = testing::run_captured([&] {
    unsetenv("SHALE_STORE");
    setenv("XDG_DATA_HOME", (folder / "data/home").c_str(), 1);
    std::filesystem::current_path(folder.path());
    const Context context;
    const bool missing = !context.store_to_read();
    return int(missing && context.store_to_write() && context.store_to_read());
  });
  CHECK(ran.exit == 1);
  CHECK(std::filesystem::is_directory(folder / "data/home/shale/projects"));
}

TEST_CASE("context: all projects in the order of their names, whatever order they were made in") {
  const testing::TemporaryFolder folder;
  Context context = context_for(folder / "s");
  for (const char* name : {"zeta", "Alpha", "beta/x", "default"}) {
    context.globals.project = name;
    stash(context, "same id");
  }
  std::vector<std::string> names;
  const auto projects = context.projects_to_read(true).value();
  for (const Project& project : projects) names.push_back(project.name());
  CHECK(names == std::vector<std::string>{"Alpha", "beta/x", "default", "zeta"});
  context.globals.project = "beta/x";
  const auto one = context.views().value();
  REQUIRE(one.size() == 1);
  CHECK(one[0].project == "beta/x");
  CHECK(one[0].snapshot.count().value().count == 1);
}

TEST_CASE("context: upkeep folds what is due and takes nothing back") {
  const testing::TemporaryFolder folder;
  const Context context = context_for(folder / "s");
  REQUIRE(context.store_to_write());
  std::ofstream(folder / "s/shale.toml") << "[delta]\nsegments = 4\n";
  for (int i = 0; i < 10; ++i) stash(context, "s" + std::to_string(i));
  Project project = context.project_to_write().value();
  for (int i = 0; i < 5; ++i) context.keep_up(project);
  const ProjectStats stats = project.stats().value();
  CHECK(stats.segments == 10);
  CHECK(stats.shards >= 1);
}

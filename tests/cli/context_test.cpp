#include "cli/context.hpp"

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

TEST_CASE("context: writing makes the store") {
  const testing::TemporaryFolder folder;
  const Context context = context_for(folder / "s");
  REQUIRE(context.store_to_write());
  CHECK(context.store_to_read());
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

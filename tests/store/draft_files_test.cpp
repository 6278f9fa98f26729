#include "store/draft_files.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

TEST_CASE("files that no manifest came to name go away with who made them") {
  const TestStore store;
  const Project project = store.open();
  const catalog::ProjectPaths paths = store.paths();
  const auto orphan = paths.changes({9, 9});
  write_text(orphan, "unnamed");
  {
    DraftFiles drafts(paths);
    drafts.guard(orphan).value();
    drafts.guard(store.active_log()).value();
    auto other = LockFile::open(orphan, false).value();
    CHECK_FALSE(other.try_lock(0).value());
  }
  CHECK_FALSE(path_exists(orphan).value());
  CHECK(path_exists(store.active_log()).value());
}

TEST_CASE("a file that was taken for an orphan is told") {
  const TestStore store;
  const Project project = store.open();
  const catalog::ProjectPaths paths = store.paths();
  const auto file = paths.changes({9, 9});
  DraftFiles drafts(paths);
  CHECK_FALSE(drafts.guard(file));  // gone already
  write_text(file, "unnamed");
  auto remover = LockFile::open(file, false).value();
  REQUIRE(remover.try_lock(0).value());
  CHECK(drafts.guard(file).error().code == ErrorCode::busy);
}

}  // namespace
}  // namespace shale::store

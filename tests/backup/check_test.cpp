#include "backup/check.hpp"

#include "tests/backup/backup_fixture.hpp"

namespace shale::testing {

TEST_CASE("check: a store that is whole, and what is damaged in one that is not") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "s", 30);
    project.merge(true).value();
    stash(project, "late", "text", Durability::full);
  }
  const auto check = [&](bool all) { return backup::check_made(store.path(), all, {}, {}); };
  const auto before = listing_of(store.path());
  check(false).value();
  check(true).value();
  CHECK(listing_of(store.path()) == before);
  const path shard = store.paths().shard(store.manifest().shards[0].id);
  flip_byte(shard, 3000);
  const auto damaged = check(true);
  REQUIRE(!damaged);
  CHECK(damaged.error().code == ErrorCode::corrupt);
  CHECK(damaged.error().path == shard.string());
  flip_byte(shard, 3000);
  std::filesystem::resize_file(shard, 1000);
  CHECK(!check(false));
  std::filesystem::remove(store.paths().manifest());
  CHECK(!check(false));
}

}  // namespace shale::testing

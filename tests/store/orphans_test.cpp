#include "store/orphans.hpp"

#include "base/lock.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

struct Files {
  TemporaryFolder folder;
  catalog::ProjectPaths paths{folder.path()};
  catalog::Manifest manifest;
  std::vector<path> named;

  Files() {
    for (const path& one : {paths.log_folder(), paths.shard_folder(), paths.volatile_folder()}) {
      std::filesystem::create_directory(one);
    }
    catalog::ShardEntry shard;
    shard.id = {3, 33};
    shard.dead = catalog::OverlayEntry{2, 0, {}};
    shard.patch = catalog::OverlayEntry{5, 0, {}};
    manifest.shards = {shard};
    manifest.logs = {{{4, 44}, 0, 0, {}}};
    named = {paths.shard({3, 33}), paths.dead({3, 33}, 2), paths.patch({3, 33}, 5),
             paths.log({4, 44}), paths.index({4, 44})};
    for (const path& file : named) write_text(file, "x");
  }
  bool exist(const std::vector<path>& files) const {
    return std::all_of(files.begin(), files.end(),
                       [](const path& file) { return std::filesystem::exists(file); });
  }
  bool none_exists(const std::vector<path>& files) const {
    return std::none_of(files.begin(), files.end(),
                        [](const path& file) { return std::filesystem::exists(file); });
  }
};

TEST_CASE("what no manifest names is removed, what it names stays") {
  const Files files;
  const std::vector<path> orphans = {
      files.paths.shard({7, 77}),   path(files.paths.shard({8, 88}).string() + ".tmp"),
      files.paths.dead({3, 33}, 1), files.paths.patch({3, 33}, 6),
      files.paths.shard({3, 34}),   files.paths.log({2, 22}),
      files.paths.index({2, 22})};
  for (const path& file : orphans) write_text(file, "x");
  remove_orphans(files.paths, files.manifest, Orphans::all);
  CHECK(files.exist(files.named));
  CHECK(files.none_exists(orphans));
}

TEST_CASE("files this program did not make, and CONTROL, are left alone") {
  const Files files;
  const std::vector<path> strangers = {
      files.paths.control(), files.paths.volatile_folder() / "CACHEDIR.TAG",
      files.paths.shard_folder() / "notes.txt", files.paths.shard_folder() / "no-ending",
      files.paths.log_folder() / "7-short.log"};
  for (const path& file : strangers) write_text(file, "x");
  remove_orphans(files.paths, files.manifest, Orphans::all);
  CHECK(files.exist(strangers));
}

TEST_CASE("a shard somebody is building is no orphan") {
  const Files files;
  const path building = files.paths.shard({9, 99}).string() + ".tmp";
  write_text(building, "x");
  {
    LockFile guard = LockFile::open(building, false).value();
    REQUIRE(guard.try_lock(0).value());
    remove_orphans(files.paths, files.manifest, Orphans::all);
    CHECK(std::filesystem::exists(building));
  }
  remove_orphans(files.paths, files.manifest, Orphans::all);
  CHECK(!std::filesystem::exists(building));
}

TEST_CASE("folders that are not there are no failure") {
  const TemporaryFolder folder;
  remove_orphans({folder / "nothing"}, {}, Orphans::all);
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("what an edition retires is removed, and nothing else") {
  const Files files;
  const path orphan = files.paths.shard({7, 77});
  write_text(orphan, "x");
  catalog::Manifest after = files.manifest;
  after.shards[0].dead->number = 3;
  after.shards[0].patch.reset();
  after.logs = {{{5, 55}, 0, 0, {}}};
  remove_retired(files.paths, files.manifest, after);
  CHECK(files.exist({files.paths.shard({3, 33}), orphan}));
  CHECK(files.none_exists({files.paths.dead({3, 33}, 2), files.paths.patch({3, 33}, 5),
                           files.paths.log({4, 44}), files.paths.index({4, 44})}));
  remove_retired(files.paths, after, {});
  CHECK(files.none_exists({files.paths.shard({3, 33})}));
}

}  // namespace
}  // namespace shale::store

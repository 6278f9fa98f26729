#include "store/overlay_changes.hpp"

#include <utility>

#include "catalog/overlay_file.hpp"
#include "store/orphans.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

struct Place {
  TemporaryFolder folder;
  catalog::ProjectPaths paths{folder.path()};
  catalog::ShardEntry entry;
  std::optional<OverlayDrafts> drafts;

  Place() {
    std::filesystem::create_directory(paths.shard_folder());
    entry.id = {3, 33};
    drafts.emplace(paths);
  }
  void write(const Overlay& overlay, const Overlay& on_disk, u64 as_of) {
    drafts->write(overlay, on_disk, Lsn{as_of}, entry).value();
  }
  void publish(const catalog::ShardEntry* named) const {
    catalog::Manifest manifest;
    manifest.project = "default";
    if (named != nullptr) manifest.shards.push_back(*named);
    manifest.logs.push_back({{1, 11}, 0, 0, {}});
    catalog::write_manifest(paths.manifest(), manifest).value();
  }
  std::vector<std::string> files() const { return files_in(paths.shard_folder()); }
  Overlay read() const {
    Overlay overlay;
    if (entry.dead) {
      overlay.dead =
          catalog::read_dead(paths.dead(entry.id, entry.dead->number), entry.id, *entry.dead, 100)
              .value();
    }
    if (entry.patch) {
      overlay.patches = catalog::read_patch(paths.patch(entry.id, entry.patch->number), entry.id,
                                            *entry.patch, 100)
                            .value();
    }
    return overlay;
  }
};

TEST_CASE("nothing changed, nothing written") {
  Place place;
  place.write({}, {}, 5);
  Overlay same;
  same.dead.add(4);
  same.patches[2].pinned = true;
  place.write(same, same, 5);
  CHECK(!place.entry.dead.has_value());
  CHECK(!place.entry.patch.has_value());
  CHECK(files_in(place.paths.shard_folder()).empty());
}

TEST_CASE("a change is a new file under the next number that holds the old content too") {
  Place place;
  Overlay first;
  first.dead.add(4);
  place.write(first, {}, 5);
  REQUIRE(place.entry.dead.has_value());
  CHECK(place.entry.dead->number == 1);
  CHECK(place.entry.dead->as_of == Lsn{5});
  CHECK(!place.entry.patch.has_value());
  Overlay second = first;
  second.dead.add(9);
  second.patches[2].refcount_added = 3;
  place.write(second, first, 8);
  CHECK(place.entry.dead->number == 2);
  CHECK(place.entry.dead->as_of == Lsn{8});
  REQUIRE(place.entry.patch.has_value());
  CHECK(place.entry.patch->number == 1);
  CHECK(place.read().dead == second.dead);
  CHECK(place.read().patches == second.patches);
  // The old file is immutable and still there: the old edition may be read.
  CHECK(files_in(place.paths.shard_folder(), ".dead.1").size() == 1);
}

TEST_CASE("only what changed gets a new file") {
  Place place;
  Overlay first;
  first.dead.add(4);
  first.patches[2].pinned = true;
  place.write(first, {}, 5);
  Overlay second = first;
  second.patches[2].pinned = false;
  place.write(second, first, 8);
  CHECK(place.entry.dead->number == 1);
  CHECK(place.entry.dead->as_of == Lsn{5});
  CHECK(place.entry.patch->number == 2);
  CHECK(place.entry.patch->as_of == Lsn{8});
  CHECK(place.read().patches == second.patches);
}

TEST_CASE("a file that a killed writer left is neither used nor in the way") {
  Place place;
  Overlay first;
  first.dead.add(4);
  Overlay second = first;
  second.dead.add(9);
  second.patches[2].pinned = true;
  place.write(first, {}, 5);
  catalog::ShardEntry unpublished = place.entry;
  OverlayDrafts other(place.paths);
  other.write(second, first, Lsn{8}, unpublished).value();
  second.dead.add(11);
  place.write(second, first, 9);
  CHECK(place.entry.dead->number == 3);
  CHECK(place.entry.patch->number == 2);
  CHECK(place.read().dead == second.dead);
  CHECK(place.read().patches == second.patches);
}

TEST_CASE("a file that cannot be written is an error") {
  Place place;
  std::filesystem::remove(place.paths.shard_folder());
  Overlay overlay;
  overlay.dead.add(4);
  CHECK(!place.drafts->write(overlay, {}, Lsn{5}, place.entry).has_value());
}

TEST_CASE("what was written before the lease serves under it where nothing changed") {
  Place place;
  Overlay overlay;
  overlay.dead.add(4);
  overlay.patches[2].pinned = true;
  place.write(overlay, {}, 5);
  const catalog::ShardEntry draft = std::exchange(place.entry, catalog::ShardEntry{});
  place.entry.id = draft.id;
  place.write(overlay, {}, 9);
  CHECK(place.entry == draft);
  CHECK(place.files().size() == 2);
  place.entry = {};
  place.entry.id = draft.id;
  overlay.dead.add(5);
  place.write(overlay, {}, 11);
  CHECK(place.entry.dead->number == 2);
  CHECK(place.entry.patch == draft.patch);
  CHECK(place.read().dead == overlay.dead);
}

TEST_CASE("drafts that no manifest came to name go, the others stay") {
  Place place;
  Overlay overlay;
  overlay.dead.add(4);
  place.write(overlay, {}, 5);
  const catalog::ShardEntry named = place.entry;
  overlay.dead.add(5);
  place.write(overlay, {}, 6);
  REQUIRE(place.files().size() == 2);
  place.publish(&named);
  place.drafts.reset();
  CHECK(place.files() ==
        std::vector<std::string>{place.paths.dead(named.id, 1).filename().string()});
  place.drafts.emplace(place.paths);
  place.publish(nullptr);
  place.drafts.reset();
  CHECK(place.files().size() == 1);  // it wrote none
}

TEST_CASE("without a manifest to tell, drafts stay for recovery to judge") {
  Place place;
  Overlay overlay;
  overlay.dead.add(4);
  place.write(overlay, {}, 5);
  place.drafts.reset();
  CHECK(place.files().size() == 1);
}

TEST_CASE("a draft is no orphan while it may be published") {
  Place place;
  Overlay overlay;
  overlay.dead.add(4);
  place.write(overlay, {}, 5);
  place.publish(nullptr);
  const catalog::Manifest manifest = catalog::read_manifest(place.paths.manifest()).value();
  remove_orphans(place.paths, manifest, Orphans::all);
  CHECK(place.files().size() == 1);
  Place killed;
  killed.write(overlay, {}, 5);
  killed.drafts.reset();
  remove_orphans(killed.paths, manifest, Orphans::all);
  CHECK(killed.files().empty());
}

}  // namespace
}  // namespace shale::store

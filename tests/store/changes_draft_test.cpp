#include "store/changes_draft.hpp"

#include "store/orphans.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

std::vector<ChangedBatch> kept(const TestStore& store) {
  std::vector<ChangedBatch> batches;
  const catalog::Manifest manifest = store.manifest();
  for (const catalog::ChangesEntry& entry : manifest.changes) {
    catalog::read_changes(store.paths().changes(entry.id), manifest.project_id, entry, {},
                          [&](ChangedBatch&& batch) -> Result<bool> {
                            batches.push_back(std::move(batch));
                            return true;
                          })
        .value();
  }
  return batches;
}

// As if what is kept had been committed so many days ago: a file of the same batches, and older.
void age(const TestStore& store, i64 days) {
  catalog::Manifest manifest = store.manifest();
  for (catalog::ChangesEntry& entry : manifest.changes) {
    auto builder =
        catalog::ChangesBuilder::make(manifest.project_id, {entry.id.sequence, 7}).value();
    catalog::read_changes(store.paths().changes(entry.id), manifest.project_id, entry, {},
                          [&](ChangedBatch&& batch) -> Result<bool> {
                            batch.committed_at -= days * 86'400 * i64(1'000'000);
                            builder.add(batch).value();
                            return true;
                          })
        .value();
    entry = builder.write(store.paths().changes({entry.id.sequence, 7}), entry.after, entry.last)
                .value();
  }
  catalog::write_manifest(store.paths().manifest(), manifest).value();
}

void fold(Project project, const std::string& stem) {
  stash_many(project, stem, 10);
  project.merge(false).value();
}

TEST_CASE("many folds leave few files") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  for (int n = 0; n < 30; ++n) fold(project, "a" + std::to_string(n));
  CHECK(store.manifest().changes.size() == 1);
  CHECK(files_in(store.paths().changes_folder()).size() == 1);
  CHECK(kept(store).size() == 30);
}

TEST_CASE("a file that has grown large is left as it is") {
  StoreConfig config = plain_config();
  const TestStore store(config);
  Project project = store.open();
  std::mt19937_64 random(5);
  Batch batch;
  for (int n = 0; n < 60'000; ++n) {
    batch.stash(segment(std::to_string(random()) + std::to_string(random()), "x"));
  }
  project.commit(batch, Durability::relaxed).value();
  project.merge(false).value();
  REQUIRE(store.manifest().changes.size() == 1);
  const FileId large = store.manifest().changes[0].id;
  REQUIRE(store.manifest().changes[0].file_bytes > 1u << 20);
  stash_many(project, "a", 10);
  project.merge(false).value();
  const catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.changes.size() == 2);
  CHECK(manifest.changes[0].id == large);
  CHECK(manifest.changes[1].after == manifest.changes[0].last);
  CHECK(kept(store).size() == 2);
}

TEST_CASE("what is older than is kept goes: files as a whole, and batches out of a file") {
  StoreConfig config = sealing_after(10);
  config.keep_changes_days = 3;
  const TestStore store(config);
  {
    const Project project = store.open();
    fold(project, "a");
    fold(project, "b");
  }
  age(store, 2);
  {
    const Project project = store.open();
    fold(project, "c");
  }
  CHECK(kept(store).size() == 3);
  CHECK(store.manifest().changes_after == Lsn{});
  age(store, 2);  // a and b are four days old
  {
    const Project project = store.open();
    fold(project, "d");
  }
  std::vector<ChangedBatch> batches = kept(store);
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].changes[0].id == "c0");
  CHECK(store.manifest().changes_after > Lsn{});
  CHECK(store.manifest().changes_after < Lsn{batches[0].lsn});
  CHECK(store.manifest().changes[0].after == store.manifest().changes_after);
  const u64 newest = batches[1].lsn;
  age(store, 9);
  const Project project = store.open();
  fold(project, "e");
  batches = kept(store);
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].changes[0].id == "e0");
  CHECK(store.manifest().changes_after == Lsn{newest});
}

TEST_CASE("a fold that is cancelled leaves no changes file, and orphans go") {
  const TestStore store(sealing_after(10));
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 10);
  stash_many(project, "b", 1);
  const View& view = *view_of(state);
  {
    ChangesDraft draft(*state);
    draft.write(*view.edition, {view.edition->manifest.logs.front().id}).value();
    CHECK(files_in(store.paths().changes_folder()).size() == 1);
    remove_orphans(store.paths(), store.manifest(), Orphans::all);  // it is locked
    CHECK(files_in(store.paths().changes_folder()).size() == 1);
  }
  CHECK(files_in(store.paths().changes_folder()).empty());
  write_text(store.paths().changes({3, 3}), "left by one who was killed");
  project.merge(true).value();
  CHECK(files_in(store.paths().changes_folder()).size() == 1);
}

TEST_CASE("a project of before changes were kept begins with what it folds from then on") {
  const TestStore store(sealing_after(10));
  {
    const Project project = store.open();
    fold(project, "a");
    stash_many(project, "b", 3);
  }
  // As an older version would have left it.
  catalog::Manifest manifest = store.manifest();
  manifest.changes.clear();
  manifest.changes_after = Lsn::make(manifest.logs.front().id.sequence, 0);
  catalog::write_manifest(store.paths().manifest(), manifest).value();
  std::filesystem::remove_all(store.paths().changes_folder());
  Project project = store.open();
  project.merge(false).value();
  CHECK(kept(store).size() == 1);
  const Changes changes = project.snapshot().value().changes().value();
  CHECK(changes.kept_after == manifest.changes_after.value);
  CHECK(changes.batches.size() == 1);
}

}  // namespace
}  // namespace shale::store

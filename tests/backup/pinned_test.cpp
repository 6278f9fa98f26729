#include "backup/pinned.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::testing {
namespace {

using backup::PinnedProject;

// A shard with overlays, a sealed log and an active one.
void fill(const TestStore& store) {
  Project project = store.open();
  stash_many(project, "a", 6);
  project.merge(true).value();
  stash(project, "a1", "second");
  erase(project, "a2");
  update(project, "a3", [] {
    Update changes;
    changes.pinned = true;
    return changes;
  }());
  stash_many(project, "b", 3);
}

TEST_CASE("pinned: what a manifest names is open, logs end with the snapshot") {
  const TestStore store(sealing_after(4));
  fill(store);
  Project project = store.open();
  const Snapshot snapshot = project.snapshot().value();
  int calls = 0;
  const auto take = [&](const PinnedProject& pinned) -> Result<void> {
    ++calls;
    CHECK(pinned.folder == "default");
    CHECK(pinned.lsn == snapshot.lsn());
    CHECK(pinned.manifest.edition == snapshot.edition());
    CHECK(pinned.manifest.next_lsn.value >= pinned.lsn);
    CHECK(pinned.manifest.shards == store.manifest().shards);
    const auto files = backup::immutable_files(store.paths(), pinned.manifest);
    REQUIRE(pinned.files.size() == files.size());
    for (usize i = 0; i < files.size(); ++i) {
      CHECK(pinned.files[i].path == files[i]);
      CHECK(store.paths().folder / pinned.files[i].name == files[i]);
      CHECK(pinned.files[i].bytes == std::filesystem::file_size(files[i]));
    }
    REQUIRE(!pinned.logs.empty());
    REQUIRE(pinned.logs.size() == pinned.manifest.logs.size());
    for (usize i = 0; i < pinned.logs.size(); ++i) {
      const catalog::LogEntry& entry = pinned.manifest.logs[i];
      CHECK(pinned.logs[i]->id() == entry.id);
      CHECK(entry.sealed_end > delta::log_header_bytes);
    }
    CHECK(pinned.manifest.logs.back().last_lsn.value == pinned.lsn);
    return {};
  };
  backup::with_pinned(project, take).value();
  CHECK(calls == 1);
}

TEST_CASE("pinned: a log without a batch is left out") {
  const TestStore store;
  Project project = store.open();
  backup::with_pinned(project, [](const PinnedProject& pinned) -> Result<void> {
    CHECK(pinned.logs.empty());
    CHECK(pinned.manifest.logs.empty());
    CHECK(pinned.files.empty());
    return {};
  }).value();
}

TEST_CASE("pinned: a file that a merge retired sends the caller to the next edition") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 5);
  project.merge(true).value();
  std::vector<u64> editions;
  const auto take = [&](const PinnedProject& pinned) -> Result<void> {
    editions.push_back(pinned.manifest.edition);
    if (editions.size() > 1) return {};
    stash_many(project, "b", 5);
    project.merge(true).value();
    CHECK(pinned.files.at(0).file.size().value() == pinned.files[0].bytes);  // open still
    return Unexpected{File::open(pinned.files[0].path, File::Mode::read).error()};
  };
  backup::with_pinned(project, take).value();
  REQUIRE(editions.size() == 2);
  CHECK(editions[1] > editions[0]);
}

TEST_CASE("pinned: a file that is missing and was not retired is damage") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 5);
  project.merge(true).value();
  const path shard = store.paths().shard(store.manifest().shards[0].id);
  std::filesystem::remove(shard);
  const auto taken =
      backup::with_pinned(project, [](const PinnedProject&) -> Result<void> { return {}; });
  REQUIRE(!taken);
  CHECK(taken.error().code == ErrorCode::corrupt);
  CHECK(taken.error().path == shard.string());
}

TEST_CASE("pinned: errors of the caller's own are passed on at once") {
  const TestStore store;
  Project project = store.open();
  int calls = 0;
  const auto taken = backup::with_pinned(project, [&](const PinnedProject&) -> Result<void> {
    ++calls;
    return fail_at(ErrorCode::not_found, "the target's disk is gone", "/elsewhere/file");
  });
  REQUIRE(!taken);
  CHECK(taken.error().path == "/elsewhere/file");
  CHECK(calls == 1);
}

TEST_CASE("pinned: a damaged project is refused") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 5);
    project.merge(true).value();
  }
  const path shard = store.paths().shard(store.manifest().shards[0].id);
  std::filesystem::resize_file(shard, 100);
  for (const StoreOptions& options : {StoreOptions(), reading()}) {
    Project project = store.open(options);
    const auto taken =
        backup::with_pinned(project, [](const PinnedProject&) -> Result<void> { return {}; });
    REQUIRE(!taken);
    CHECK(taken.error().code == ErrorCode::corrupt);
    CHECK(taken.error().path == shard.string());
  }
}

}  // namespace
}  // namespace shale::testing

#include "sync/change_writer.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

FileChanges stashes(const std::string& id, usize count, usize bytes) {
  FileChanges changes;
  for (usize i = 0; i < count; ++i) {
    NewSegment segment;
    segment.id = id + std::to_string(i);
    segment.text = std::string(bytes, 'x');
    changes.stashed.push_back(std::move(segment));
  }
  return changes;
}

u64 count(Mirrored& mirrored) {
  return mirrored.project().snapshot().value().count().value().count;
}

}  // namespace

TEST_CASE("change writer: all of a file in one batch, batches bounded") {
  Mirrored mirrored;
  ChangeWriter writer(mirrored.project(), 0);
  const u64 before = mirrored.project().stats().value().committed_lsn;
  REQUIRE(writer.add(stashes("a", 100, 10)));
  CHECK(count(mirrored) == 0);
  REQUIRE(writer.add(stashes("b", 4000, 10)));  // over the changes of a batch
  CHECK(count(mirrored) == 4100);
  REQUIRE(writer.add(stashes("c", 3, 3u << 20)));  // over its bytes
  CHECK(count(mirrored) == 4103);
  FileChanges others;
  others.updated.push_back({"a0", {.pinned = true}});
  others.erased = {"a1", "absent"};
  REQUIRE(writer.add(std::move(others)));
  REQUIRE(writer.flush());
  CHECK(count(mirrored) == 4102);
  CHECK(mirrored.metadata("a0").pinned);
  CHECK(mirrored.project().stats().value().shards == 0);
  const u64 after = mirrored.project().stats().value().committed_lsn;
  REQUIRE(writer.flush());  // of nothing
  CHECK(mirrored.project().stats().value().committed_lsn == after);
  CHECK(after > before);
}

TEST_CASE("change writer: where much is new, new files go straight to a shard") {
  Mirrored mirrored;
  REQUIRE(mirrored.project().ingest([] {
    Batch batch;
    batch.stash({.id = "old", .text = "x"});
    return batch;
  }()));
  ChangeWriter writer(mirrored.project(), 100u << 20);
  REQUIRE(writer.add(stashes("a", 2, 10)));
  FileChanges changed = stashes("b", 1, 10);
  changed.erased = {"old"};
  REQUIRE(writer.add(std::move(changed)));
  REQUIRE(writer.flush());
  const ProjectStats stats = mirrored.project().stats().value();
  CHECK(stats.segments == 3);
  CHECK(stats.shards == 2);
  CHECK(stats.delta_segments == 1);
}

}  // namespace shale::sync

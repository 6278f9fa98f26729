#include "unite/side.hpp"

#include "tests/unite/unite_fixture.hpp"

using namespace shale;
using namespace shale::unite;
using namespace shale::testing;

TEST_CASE("side: live segments, whether in shards or logs, as they are stored") {
  const TestStore store(counting_config());
  Project project = store.open();
  stash_many(project, "s", 1500);
  project.merge(true).value();
  stash(project, "s3", "second");
  stash(project, "new", "a text of the log");
  erase(project, "s4");
  Update change;
  change.pinned = true;
  update(project, "s5", change);

  const Side side = Side::of(project.snapshot().value()).value();
  std::map<std::string, std::string> seen;
  u64 bytes = 0;
  REQUIRE(side.each([&](const Side::Found& found) -> Result<void> {
    const std::string text = side.text(found.at).value();
    CHECK(text.size() == found.text_bytes);
    CHECK(side.text_bytes(found.at).value() == found.text_bytes);
    bytes += text.size();
    seen[found.version.metadata.id] = text;
    return {};
  }));
  CHECK(seen == contents(project));
  CHECK(side.size().value().segments == 1500);
  CHECK(side.size().value().text_bytes == bytes);

  CHECK(side.find("s5").value()->version.metadata.pinned);
  CHECK(side.text(side.find("s3").value()->at).value() == "second");
  CHECK_FALSE(side.find("s4").value());
  CHECK_FALSE(side.has("s4").value());
  CHECK(side.has("s3").value());
  // Nobody has counted it yet, though a reader is told a count.
  CHECK_FALSE(side.find("new").value()->version.metadata.tokens);
  CHECK(metadata_of_id(project, "new").tokens);
  CHECK(side.check_still_there());
}

TEST_CASE("side: a visit that fails ends the walk") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "s", 10);
  const Side side = Side::of(project.snapshot().value()).value();
  int visits = 0;
  const auto walked = side.each([&](const Side::Found&) -> Result<void> {
    ++visits;
    return fail(ErrorCode::cancelled, "enough");
  });
  CHECK_FALSE(walked);
  CHECK(visits == 1);
}

TEST_CASE("side: damage is an error that names the file") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "s", 10);
    project.merge(true).value();
  }
  const path shard = store.paths().shard(store.manifest().shards.front().id);
  std::filesystem::resize_file(shard, 100);
  const Project project = store.open(reading());
  const auto side = Side::of(project.snapshot().value());
  REQUIRE_FALSE(side);
  CHECK(side.error().code == ErrorCode::corrupt);
  CHECK(side.error().path == shard.string());
}

#include "store/project_stats.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("stats count what is live, where it lies and what it takes") {
  const TestStore store;
  Project project = store.open();
  for (int n = 0; n < 4; ++n) {
    NewSegment one = segment("a" + std::to_string(n), std::string(100, 'x'));
    if (n > 0) one.tokens = unsigned(10 * n);
    stash(project, one);
  }
  project.merge(false).value();
  stash(project, "a0", "1234567");
  erase(project, "a1");
  const Committed last = stash(project, "b", "123", Durability::full);
  const ProjectStats stats = project.stats().value();
  CHECK(stats.segments == 4);
  CHECK(stats.text_bytes == 200 + 7 + 3);
  CHECK(stats.tokens == 20 + 30);
  CHECK(stats.superseded == 2);
  CHECK(stats.shards == 1);
  CHECK(stats.logs == 1);
  CHECK(stats.delta_segments == 2);
  CHECK(stats.edition == store.manifest().edition);
  CHECK(stats.committed_lsn == last.lsn);
  CHECK(stats.durable_lsn == last.lsn);
  CHECK(stats.ingested_bytes == 400);
  CHECK(stats.written_bytes == store.manifest().shards[0].file_bytes);
  CHECK(stats.disk_bytes > stats.written_bytes);
  u64 sections = 0;
  for (const SectionBytes& section : stats.sections) sections += section.bytes;
  CHECK(sections > 0);
  CHECK(sections <= stats.written_bytes);
}

TEST_CASE("what a power cut could take back is told with its age") {
  const TestStore store;
  Project project = store.open();
  const Committed durable = stash(project, "a", "text", Durability::full);
  CHECK(project.stats().value().durable_lag_bytes == 0);
  CHECK(project.stats().value().durable_lag_us == 0);
  const i64 before = now_microseconds();
  stash(project, "b", "text", Durability::relaxed);
  const i64 after = now_microseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Committed last = stash(project, "c", "text", Durability::relaxed);
  const i64 asked = now_microseconds();
  const ProjectStats stats = project.stats().value();
  CHECK(stats.durable_lag_bytes == last.lsn - durable.lsn);
  CHECK(i64(stats.durable_lag_us) >= asked - after);  // since `b`, not since `c`
  CHECK(i64(stats.durable_lag_us) <= now_microseconds() - before);
  project.sync().value();
  CHECK(project.stats().value().durable_lag_bytes == 0);
  CHECK(project.stats().value().durable_lag_us == 0);
}

TEST_CASE("logs and shards are told by what they are") {
  store::StoreConfig config = sealing_after(2);
  config.shard_by = "month";
  const TestStore store(config);
  Project project = store.open();
  stash_many(project, "a", 2);
  stash(project, "b", "12345");
  ProjectStats stats = project.stats().value();
  CHECK(stats.sealed_logs == 1);
  CHECK(stats.logs == 2);
  CHECK(stats.delta_segments == 3);
  CHECK(stats.delta_bytes == stats.text_bytes);
  CHECK(stats.log_bytes > 0);
  CHECK(stats.log_bytes < stats.disk_bytes);
  CHECK(stats.shard_groups.empty());
  project.merge(true).value();
  stash(project, "c", "123");
  stats = project.stats().value();
  CHECK(stats.delta_bytes == 3);
  REQUIRE(stats.shard_groups.size() == 1);
  const ShardGroup& group = stats.shard_groups[0];
  CHECK(group.month == 202311);
  CHECK(group.shards == 1);
  CHECK(group.segments == 3);
  CHECK(group.text_bytes == stats.text_bytes - 3);
  CHECK(group.file_bytes == store.manifest().shards[0].file_bytes);
}

TEST_CASE("tokens counted later count") {
  const TestStore store;
  Project project = store.open();
  NewSegment one = segment("a", "text");
  one.tokens = 5;
  stash(project, one);
  stash(project, "b", "text");
  stash(project, "c", "text");
  CHECK(project.stats().value().tokens == 5);
  update(project, "a", {.tokens = 7});
  update(project, "b", {.tokens = 100});
  update(project, "c", {.tokens = 1000});
  erase(project, "c");
  CHECK(project.stats().value().tokens == 107);
  project.merge(false).value();
  CHECK(project.stats().value().tokens == 107);
  project.merge(true).value();
  CHECK(project.stats().value().tokens == 107);
}

TEST_CASE("an empty project has figures too") {
  const TestStore store;
  const ProjectStats stats = store.open().stats().value();
  CHECK(stats.segments == 0);
  CHECK(stats.shards == 0);
  CHECK(stats.logs == 1);
  CHECK(stats.edition >= 1);
}

// Two shards and a log, each with its own words.
void fill(const TestStore& store) {
  Project project = store.open();
  for (const char* stem : {"one", "two"}) {
    Batch batch;
    for (int n = 0; n < 300; ++n) {
      std::string text = std::string(stem) + " common";
      for (int i = 0; i < 30; ++i) text += " " + std::to_string(n * 31 + i * 7);
      batch.stash(segment(stem + std::to_string(n), text));
    }
    project.commit(batch).value();
    project.merge(false).value();
  }
  stash_many(project, "log", 20);
}

TEST_CASE("a sound project verifies without faults, and every byte is read") {
  const TestStore store;
  fill(store);
  Project project = store.open();
  u64 reported = 0;
  const Verified verified = project
                                .verify([&](const Progress& progress) {
                                  CHECK(progress.done_bytes >= reported);
                                  reported = progress.done_bytes;
                                  return true;
                                })
                                .value();
  CHECK(verified.faults.empty());
  u64 shards = 0;
  for (const auto& entry : store.manifest().shards) shards += entry.file_bytes;
  CHECK(verified.checked_bytes > shards * 9 / 10);
  CHECK(reported > 0);
}

TEST_CASE("a flipped byte anywhere in a shard is found; the other segments still answer") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TestStore store;
  fill(store);
  const catalog::Manifest manifest = store.manifest();
  const path file = store.paths().shard(manifest.shards[0].id);
  for (int round = 0; round < 25; ++round) {
    const u64 offset = random() % manifest.shards[0].file_bytes;
    INFO("offset " << offset << " of " << manifest.shards[0].file_bytes);
    flip_byte(file, offset);
    {
      Project project = store.open();
      const Verified verified = project.verify().value();
      REQUIRE(!verified.faults.empty());
      CHECK(verified.faults[0].file == file.string());
      CHECK(!verified.faults[0].section.empty());
      CHECK(verified.faults[0].project == "default");
      CHECK(text_of(project, "two7").starts_with("two common"));
      CHECK(text_of(project, "log7") == "text log number 7");
      CHECK(found_ids(project, "two").size() == 300);
    }
    flip_byte(file, offset);
  }
  CHECK(store.open().verify().value().faults.empty());
}

TEST_CASE("a damaged text hides that segment alone, and says which") {
  const TestStore store;
  fill(store);
  const path file = store.paths().shard(store.manifest().shards[0].id);
  flip_byte(file, 64 + 300);  // the texts come first in a shard
  Project project = store.open();
  const Snapshot now = project.snapshot().value();
  usize damaged = 0;
  for (int n = 0; n < 300; ++n) {
    const auto found = now.get("one" + std::to_string(n));
    if (found) continue;
    CHECK(found.error().code == ErrorCode::corrupt);
    ++damaged;
  }
  CHECK(damaged == 1);
  std::vector<std::string> ids;
  for (int n = 0; n < 300; ++n) ids.push_back("one" + std::to_string(n));
  const Fetched fetched = now.get_many(ids).value();
  CHECK(fetched.segments.size() == 299);
  REQUIRE(fetched.faults.size() == 1);
  CHECK(fetched.faults[0].ids.size() == 1);
  CHECK(fetched.faults[0].file == file.string());
  const Answer answer = now.search({.text = "common", .limit = 1000}).value();
  CHECK(answer.total == 600);
  CHECK(answer.hits.size() == 599);
  CHECK(answer.faults.size() == 1);
}

TEST_CASE("a shard that is cut or gone is a fault; the rest answers, absent is not claimed") {
  const TestStore store;
  fill(store);
  const path file = store.paths().shard(store.manifest().shards[0].id);
  SECTION("cut") { std::filesystem::resize_file(file, 5000); }
  SECTION("gone") { std::filesystem::remove(file); }
  SECTION("empty") { write_text(file, ""); }
  SECTION("another shard") {
    std::filesystem::copy_file(store.paths().shard(store.manifest().shards[1].id), file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  for (const bool read_only : {false, true}) {
    INFO("read only " << read_only);
    Project project = store.open(read_only ? reading() : StoreOptions{});
    const Snapshot now = project.snapshot().value();
    const Count count = now.count().value();
    CHECK(count.count == 320);
    REQUIRE(count.faults.size() == 1);
    CHECK(count.faults[0].file == file.string());
    CHECK(text_of(now, "two7").starts_with("two common"));
    CHECK(now.get("one7").error().code == ErrorCode::corrupt);
    const Answer answer = now.search({.text = "two", .limit = 1000}).value();
    CHECK(answer.hits.size() == 300);
    CHECK(answer.faults.size() == 1);
    CHECK(project.verify().value().faults.size() == 1);
  }
}

TEST_CASE("a damaged dead file hides its whole shard: the dead are never shown") {
  const TestStore store;
  fill(store);
  const FileId shard = store.manifest().shards[0].id;
  {
    Project project = store.open();
    erase(project, "one7");
    project.merge(false).value();
  }
  const path file = store.paths().dead(shard, 1);
  flip_byte(file, std::filesystem::file_size(file) - 1);
  const Snapshot now = store.open().snapshot().value();
  const Count count = now.count().value();
  CHECK(count.count == 320);
  REQUIRE(count.faults.size() == 1);
  CHECK(count.faults[0].file == file.string());
  CHECK(!now.get("one7").has_value());
}

TEST_CASE("a log that is cut or damaged while open is found by verify") {
  const TestStore store;
  fill(store);
  Project project = store.open();
  CHECK(count_of(project) == 620);
  SECTION("cut") {
    std::filesystem::resize_file(store.active_log(), delta::log_header_bytes + 100);
  }
  SECTION("flipped") { flip_byte(store.active_log(), delta::log_header_bytes + 100); }
  const Verified verified = project.verify().value();
  REQUIRE(verified.faults.size() == 1);
  CHECK(verified.faults[0].section == "log");
  CHECK(verified.faults[0].file == store.active_log().string());
  CHECK(text_of(project, "two7").starts_with("two common"));
}

TEST_CASE("a verification can be ended") {
  const TestStore store;
  fill(store);
  Project project = store.open();
  CHECK(project.verify([](const Progress&) { return false; }).error().code == ErrorCode::cancelled);
  std::stop_source stop;
  stop.request_stop();
  CHECK(project.verify({}, stop.get_token()).error().code == ErrorCode::cancelled);
}

}  // namespace
}  // namespace shale::store

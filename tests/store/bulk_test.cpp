#include "store/bulk.hpp"

#include <atomic>
#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

std::vector<NewSegment> many(const std::string& stem, int count, const std::string& text) {
  std::vector<NewSegment> segments;
  for (int n = 0; n < count; ++n) {
    segments.push_back(segment(stem + std::to_string(n), text + " " + std::to_string(n)));
  }
  return segments;
}

TEST_CASE("a bulk ingest is one shard, visible and durable when it returns") {
  const TestStore store;
  Project project = store.open();
  const Committed first = stash(project, "before", "text");
  const Committed done = ingest(project, many("a", 100, "bulk"));
  CHECK((done.stashed == 100 && done.replaced == 0));
  CHECK(done.lsn > first.lsn);
  const ProjectStats stats = project.stats().value();
  CHECK(stats.shards == 1);
  CHECK(stats.segments == 101);
  CHECK(stats.durable_lsn == done.lsn);
  CHECK(stats.committed_lsn == done.lsn);
  CHECK(stats.ingested_bytes == 100 * 5 + 10 * 1 + 90 * 2);
  CHECK(text_of(project, "a42") == "bulk 42");
  CHECK(found_ids(project, "bulk").size() == 100);
  CHECK(found_ids(project, "42") == std::vector<std::string>{"a42"});
  const Committed after = stash(project, "after", "text");
  CHECK(after.lsn > done.lsn);
  CHECK(count_of(store.open()) == 102);
}

TEST_CASE("a bulk ingest supersedes what stands in logs and shards") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 4);
  project.merge(false).value();
  stash_many(project, "b", 4);
  erase(project, "a3");
  const Snapshot before = project.snapshot().value();
  const Committed done = ingest(project, {segment("a1", "new"), segment("b1", "new"),
                                          segment("a3", "new"), segment("c", "new")});
  CHECK((done.stashed == 4 && done.replaced == 2));
  CHECK(count_of(project) == 9);
  CHECK(found_ids(project, "new") == std::vector<std::string>{"a1", "a3", "b1", "c"});
  CHECK(text_of(before, "a1") == "text a number 1");
  CHECK(text_of(before, "b1") == "text b number 1");
  CHECK(text_of(before, "c") == "(none)");
  CHECK(store.manifest().shards[0].dead.has_value());
  stash(project, "a1", "newest");
  erase(project, "b1");
  update(project, "c", {.pinned = true});
  CHECK(text_of(project, "a1") == "newest");
  CHECK(text_of(project, "b1") == "(none)");
  CHECK(metadata_of_id(project, "c").pinned);
  const Contents now = contents(project);
  project.merge(true).value();
  CHECK(contents(project) == now);
}

TEST_CASE("of one id twice in a bulk ingest the last one stays") {
  const TestStore store;
  Project project = store.open();
  std::vector<NewSegment> segments = many("a", 10, "first");
  for (NewSegment& one : many("a", 5, "second")) segments.push_back(one);
  const Committed done = ingest(project, segments);
  CHECK(done.stashed == 10);
  CHECK(count_of(project) == 10);
  CHECK(text_of(project, "a2") == "second 2");
  CHECK(text_of(project, "a7") == "first 7");
}

TEST_CASE("a bulk ingest of several pieces is visible all at once") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  const std::string body(1'000'000, 'x');
  Batch batch;  // 100 texts of 1 MB: more than one piece of 80 MiB
  for (int n = 0; n < 100; ++n) {
    batch.stash(segment("a" + std::to_string(n), "n" + std::to_string(n) + " " + body));
  }
  batch.stash(segment("a3", "replaced in a later piece"));
  std::vector<u64> seen;
  std::vector<u64> reported;
  const Committed done = project
                             .ingest(batch,
                                     [&](const Progress& progress) {
                                       seen.push_back(count_of(project));
                                       reported.push_back(progress.segments);
                                       return true;
                                     })
                             .value();
  CHECK(done.stashed == 100);
  CHECK(seen == std::vector<u64>(seen.size(), 0));
  REQUIRE(reported.size() == 2);
  CHECK(reported.back() == 100);
  CHECK(store.manifest().shards.size() == 2);
  CHECK(count_of(project) == 100);
  CHECK(text_of(project, "a3") == "replaced in a later piece");
  CHECK(found_ids(project, "n99") == std::vector<std::string>{"a99"});
}

TEST_CASE("a bulk ingest takes new segments only, and checks them") {
  const TestStore store;
  Project project = store.open();
  Batch mixed;
  mixed.stash(segment("a", "text"));
  mixed.erase("b");
  CHECK(project.ingest(mixed).error().code == ErrorCode::invalid_argument);
  Batch bad;
  bad.stash(segment("a", "text"));
  bad.stash(segment("", "text"));
  CHECK(project.ingest(bad).error().code == ErrorCode::invalid_argument);
  CHECK(project.ingest(Batch{}).value().stashed == 0);
  CHECK(count_of(project) == 0);
  CHECK(files_in(store.paths().shard_folder()).empty());
}

TEST_CASE("a cancelled bulk ingest changes nothing") {
  const TestStore store;
  Project project = store.open();
  Batch batch;
  for (const NewSegment& one : many("a", 10, "text")) batch.stash(one);
  const catalog::Manifest before = store.manifest();
  CHECK(project.ingest(batch, [](const Progress&) { return false; }).error().code ==
        ErrorCode::cancelled);
  std::stop_source stop;
  stop.request_stop();
  CHECK(project.ingest(batch, {}, stop.get_token()).error().code == ErrorCode::cancelled);
  CHECK(store.manifest() == before);
  CHECK(count_of(project) == 0);
  CHECK(files_in(store.paths().shard_folder()).empty());
}

TEST_CASE("bulk segments keep their metadata") {
  const TestStore store;
  Project project = store.open();
  NewSegment one = segment("a", "text");
  one.type = "code";
  one.file = "src/a.cpp";
  one.line_range = LineRange{3, 9};
  one.tags = {"x", "y"};
  one.tokens = 12;
  one.pinned = true;
  one.attrs["n"] = std::int64_t(7);
  ingest(project, {one});
  const Metadata found = metadata_of_id(project, "a");
  CHECK(found.type == "code");
  CHECK(found.file == "src/a.cpp");
  CHECK(found.line_range == LineRange{3, 9});
  CHECK(found.tags == std::vector<std::string>{"x", "y"});
  CHECK(found.attrs == one.attrs);
  CHECK(count_of(project, "pinned:true tokens:12 tag:y attr.n:7") == 1);
}

TEST_CASE("bulk ingests over many sealed logs hide every old version") {
  const TestStore store(sealing_after(5));
  Project project = store.open();
  for (int n = 0; n < 40; ++n) stash(project, "a" + std::to_string(n), "old");
  REQUIRE(store.manifest().logs.size() > 4);
  const Committed done = ingest(project, many("a", 40, "new"));
  CHECK(done.replaced == 40);
  CHECK(count_of(project) == 40);
  CHECK(found_ids(project, "old").empty());
  store.reboot();
  CHECK(found_ids(store.open(), "old").empty());
  CHECK(found_ids(store.open(), "new").size() == 40);
}

TEST_CASE("commits made while a bulk ingest runs are superseded or kept, never doubled") {
  const TestStore store;
  const auto state = store.state();
  stash_many(Project(state), "a", 50);
  std::atomic<bool> done{false};
  std::thread writing([&] {
    const auto other = store.state();
    for (int n = 0; !done; ++n) {
      stash(Project(other), "a" + std::to_string(n % 50), "by the writer");
      if (n % 25 == 24) (void)Project(other).merge(false);
    }
  });
  for (int round = 0; round < 8; ++round) ingest(Project(state), many("a", 50, "bulk"));
  done = true;
  writing.join();
  CHECK(count_of(Project(state)) == 50);
  CHECK(contents(Project(state)).size() == 50);
  const Contents now = contents(Project(state));
  store.reboot();
  CHECK(contents(store.open(reading())) == now);
}

}  // namespace
}  // namespace shale::store

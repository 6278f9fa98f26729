#include "store/logged_batches.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace shale::testing;

std::vector<ChangedBatch> batches_of(const TestStore& store, Lsn since,
                                     const std::vector<catalog::IngestEntry>& ingests,
                                     usize at_most = 100,
                                     const std::vector<catalog::DropEntry>& drops = {}) {
  catalog::Manifest manifest = store.manifest();
  manifest.ingests = ingests;
  manifest.drops = drops;
  const auto log =
      delta::LogReader::open(store.active_log(), manifest.project_id, manifest.logs.back().id)
          .value();
  const u64 end =
      log.scan(0, [](const auto&, Bytes) -> Result<void> { return {}; }).value().end.offset;
  std::vector<ChangedBatch> batches;
  read_batches(log, since, end, manifest, [&](ChangedBatch&& batch) -> Result<bool> {
    batches.push_back(std::move(batch));
    return batches.size() < at_most;
  }).value();
  return batches;
}

TEST_CASE("frames are told with who wrote them and when") {
  const TestStore store;
  Project project = store.open();
  const i64 before = now_microseconds();
  const u64 first = stash(project, "a", "one").lsn;
  const u64 second = stash_many(project, "a", 2).lsn;
  const std::vector<ChangedBatch> batches = batches_of(store, {}, {});
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].lsn == first);
  CHECK(batches[1].lsn == second);
  for (const ChangedBatch& batch : batches) {
    CHECK(batch.pid == u32(::getpid()));
    CHECK(batch.committed_at >= before);
    CHECK(batch.committed_at <= now_microseconds());
    CHECK_FALSE(batch.is_ingest);
  }
  CHECK(batches[1].changes ==
        std::vector<Change>{{ChangeKind::stashed, "a0"}, {ChangeKind::stashed, "a1"}});
  CHECK(batches_of(store, {first}, {}).size() == 1);
  CHECK(batches_of(store, {}, {}, 1).size() == 1);
}

TEST_CASE("a bulk ingest's frame is a batch where the manifest says so alone") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "one");
  ingest(project, {segment("a", "two"), segment("b", "three")});
  const std::vector<catalog::IngestEntry> ingests = store.manifest().ingests;
  REQUIRE(ingests.size() == 1);
  const std::vector<ChangedBatch> batches = batches_of(store, {}, ingests);
  REQUIRE(batches.size() == 2);
  CHECK(batches[1].is_ingest);
  CHECK(batches[1].stashed == 2);
  CHECK(batches[1].superseded == 1);
  CHECK(batches[1].pid == u32(::getpid()));
  CHECK(batches[1].changes.empty());
  CHECK(batches_of(store, {}, {}).size() == 1);
}

TEST_CASE("so is that of a drop") {
  const TestStore store;
  Project project = store.open();
  ingest(project, {segment("a", "one")});
  const catalog::IngestEntry ingest = store.manifest().ingests.front();
  const std::vector<ChangedBatch> batches =
      batches_of(store, {}, {}, 100, {{ingest.log, ingest.lsn, 5, 6, 7, -8, 9}});
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].is_drop);
  CHECK_FALSE(batches[0].is_ingest);
  CHECK(batches[0].lsn == ingest.lsn.value);
  CHECK(batches[0].dropped == 7);
  CHECK(batches[0].created_first == -8);
  CHECK(batches[0].created_last == 9);
}

TEST_CASE("a log ends for a reader where it is sealed, or where what is committed ends") {
  const catalog::LogEntry sealed{{3, 1}, 8192, 0, {}};
  const catalog::LogEntry active{{4, 1}, 0, 0, {}};
  CHECK(visible_end(sealed, Lsn::make(4, 5000)) == 8192);
  CHECK(visible_end(active, Lsn::make(4, 5000)) == 5000);
  CHECK(visible_end(active, Lsn::make(3, 8192)) == delta::log_header_bytes);
}

}  // namespace
}  // namespace shale::store

#include "store/publish.hpp"

#include <thread>

#include "base/system.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

void seal(Project::State& state) {
  Lease lease = Lease::acquire(state, "seal").value();
  seal_active_log(lease).value();
}

bool is_due(Project::State& state, u64 text_bytes, u64 documents) {
  Lease lease = Lease::acquire(state, "test").value();
  return seal_is_due(lease, text_bytes, documents).value();
}

TEST_CASE("a seal makes an edition with the old log sealed and a new one to write to") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  const Committed done = stash(project, "a", "one");
  const catalog::Manifest before = store.manifest();
  seal(*state);
  const catalog::Manifest after = store.manifest();
  CHECK(after.edition == before.edition + 1);
  REQUIRE(after.logs.size() == 2);
  CHECK(after.logs[0].id == before.logs[0].id);
  CHECK(after.logs[0].sealed_end == Lsn{done.lsn}.offset());
  CHECK(after.logs[0].last_lsn.value == done.lsn);
  CHECK(after.logs[0].checksum != 0);
  CHECK(after.logs[1].sealed_end == 0);
  CHECK(after.logs[1].id.sequence > after.logs[0].id.sequence);
  CHECK(after.logs[1].id.random != after.logs[0].id.random);
  CHECK(after.next_sequence > after.logs[1].id.sequence);
  CHECK(after.next_lsn.value >= done.lsn);
  CHECK(project.stats().value().durable_lsn == done.lsn);  // sealed means durable
  CHECK(project.snapshot().value().edition() == after.edition);
}

TEST_CASE("what was committed survives a seal, and later LSNs are greater") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  u64 last = 0;
  for (int round = 0; round < 4; ++round) {
    const Committed done = stash_many(project, "r" + std::to_string(round) + "-", 3);
    CHECK(done.lsn > last);
    last = done.lsn;
    seal(*state);
  }
  stash(project, "r0-1", "changed across logs");
  erase(project, "r1-1");
  CHECK(count_of(project) == 11);
  CHECK(text_of(project, "r0-1") == "changed across logs");
  CHECK(store.manifest().logs.size() == 5);
  CHECK(contents(store.open()) == contents(project));
}

TEST_CASE("an empty log is not sealed") {
  const TestStore store;
  const auto state = store.state();
  const u64 edition = store.manifest().edition;
  seal(*state);
  CHECK(store.manifest().edition == edition);
  stash(Project(state), "a", "text");
  seal(*state);
  seal(*state);
  CHECK(store.manifest().edition == edition + 1);
}

TEST_CASE("a seal is due by documents") {
  const TestStore store(sealing_after(10));
  const auto state = store.state();
  CHECK(!is_due(*state, 0, 1000));  // an empty log takes what comes
  stash_many(Project(state), "a", 4);
  CHECK(!is_due(*state, 0, 6));
  CHECK(is_due(*state, 0, 7));
}

TEST_CASE("a seal is due by text") {
  StoreConfig config;
  config.delta_text_bytes = 100'000;
  const TestStore store(config);
  const auto state = store.state();
  stash(Project(state), "a", std::string(60'000, 'x'));
  CHECK(!is_due(*state, 40'000, 1));
  CHECK(is_due(*state, 40'001, 1));
}

TEST_CASE("a seal is due by the log's length, updates included") {
  StoreConfig config;
  config.delta_text_bytes = 4096;
  const TestStore store(config);
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  CHECK(!is_due(*state, 0, 0));
  for (int i = 0; i < 100; ++i) update(project, "a", {.refcount_added = 1});
  CHECK(store.manifest().logs.size() > 1);
  CHECK(metadata_of_id(project, "a").refcount == 100);
}

TEST_CASE("a seal is due by age, in another process too") {
  StoreConfig config;
  config.delta_age_seconds = 1;
  const TestStore store(config);
  const auto state = store.state();
  stash(Project(state), "a", "text");
  CHECK(!is_due(*state, 0, 0));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  CHECK(is_due(*state, 0, 0));
  CHECK(is_due(*store.state(), 0, 0));
}

TEST_CASE("an edition published by hand is what everybody sees") {
  const TestStore store;
  const auto state = store.state();
  const auto other = store.state();
  stash(Project(state), "a", "text");
  CHECK(text_of(Project(other), "a") == "text");
  const u64 before = Project(other).snapshot().value().edition();
  {
    Lease lease = Lease::acquire(*state, "test").value();
    catalog::Manifest next = lease.view()->edition->manifest;
    next.written_bytes = 4711;
    publish_edition(lease, next).value();
    CHECK(lease.view()->edition->manifest.edition == before + 1);
    CHECK(lease.control().manifest_in_flight() == 0);
    CHECK(!lease.control().change_pending());
  }
  CHECK(Project(other).snapshot().value().edition() == before + 1);
  CHECK(Project(other).stats().value().written_bytes == 4711);
}

TEST_CASE("file ids are taken from the manifest's sequence") {
  catalog::Manifest manifest;
  manifest.next_sequence = 7;
  const FileId a = next_file_id(manifest);
  const FileId b = next_file_id(manifest);
  CHECK(a.sequence == 7);
  CHECK(b.sequence == 8);
  CHECK(manifest.next_sequence == 9);
  CHECK(a.random != b.random);
}

}  // namespace
}  // namespace shale::store

#include "store/edition.hpp"

#include <sys/resource.h>

#include "store/replay.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

// Two shards, the first with dead and patched documents, and a log.
void fill(const TestStore& store) {
  Project project = store.open();
  stash_many(project, "a", 3);
  project.merge(false).value();
  erase(project, "a0");
  update(project, "a1", {.pinned = true});
  stash_many(project, "b", 2);
  project.merge(false).value();
  stash_many(project, "c", 2);
}

EditionRequest request_of(const TestStore& store) {
  EditionRequest request;
  request.paths = store.paths();
  request.manifest = store.manifest();
  request.arenas = [paths = store.paths()](const catalog::LogEntry&, const delta::LogReader&) {
    return make_arena(paths, {}, false, 64);
  };
  return request;
}

TEST_CASE("an edition opens what its manifest names") {
  const TestStore store;
  fill(store);
  const auto edition = open_edition(request_of(store)).value();
  REQUIRE(edition->shards.size() == 2);
  REQUIRE(edition->overlays.size() == 2);
  REQUIRE(edition->logs.size() == 1);
  CHECK(edition->shards[0]->document_count() == 3);
  CHECK(edition->overlays[0]->dead.count() == 1);
  CHECK(edition->overlays[0]->patches.size() == 1);
  CHECK(edition->overlays[1]->dead.empty());
  CHECK(edition->logs[0].arena != nullptr);
  CHECK(edition->faults.empty());
}

TEST_CASE("out of descriptors nothing is answered, and everything once there are some again") {
  const TestStore store;
  fill(store);
  int refused = 0;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  for (const bool read_only : {false, true}) {
    const auto state = store.state(read_only ? reading() : StoreOptions{});
    for (rlim_t most = 0; most < 64; ++most) {
      INFO(most << " descriptors, read only " << read_only);
      state->view = nullptr;
      const rlimit now{.rlim_cur = most, .rlim_max = before.rlim_max};
      ::setrlimit(RLIMIT_NOFILE, &now);
      const auto view = current_view(*state);
      ::setrlimit(RLIMIT_NOFILE, &before);
      refused += int(!view);
      if (view) {
        CHECK((*view)->edition->faults.empty());
      } else {
        CHECK(view.error().code == ErrorCode::io);
        CHECK(view.error().errno_value == EMFILE);
        CHECK(current_view(*state).value()->edition->faults.empty());
      }
    }
    CHECK(Project(state).snapshot().value().count().value().count == 6);
  }
  CHECK(refused > 10);
}

TEST_CASE("what is the same is taken over from the edition before") {
  const TestStore store;
  fill(store);
  const auto first = open_edition(request_of(store)).value();
  EditionRequest request = request_of(store);
  request.previous = first;
  const auto second = open_edition(request).value();
  CHECK(second->shards == first->shards);
  CHECK(second->overlays == first->overlays);
  CHECK(second->logs[0].arena == first->logs[0].arena);
  // Another dead file: the same shard under a new overlay.
  {
    Project project = store.open();
    erase(project, "a2");
    project.merge(false).value();
  }
  request = request_of(store);
  request.previous = first;
  const auto third = open_edition(request).value();
  CHECK(third->shards[0] == first->shards[0]);
  CHECK(third->overlays[0] != first->overlays[0]);
  CHECK(third->overlays[0]->dead.count() == 2);
  CHECK(first->overlays[0]->dead.count() == 1);
}

TEST_CASE("a missing file is an error or a fault, as asked for") {
  const TestStore store;
  fill(store);
  const catalog::Manifest manifest = store.manifest();
  path missing;
  SECTION("a shard") { missing = store.paths().shard(manifest.shards[0].id); }
  SECTION("a dead file") { missing = store.paths().dead(manifest.shards[0].id, 1); }
  SECTION("a patch file") { missing = store.paths().patch(manifest.shards[0].id, 1); }
  SECTION("a log") { missing = store.active_log(); }
  std::filesystem::remove(missing);
  EditionRequest request = request_of(store);
  CHECK(open_edition(request).error().code == ErrorCode::not_found);
  request.missing_is_error = false;
  const auto edition = open_edition(request).value();
  REQUIRE(edition->faults.size() == 1);
  CHECK(edition->faults[0].file == missing.string());
  CHECK(edition->faults[0].project == "default");
  CHECK(edition->shards.size() == 2);
  CHECK(edition->overlays.size() == 2);
  CHECK(edition->logs.size() == 1);
  CHECK(edition->shards[1] != nullptr);
  const bool is_log = missing == store.active_log();
  CHECK((edition->shards[0] == nullptr) == !is_log);
  CHECK((edition->logs[0].arena == nullptr) == is_log);
}

TEST_CASE("a damaged file is a fault") {
  const TestStore store;
  fill(store);
  const catalog::Manifest manifest = store.manifest();
  path damaged;
  u64 offset = 20;
  SECTION("a shard's header") { damaged = store.paths().shard(manifest.shards[0].id); }
  SECTION("a shard's footer") {
    damaged = store.paths().shard(manifest.shards[0].id);
    offset = manifest.shards[0].file_bytes - 20;
  }
  SECTION("a dead file") { damaged = store.paths().dead(manifest.shards[0].id, 1); }
  SECTION("a patch file") { damaged = store.paths().patch(manifest.shards[0].id, 1); }
  SECTION("a log's header") { damaged = store.active_log(); }
  flip_byte(damaged, offset);
  const auto edition = open_edition(request_of(store)).value();
  REQUIRE(edition->faults.size() == 1);
  CHECK(edition->faults[0].file == damaged.string());
}

TEST_CASE("a shard that is not the one MANIFEST names is a fault") {
  const TestStore store;
  fill(store);
  EditionRequest request = request_of(store);
  SECTION("by checksum") { request.manifest.shards[0].checksum ^= 1; }
  SECTION("by its count") { ++request.manifest.shards[0].documents; }
  SECTION("by name") {
    std::filesystem::rename(store.paths().shard(request.manifest.shards[1].id),
                            store.paths().shard(request.manifest.shards[0].id));
    request.missing_is_error = false;
  }
  const auto edition = open_edition(request).value();
  CHECK(!edition->faults.empty());
  CHECK(edition->shards[0] == nullptr);
}

TEST_CASE("an arena that cannot be had is a fault of its log") {
  const TestStore store;
  fill(store);
  EditionRequest request = request_of(store);
  request.arenas = [](const catalog::LogEntry&,
                      const delta::LogReader&) -> Result<std::shared_ptr<delta::Arena>> {
    return fail_at(ErrorCode::corrupt, "stale", "some.idx");
  };
  const auto edition = open_edition(request).value();
  REQUIRE(edition->faults.size() == 1);
  CHECK(edition->faults[0].section == "log");
  CHECK(edition->logs[0].arena == nullptr);
}

TEST_CASE("a fault says what its error said") {
  Error error(ErrorCode::corrupt, "It is broken");
  error.path = "the/file";
  error.offset = 17;
  const Fault fault = fault_of(error, "notes", "text");
  CHECK(fault.project == "notes");
  CHECK(fault.file == "the/file");
  CHECK(fault.section == "text");
  CHECK(fault.offset == 17);
  CHECK(fault.message == "It is broken");
}

}  // namespace
}  // namespace shale::store

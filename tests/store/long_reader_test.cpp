// A reader that stays while the store is merged under it a thousand times: what it holds on to, and
// when it lets go.
#include <fstream>

#include "store/accesses.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale {
namespace {

using namespace testing;

usize open_descriptors() { return files_in("/proc/self/fd").size(); }

// Maps of files that have no name any more: their space comes back when the last of these goes.
usize maps_of_removed_files() {
  std::ifstream maps("/proc/self/maps");
  usize count = 0;
  for (std::string line; std::getline(maps, line);) {
    count += usize(line.find(".shard (deleted)") != std::string::npos ||
                   line.find(".idx (deleted)") != std::string::npos);
  }
  return count;
}

u64 resident_pages() {
  std::ifstream statm("/proc/self/statm");
  u64 size = 0;
  u64 resident = 0;
  statm >> size >> resident;
  return resident;
}

TEST_CASE("a reader alive across a thousand merges stays as small as it was") {
  const TestStore store;
  const auto state = store.state();
  Project reader(state);
  Project writer = store.open();
  stash_many(writer, "kept", 50);
  usize descriptors = 0;
  u64 pages = 0;
  for (int round = 0; round < 1000; ++round) {
    stash(writer, "changing", "version " + std::to_string(round));
    writer.merge(true).value();
    if (round % 50 != 49) continue;
    REQUIRE(text_of(reader, "changing") == "version " + std::to_string(round));
    REQUIRE(found_ids(reader, "kept").size() == 50);
    store::flush_accesses(*state, std::chrono::seconds(5))
        .value();  // as a housekeeper does each second
    if (round == 99) {
      descriptors = open_descriptors();
      pages = resident_pages();
    }
    if (round > 99) CHECK(open_descriptors() <= descriptors);
  }
  const bool counts = !under_address_sanitizer && !under_thread_sanitizer;
  if (counts) CHECK(resident_pages() < pages + 4096);  // 16 MiB for 900 merges
  CHECK(store.manifest().shards.size() == 1);
  CHECK(count_of(reader) == 51);
  CHECK(maps_of_removed_files() <= 2);  // of the writer's view of the edition before the last
}

TEST_CASE("what a merge removed is held by the snapshots of before, and goes with them") {
  const TestStore store;
  const auto state = store.state();
  const auto writing = store.state();
  const Project reader(state);
  Project writer(writing);
  stash_many(writer, "a", 20);
  writer.merge(true).value();
  {
    const Snapshot before = reader.snapshot().value();
    CHECK(text_of(before, "a0") == "text a number 0");
    for (int round = 0; round < 3; ++round) {
      stash(writer, "a0", "version " + std::to_string(round));
      writer.merge(true).value();
    }
    // Neither a descriptor's use nor a map of the old files ends with their names.
    CHECK(text_of(before, "a0") == "text a number 0");
    CHECK(contents(before).size() == 20);
    CHECK(maps_of_removed_files() > 0);
    CHECK(text_of(reader, "a0") == "version 2");
  }
  (void)count_of(writer);
  CHECK(count_of(reader) == 20);
  // Reads that are not written down yet know their segments by the files they were read in.
  store::flush_accesses(*state, std::chrono::seconds(5)).value();
  store::flush_accesses(*writing, std::chrono::seconds(5)).value();
  CHECK(maps_of_removed_files() == 0);
}

}  // namespace
}  // namespace shale

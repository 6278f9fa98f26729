// Twin of src/store/private_view.cpp: stores that are only read.
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

void fill(const Project& project) {
  stash_many(project, "a", 10);
  Project(project).merge(false).value();
  stash_many(project, "b", 10);
  stash(project, "a1", "text changed");
  erase(project, "a2");
  update(project, "a3", {.pinned = true});
  ingest(project, {segment("b3", "text by bulk"), segment("c", "text by bulk")});
  stash(project, "c", "text of the log");
}

TEST_CASE("a read-only store gives the same answers and writes nothing") {
  for (const bool rebooted : {false, true}) {
    INFO("rebooted " << rebooted);
    const TestStore store;
    Contents expected;
    {
      Project project = store.open();
      fill(project);
      expected = contents(project);
    }
    if (rebooted) store.reboot();
    const auto before = listing_of(store.path());
    Project project = store.open(reading());
    CHECK(contents(project) == expected);
    CHECK(count_of(project) == expected.size());
    CHECK(count_of(project, "pinned:true") == 1);
    CHECK(found_ids(project, "text").size() == expected.size());
    CHECK(project.stats().value().segments == expected.size());
    CHECK(project.verify().value().faults.empty());
    project.sync().value();
    Batch batch;
    batch.stash(segment("d", "text"));
    CHECK(project.commit(batch).error().code == ErrorCode::read_only);
    CHECK(project.ingest(batch).error().code == ErrorCode::read_only);
    CHECK(project.merge(true).error().code == ErrorCode::read_only);
    CHECK(listing_of(store.path()) == before);
  }
}

TEST_CASE("opened through Store, a read-only store writes nothing either") {
  const TestStore store;
  fill(store.open());
  const auto before = listing_of(store.path());
  {
    const Store opened = Store::open(store.path(), reading()).value();
    CHECK(opened.projects().value() == std::vector<std::string>{"default"});
    CHECK(count_of(opened.project("default").value()) == 20);
    CHECK(opened.project("another").error().code == ErrorCode::not_found);
  }
  CHECK(listing_of(store.path()) == before);
}

TEST_CASE("a private reader sees a concurrent writer's changes at its next snapshot") {
  const TestStore store(sealing_after(30));
  Project writer = store.open();
  const auto state = store.state(reading());
  const Project reader(state);
  CHECK(count_of(reader) == 0);
  for (int round = 0; round < 12; ++round) {
    INFO("round " << round);
    const std::string id = "r" + std::to_string(round);
    stash(writer, id, "text");
    CHECK(text_of(reader, id) == "text");
    update(writer, id, {.pinned = true});
    CHECK(metadata_of_id(reader, id).pinned);
    if (round % 3 == 0) ingest(writer, {segment("bulk", "round " + std::to_string(round))});
    if (round % 3 == 0) CHECK(text_of(reader, "bulk") == "round " + std::to_string(round));
    if (round % 4 == 1) Project(writer).merge(round % 8 == 1).value();
    CHECK(contents(reader) == contents(writer));
    CHECK(view_of(state) == view_of(state));  // nothing changed, nothing done
  }
}

// A replaced MANIFEST may get the inode of the one before the last.
TEST_CASE("a private reader notices two editions at once") {
  const TestStore store;
  Project writer = store.open();
  stash(writer, "a", "text");
  const Project reader = store.open(reading());
  CHECK(count_of(reader) == 1);
  for (int round = 0; round < 6; ++round) {
    const std::string id = "b" + std::to_string(round);
    for (int n = 0; n <= round; ++n) {
      stash(writer, id, "text " + std::to_string(n));
      writer.merge(n % 2 == 1).value();
    }
    CHECK(contents(reader) == contents(writer));
    CHECK(reader.snapshot().value().edition() == writer.snapshot().value().edition());
  }
}

TEST_CASE("a private durable snapshot ends where the files prove it") {
  const TestStore store;
  Project writer = store.open();
  const auto state = store.state(reading());
  const Project reader(state);
  const auto durable = [&] { return reader.snapshot({.durable_only = true}).value(); };
  CHECK(durable().count().value().count == 0);
  stash(writer, "a", "text", Durability::full);
  CHECK(contents(reader).size() == 1);
  CHECK(contents(durable()).empty());  // durable, but no file says so
  stash(writer, "b", "text");
  CHECK(contents(durable()) == Contents{{"a", "text"}});  // the second batch vouches for the first
  stash(writer, "a", "text two");
  CHECK(contents(durable()) == Contents{{"a", "text"}});
  CHECK(contents(reader) == Contents{{"a", "text two"}, {"b", "text"}});
  writer.merge(false).value();
  CHECK(contents(durable()) == contents(writer));
  CHECK(durable().lsn() == reader.snapshot().value().lsn());
  stash(writer, "c", "text");
  CHECK(contents(durable()).size() == 2);
  ingest(writer, {segment("d", "by bulk")});
  CHECK(contents(durable()) == contents(writer));
  CHECK(state->durable_view == nullptr);
}

TEST_CASE("a private snapshot keeps its answers") {
  const TestStore store;
  Project writer = store.open();
  fill(writer);
  const Project reader = store.open(reading());
  const Snapshot kept = reader.snapshot().value();
  const Contents before = contents(kept);
  stash(writer, "a1", "changed again");
  erase(writer, "b1");
  writer.merge(true).value();
  CHECK(contents(reader) == contents(writer));
  CHECK(contents(kept) == before);
}

TEST_CASE("a store whose folder cannot be written is read") {
  if (::geteuid() == 0) return;  // to whom every folder can be written
  const TestStore store;
  fill(store.open());
  const Contents expected = contents(store.open());
  namespace fs = std::filesystem;
  const auto all = [&](fs::perms rights, fs::perm_options how) {
    for (const auto& entry : fs::recursive_directory_iterator(store.path())) {
      fs::permissions(entry.path(), rights, how);
    }
  };
  all(fs::perms::all & ~(fs::perms::owner_read | fs::perms::owner_exec), fs::perm_options::remove);
  {
    Project project = store.open();
    CHECK(contents(project) == expected);
    Batch batch;
    batch.stash(segment("d", "text"));
    CHECK(project.commit(batch).error().code == ErrorCode::read_only);
  }
  all(fs::perms::owner_write, fs::perm_options::add);
  CHECK(stash(store.open(), "d", "text").stashed == 1);
}

}  // namespace
}  // namespace shale::store

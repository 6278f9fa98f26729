#include <shale/backup.hpp>
#include <shale/stats.hpp>

#include <sys/stat.h>

#include <thread>

#include "tests/backup/backup_fixture.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

struct Fixture {
  TemporaryFolder folder;
  path source = folder / "source";
  path target = folder / "target";
  Store store = Store::open(source, plain_store()).value();
  Project project = store.project("default").value();
};

ErrorCode code_of(const Result<BackedUp>& result) {
  REQUIRE(!result);
  return result.error().code;
}

std::vector<std::string> everything_in(const path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    names.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Both take writes and neither sees those of the other (PROTOCOL A13).
void check_apart(const Store& one, const path& other_folder) {
  const Store other = Store::open(other_folder).value();
  for (const auto& [store, text] : {std::pair(one, "here"), std::pair(other, "there")}) {
    Project project = store.project("default").value();
    stash(project, "new", text, Durability::full);
    stash(project, std::string("only ") + text, text, Durability::full);
    project.merge(true).value();
    stash(project, "s1", text, Durability::full);
  }
  for (const auto& [store, text] : {std::pair(one, "here"), std::pair(other, "there")}) {
    const Saids said = said_by(store);
    CHECK(said.at("new").text == text);
    CHECK(said.at("s1").text == text);
    CHECK(said.contains("only here") == (std::string(text) == "here"));
    CHECK(said.contains("only there") == (std::string(text) == "there"));
    CHECK(faults_of(store).empty());
  }
}

}  // namespace

TEST_CASE("backup: a store of its own, equal to a snapshot") {
  Fixture f;
  stash_many(f.project, "s", 20);
  f.project.merge(true).value();
  stash(f.project, "s3", "second");
  erase(f.project, "s4");
  Project other = f.store.project("Other Project/ü").value();
  stash_many(other, "o", 3);
  const Saids before = said_by(f.store);
  const BackedUp done = back_up(f.store, f.target).value();
  CHECK(done.linked_files == 2);
  CHECK(done.linked_bytes > 0);
  CHECK(done.copied_bytes > 2 * delta::log_header_bytes);
  // Options, MANIFESTs, logs, shard, changes; and, where it is written down by now, who read what.
  CHECK(done.files >= 1 + 1 + 1 + 1 + 1 + 1 + 1);
  CHECK(done.files <= 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1);
  const auto changes_of = [](const Store& store) {
    return store.project("default").value().snapshot().value().changes().value().batches;
  };
  CHECK(changes_of(Store::open(f.target, reading()).value()) == changes_of(f.store));
  REQUIRE(done.projects.size() == 2);
  CHECK(done.projects[0].name == "Other Project/ü");
  CHECK(done.projects[1].name == "default");
  CHECK(done.projects[1].lsn == f.project.snapshot().value().lsn());
  CHECK(done.projects[1].edition == f.project.snapshot().value().edition());
  CHECK(said_in(f.target) == before);
  CHECK(said_in(f.target, "Other Project/ü") == said_by(f.store, "Other Project/ü"));
  CHECK(Store::open(f.target, reading()).value().config() == f.store.config());
  const Snapshot copy =
      Store::open(f.target, reading()).value().project("default").value().snapshot().value();
  CHECK(copy.edition() == done.projects[1].edition);
  CHECK(copy.lsn() == done.projects[1].lsn);
  CHECK(faults_of(Store::open(f.target).value()).empty());
  CHECK(said_in(f.target) == before);
  check_apart(f.store, f.target);
  CHECK(files_in(f.folder.path()) == std::vector<std::string>{"source", "target"});
}

TEST_CASE("backup: of a store in memory, by copying, and back into memory") {
  const TemporaryFolder folder;
  const Store store = Store::in_memory(plain_store()).value();
  Project project = store.project("default").value();
  stash_many(project, "s", 20);
  project.merge(true).value();
  stash(project, "s3", "second");
  const Saids before = said_by(store);
  const BackedUp done = back_up(store, folder / "copy", {.verify = true}).value();
  CHECK(done.linked_files == 0);
  CHECK(said_in(folder / "copy") == before);
  (void)back_up_to_bundle(store, folder / "bundle", {.verify = true}).value();
  (void)restore(folder / "bundle", folder / "restored").value();
  CHECK(said_in(folder / "restored") == before);
  // Beside another store in memory; within one, files that never change are linked.
  const Store other = Store::in_memory(plain_store()).value();
  const path there = other.path().parent_path() / "copy";
  CHECK(back_up(store, there).value().linked_files == 0);
  CHECK(said_in(there) == before);
  CHECK(restore(there, other.path().parent_path() / "again").value().linked_files > 0);
  CHECK(code_of(back_up(store, store.path() / "in-it")) == ErrorCode::invalid_argument);
}

TEST_CASE("backup: a project keeps what it keeps of words") {
  const TemporaryFolder folder;
  StoreOptions options = plain_store();
  options.index = "none";
  const Store store = Store::open(folder / "store", options).value();
  stash_many(store.project("default").value(), "s", 5);
  (void)back_up(store, folder / "copy", {.verify = true}).value();
  (void)restore(folder / "copy", folder / "restored").value();
  const Store restored = Store::open(folder / "restored").value();
  CHECK(said_by(restored) == said_by(store));
  const Snapshot now = restored.project("default").value().snapshot().value();
  CHECK(now.search({.text = "number"}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("backup: a store without projects, and a project without segments") {
  Fixture f;
  CHECK(back_up(f.store, f.target).value().projects.size() == 1);
  CHECK(said_in(f.target).empty());
  const Store bare = Store::open(f.folder / "bare", plain_store()).value();
  CHECK(back_up(bare, f.folder / "copy").value().files == 1);
  CHECK(Store::open(f.folder / "copy").value().projects().value().empty());
}

TEST_CASE("backup: a target that is not free, or lies in the store, is refused untouched") {
  Fixture f;
  stash(f.project, "s1", "text");
  fs::create_directory(f.target);
  write_text(f.target / "file", "mine");
  const auto before = listing_of(f.folder.path());
  for (const path& target : {f.target, f.source, f.source / "backup", f.source / "projects" / "x",
                             f.target / ".." / "source" / "x"}) {
    CHECK(code_of(back_up(f.store, target)) == ErrorCode::invalid_argument);
  }
  CHECK(code_of(restore(f.source, f.target)) == ErrorCode::invalid_argument);
  CHECK(code_of(restore(f.folder / "nothing", f.folder / "x")) == ErrorCode::not_found);
  CHECK(code_of(restore(f.target, f.folder / "x")) == ErrorCode::not_found);
  CHECK(listing_of(f.folder.path()) == before);
}

TEST_CASE("backup: relaxed commits that nobody synced are in it, durable") {
  Fixture f;
  stash(f.project, "s1", "first", Durability::full);
  // From here on no sync of the source's log comes to its end.
  const u64 durable = f.project.stats().value().durable_lsn;
  Batch batch;
  batch.stash(segment("s2", "relaxed"));
  const Committed committed = f.project.commit(batch, Durability::relaxed).value();
  CHECK(committed.lsn > durable);
  const BackedUp done = back_up(f.store, f.target).value();
  CHECK(done.projects[0].lsn == committed.lsn);
  const Project copy = Store::open(f.target, reading()).value().project("default").value();
  // A MANIFEST seals the log there, which vouches for all of it.
  SnapshotOptions durable_only;
  durable_only.durable_only = true;
  CHECK(text_of(copy.snapshot(durable_only).value(), "s2") == "relaxed");
}

TEST_CASE("backup: of a source that may only be read, which it leaves as it is") {
  Fixture f;
  stash_many(f.project, "s", 20);
  f.project.merge(true).value();
  stash(f.project, "s3", "second", Durability::full);
  const Saids said = said_by(f.store);
  {
    // Nobody is left who writes down what he counts.
    const Project project = std::move(f.project);
    const Store store = std::move(f.store);
  }
  const auto before = listing_of(f.source);
  const Store read_only = Store::open(f.source, reading()).value();
  CHECK(back_up(read_only, f.target).value().linked_files == 2);
  CHECK(said_in(f.target) == said);
  const auto after = listing_of(f.source);
  CHECK(after == before);
  check_apart(Store::open(f.source, plain_store()).value(), f.target);
}

TEST_CASE("backup: a copy shares no file with its source") {
  Fixture f;
  stash_many(f.project, "s", 20);
  f.project.merge(true).value();
  BackupOptions options;
  options.may_link = false;
  options.verify = true;
  const BackedUp done = back_up(f.store, f.target, options).value();
  CHECK(done.linked_files == 0);
  for (const auto& entry : fs::recursive_directory_iterator(f.target)) {
    if (entry.is_regular_file()) CHECK(entry.hard_link_count() == 1);
  }
  CHECK(said_in(f.target) == said_by(f.store));
}

TEST_CASE("backup: damage of the source is told, and nothing is left at the target") {
  Fixture f;
  stash_many(f.project, "s", 20);
  f.project.merge(true).value();
  const path shards = f.source / "projects" / "default" / "shards";
  const path shard = shards / files_in(shards, ".shard").at(0);
  flip_byte(shard, 3000);
  BackupOptions options;
  options.verify = true;
  const auto checked = back_up(f.store, f.target, options);
  CHECK(code_of(checked) == ErrorCode::corrupt);
  CHECK(checked.error().path.ends_with(shard.filename().string()));
  CHECK(files_in(f.folder.path()) == std::vector<std::string>{"source"});
  fs::remove(shard);
  CHECK(code_of(back_up(Store::open(f.source).value(), f.target)) == ErrorCode::corrupt);
  CHECK(files_in(f.folder.path()) == std::vector<std::string>{"source"});
}

TEST_CASE("backup: it can be ended, and tells how far it has come") {
  Fixture f;
  stash_many(f.project, "s", 20);
  std::stop_source stop;
  stop.request_stop();
  CHECK(code_of(back_up(f.store, f.target, {}, {}, stop.get_token())) == ErrorCode::cancelled);
  u64 last = 0;
  int calls = 0;
  const auto end_at_once = [](const Progress&) { return false; };
  CHECK(code_of(back_up(f.store, f.target, {}, end_at_once)) == ErrorCode::cancelled);
  CHECK(files_in(f.folder.path()) == std::vector<std::string>{"source"});
  const BackedUp done = back_up(f.store, f.target, {}, [&](const Progress& now) {
                          CHECK(now.done_bytes >= last);
                          last = now.done_bytes;
                          return ++calls > 0;
                        }).value();
  CHECK(last == done.copied_bytes);
  CHECK(calls >= 3);
}

TEST_CASE("restore: a store of a backup, as often as wanted, each with logs of its own") {
  Fixture f;
  stash_many(f.project, "s", 20);
  f.project.merge(true).value();
  stash(f.project, "s3", "second");
  const Saids said = said_by(f.store);
  back_up(f.store, f.target).value();
  const auto before = everything_in(f.target);
  std::set<std::string> logs;
  for (const char* name : {"one", "two", "three"}) {
    CHECK(restore(f.target, f.folder / name).value().linked_files == 2);
    CHECK(said_in(f.folder / name) == said);
    const path log_folder = f.folder / name / "projects" / "default" / "log";
    for (const std::string& log : files_in(log_folder)) CHECK(logs.insert(log).second);
  }
  CHECK(everything_in(f.target) == before);
  check_apart(Store::open(f.folder / "one").value(), f.folder / "two");
  CHECK(said_in(f.folder / "three") == said);
  CHECK(said_in(f.target) == said);
}

TEST_CASE("backup: a running process finds the store that was restored in the place of its own") {
  Fixture f;
  stash(f.project, "s1", "first", Durability::full);
  back_up(f.store, f.target).value();
  stash(f.project, "s1", "second", Durability::full);
  fs::remove_all(f.source);
  restore(f.target, f.source).value();
  stash(f.project, "s2", "third", Durability::full);
  const Saids said = said_in(f.source);
  CHECK(said.at("s1").text == "first");
  CHECK(said.at("s2").text == "third");
}

}  // namespace shale::testing

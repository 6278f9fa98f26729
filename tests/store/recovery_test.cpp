#include "store/recovery.hpp"

#include <fcntl.h>

#include "delta/log_reader.hpp"
#include "tests/store/failing_sync.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

struct FramePlace {
  u64 begin = 0;
  u64 end = 0;
};

// Where the frames of the active log stand.
std::vector<FramePlace> frames_of(const TestStore& store) {
  const catalog::Manifest manifest = store.manifest();
  const FileId id = manifest.logs.back().id;
  const auto log = delta::LogReader::open(store.paths().log(id), manifest.project_id, id).value();
  std::vector<FramePlace> frames;
  log.scan(0,
           [&](const delta::FrameHeader& header, Bytes) -> Result<void> {
             const u64 end = Lsn{header.lsn}.offset();
             frames.push_back({end - delta::frame_total_bytes(header.payload_bytes), end});
             return {};
           })
      .value();
  return frames;
}

void fill(const TestStore& store, int count) {
  Project project = store.open();
  for (int n = 0; n < count; ++n) {
    stash(project, "a" + std::to_string(n), "text " + std::to_string(n), Durability::full);
  }
}

TEST_CASE("an ordinary second open changes nothing and goes on in the same log") {
  const TestStore store;
  fill(store, 3);
  const catalog::Manifest before = store.manifest();
  CHECK(count_of(store.open()) == 3);
  stash(store.open(), "b", "text");
  CHECK(store.manifest() == before);
  CHECK(count_of(store.open()) == 4);
}

TEST_CASE("after a reboot everything is there, the log sealed, a new one active") {
  const TestStore store;
  fill(store, 3);
  const catalog::Manifest before = store.manifest();
  const u64 end = frames_of(store).back().end;
  SECTION("CONTROL deleted") { store.reboot(); }
  SECTION("the whole of volatile/ deleted") {
    std::filesystem::remove_all(store.paths().volatile_folder());
  }
  SECTION("CONTROL zeroed") { write_text(store.paths().control(), std::string(4096, '\0')); }
  SECTION("CONTROL cut short") { write_text(store.paths().control(), "short"); }
  SECTION("CONTROL of another boot") { flip_byte(store.paths().control(), 16); }
  SECTION("a copied CONTROL: another inode") {
    const std::string bytes = read_text(store.paths().control());
    std::filesystem::rename(store.paths().control(), store.path() / "old");
    write_text(store.paths().control(), bytes);
  }
  Project project = store.open();
  CHECK(contents(project) == Contents{{"a0", "text 0"}, {"a1", "text 1"}, {"a2", "text 2"}});
  const catalog::Manifest after = store.manifest();
  CHECK(after.edition == before.edition + 1);
  REQUIRE(after.logs.size() == 2);
  CHECK(after.logs[0].id == before.logs[0].id);
  CHECK(after.logs[0].sealed_end == end);
  CHECK(after.logs[1].sealed_end == 0);
  CHECK(found_ids(project, "text").size() == 3);
  const Committed next = stash(project, "b", "text");
  CHECK(next.lsn > after.logs[0].last_lsn.value);
  CHECK(count_of(store.open()) == 4);
}

TEST_CASE("many reboots keep everything and leave no empty logs") {
  const TestStore store;
  u64 last = 0;
  for (int round = 0; round < 5; ++round) {
    store.reboot();
    Project project = store.open();
    CHECK(count_of(project) == u64(round));
    const Committed done = stash(project, "r" + std::to_string(round), "text");
    CHECK(done.lsn > last);
    last = done.lsn;
  }
  for (int round = 0; round < 3; ++round) {
    store.reboot();
    CHECK(count_of(store.open()) == 5);
  }
  CHECK(store.manifest().logs.size() == 6);
  CHECK(files_in(store.paths().log_folder()).size() == 6);
}

TEST_CASE("a torn tail ends the log silently") {
  const TestStore store;
  fill(store, 3);
  const path log = store.active_log();
  const std::vector<FramePlace> frames = frames_of(store);
  REQUIRE(frames.size() == 3);
  Contents expected = {{"a0", "text 0"}, {"a1", "text 1"}};
  SECTION("the last frame is cut") { std::filesystem::resize_file(log, frames[2].end - 5); }
  SECTION("its header is cut") { std::filesystem::resize_file(log, frames[2].begin + 20); }
  SECTION("its last bytes never came") { flip_byte(log, frames[2].end - 9); }
  SECTION("garbage stands behind it") {
    std::fstream out(log, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(std::streamoff(frames[2].end));
    out << std::string(3000, 'g');
    expected["a2"] = "text 2";
  }
  store.reboot();
  Project project = store.open();
  CHECK(contents(project) == expected);
  CHECK(project.snapshot().value().count().value().faults.empty());
  CHECK(project.verify().value().faults.empty());
  stash(project, "b", "text");
  store.reboot();
  CHECK(count_of(store.open()) == expected.size() + 1);
}

TEST_CASE("damage in front of durable frames: the prefix is read, nothing is written") {
  const TestStore store;
  fill(store, 6);
  const std::vector<FramePlace> frames = frames_of(store);
  flip_byte(store.active_log(), frames[2].begin + 70);
  store.reboot();
  const catalog::Manifest before = store.manifest();
  const std::string log = read_text(store.active_log());
  for (int attempt = 0; attempt < 2; ++attempt) {
    Project project = store.open();
    const Snapshot now = project.snapshot().value();
    CHECK(found_ids(now, "text") == std::vector<std::string>{"a0", "a1"});
    CHECK(text_of(now, "a1") == "text 1");
    const Count count = now.count().value();
    CHECK(count.count == 2);
    REQUIRE(count.faults.size() == 1);
    CHECK(count.faults[0].file == store.active_log().string());
    CHECK(count.faults[0].offset == frames[2].begin);
    CHECK(now.get("a4").error().code == ErrorCode::corrupt);  // not "absent": nobody knows
    Batch batch;
    batch.stash(segment("b", "text"));
    const auto refused = project.commit(batch);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::corrupt);
    CHECK(refused.error().offset == frames[2].begin);
    CHECK(!project.merge(true));
    CHECK(!project.ingest(batch));
  }
  CHECK(store.manifest() == before);
  CHECK(read_text(store.active_log()) == log);
}

TEST_CASE("a log that is missing or has lost its header hides itself alone") {
  const TestStore store;
  {
    Project project = store.open();
    stash_many(project, "a", 5);
    project.merge(false).value();
    stash_many(project, "b", 5);
  }
  const bool rebooted = GENERATE(false, true);
  const std::string how = GENERATE("missing", "empty", "short");
  INFO(how << ", rebooted " << rebooted);
  if (rebooted) store.reboot();
  const std::filesystem::path log = store.active_log();
  if (how == "missing") {
    std::filesystem::remove(log);
  } else {
    std::filesystem::resize_file(log, how == "empty" ? 0 : 20);
  }
  Project project = store.open();
  CHECK(count_of(project) == 5);
  const Count count = project.snapshot().value().count().value();
  REQUIRE(count.faults.size() == 1);
  CHECK(count.faults[0].file == log);
  CHECK(count.faults[0].section == "log");
  Batch batch;
  batch.stash(segment("c", "text"));
  const auto refused = project.commit(batch);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::corrupt);
  CHECK(refused.error().path == log);
  const Verified verified = project.verify().value();
  REQUIRE(verified.faults.size() == 1);
  CHECK(verified.faults[0].file == log);
}

TEST_CASE("the last frame damaged: what CONTROL says was durable is missed") {
  const TestStore store;
  fill(store, 3);
  const std::vector<FramePlace> frames = frames_of(store);
  flip_byte(store.active_log(), frames[2].begin + 70);
  Project project = store.open();
  CHECK(contents(project) == Contents{{"a0", "text 0"}, {"a1", "text 1"}});
  const Count count = project.snapshot().value().count().value();
  REQUIRE(count.faults.size() == 1);
  CHECK(count.faults[0].offset == frames[2].begin);
  CHECK(!project.verify().value().faults.empty());
  Batch batch;
  batch.stash(segment("b", "text"));
  CHECK(project.commit(batch).error().code == ErrorCode::corrupt);
}

TEST_CASE("a log restored from an earlier moment than CONTROL is taken as it is") {
  const TestStore store;
  fill(store, 1);
  const std::string earlier = read_text(store.active_log());
  stash(store.open(), "b", "text", Durability::full);
  write_text(store.active_log(), earlier);
  const Project project = store.open();
  CHECK(contents(project) == Contents{{"a0", "text 0"}});
  stash(project, "c", "text", Durability::full);
  CHECK(contents(store.open()) == Contents{{"a0", "text 0"}, {"c", "text"}});
}

TEST_CASE("damage below a sealed end is damage, whatever stands behind") {
  const TestStore store;
  fill(store, 2);
  store.reboot();
  { Project project = store.open(); }
  const catalog::Manifest manifest = store.manifest();
  REQUIRE(manifest.logs.size() == 2);
  flip_byte(store.paths().log(manifest.logs[0].id), manifest.logs[0].sealed_end - 20);
  store.reboot();
  Project project = store.open();
  CHECK(contents(project) == Contents{{"a0", "text 0"}});
  Batch batch;
  batch.stash(segment("b", "text"));
  CHECK(project.commit(batch).error().code == ErrorCode::corrupt);
}

TEST_CASE("recovery removes what nothing names and leaves what is being built") {
  const TestStore store;
  fill(store, 1);
  const FileId orphan{77, 123}, guarded{78, 124};
  write_text(store.paths().shard(orphan), "an orphan");
  write_text(store.paths().shard(orphan).string() + ".tmp", "an orphan");
  write_text(store.paths().log(orphan), "an orphan");
  write_text(store.paths().dead(orphan, 3), "an orphan");
  write_text(store.paths().shard(guarded), "somebody builds this");
  LockFile guard = LockFile::open(store.paths().shard(guarded), false).value();
  REQUIRE(guard.try_lock(0).value());
  store.reboot();
  CHECK(count_of(store.open()) == 1);
  CHECK(files_in(store.paths().shard_folder()) ==
        std::vector<std::string>{catalog::file_id_text(guarded) + ".shard"});
  CHECK(!std::filesystem::exists(store.paths().log(orphan)));
}

// The cache may show what the disk has lost, and a file opened since is told nothing of it (A3).
TEST_CASE("a recovery writes a log anew whose sync failed or has not been heard of since") {
  const TestStore store;
  const auto writer = store.state();
  const Lsn lsn{stash(Project(writer), "a", "text").lsn};
  const FileId log = store.manifest().logs.back().id;
  const auto control = writer->shared_control();
  bool is_new = true;
  SECTION("it failed") { control->poison(log.sequence); }
  SECTION("its owner died") { control->set_sync_in_flight(log.sequence); }
  SECTION("the late one died") { control->set_late_sync_in_flight(log.sequence); }
  SECTION("neither") { is_new = false; }
  const auto before = path_identity(store.paths().log(log)).value();
  control->mark_replaced();  // as a recovery does that is killed next
  const auto next = store.state();
  CHECK((path_identity(store.paths().log(log)).value() != before) == is_new);
  CHECK(contents(Project(next)) == Contents{{"a", "text"}});
  CHECK(next->shared_control()->durable() >= lsn);
  CHECK(next->shared_control()->poisoned() == 0);
}

// No room for the new log: a recovery ends after it has put copies in the place of files.
class NoNewLogs : public FileSystem {
 public:
  NoNewLogs() { use(this); }
  ~NoNewLogs() override { use(nullptr); }
  int open(const char* path, int flags, mode_t rights) override {
    if ((flags & O_EXCL) == 0 || !std::string_view(path).ends_with(".log")) {
      return FileSystem::open(path, flags, rights);
    }
    errno = ENOSPC;
    return -1;
  }
};

TEST_CASE(
    "behind a recovery that did not come to its end nobody goes on with the files of before") {
  const TestStore store;
  const auto state = store.state();
  Project living(state);
  stash(living, "a", "text", Durability::full);
  const FileId log = store.manifest().logs.back().id;
  const auto control = state->shared_control();
  // One who is in his sync, and one who was killed before he published.
  control->set_sync_in_flight(log.sequence);
  {
    auto writer =
        delta::LogWriter::open(store.paths().log(log), store.manifest().project_id, log).value();
    const catalog::LastFrame last = *control->last_frame();
    delta::LogEnd end{last.lsn.offset(), last.checksum};
    std::vector<delta::Change> none;
    const Buffer nothing = delta::encode_payload(none);
    writer.append(end, delta::FrameKind::batch, nothing, control->durable()).value();
  }
  {
    const NoNewLogs disk;
    const auto refused = store.try_state();
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::no_space);
    CHECK(contents(living) == Contents{{"a", "text"}});
  }
  stash(living, "b", "text", Durability::full);
  CHECK(contents(living) == Contents{{"a", "text"}, {"b", "text"}});
  CHECK(contents(store.open()) == Contents{{"a", "text"}, {"b", "text"}});
  store.reboot();
  CHECK(contents(store.open()) == Contents{{"a", "text"}, {"b", "text"}});
}

TEST_CASE("a recovery whose own sync fails believes no second one") {
  const TestStore store;
  stash(store.open(), "a", "text");
  const FileId log = store.manifest().logs.back().id;
  const auto before = path_identity(store.paths().log(log)).value();
  store.reboot();
  const FailingSync disk(1);
  CHECK(contents(store.open()) == Contents{{"a", "text"}});
  CHECK(path_identity(store.paths().log(log)).value() != before);
}

TEST_CASE("a CONTROL of an earlier moment than its log is not believed") {
  const TestStore store;
  fill(store, 1);
  const std::string earlier = read_text(store.paths().control());
  stash(store.open(), "b", "text", Durability::full);
  const FileId active = store.manifest().logs.back().id;
  // Restored over the same file: inode, boot and project are right. Appending where it says the log
  // ends would overwrite an acknowledged batch.
  write_text(store.paths().control(), earlier);
  const Project project = store.open();
  CHECK(contents(project) == Contents{{"a0", "text 0"}, {"b", "text"}});
  CHECK(store.manifest().logs.back().id != active);
}

TEST_CASE("a CONTROL from before the first batch of a log is not believed") {
  const TestStore store;
  { const Project project = store.open(); }
  const std::string earlier = read_text(store.paths().control());
  stash(store.open(), "a", "text", Durability::full);
  write_text(store.paths().control(), earlier);
  CHECK(contents(store.open()) == Contents{{"a", "text"}});
}

TEST_CASE("another project's MANIFEST is not taken for this one's") {
  const TestStore store;
  fill(store, 1);
  catalog::Manifest manifest = store.manifest();
  manifest.project = "somebody else's";
  catalog::write_manifest(store.paths().manifest(), manifest).value();
  CHECK(store.try_state().error().code == ErrorCode::corrupt);
}

TEST_CASE("a damaged or missing MANIFEST is an error, and nothing is made in its place") {
  const TestStore store;
  fill(store, 1);
  const std::string text = read_text(store.paths().manifest());
  write_text(store.paths().manifest(), text.substr(0, text.size() / 2));
  CHECK(store.try_state().error().code == ErrorCode::corrupt);
  CHECK(store.try_state(reading()).error().code == ErrorCode::corrupt);
  CHECK(read_text(store.paths().manifest()) == text.substr(0, text.size() / 2));
  write_text(store.paths().manifest(), text);
  CHECK(count_of(store.open()) == 1);
}

// Commits batches of three and says so after each: they are whole or absent, and the said ones are
// there.
void write_until_killed(const TestStore& store, int pipe, Durability durability) {
  Project project = store.open();
  for (int n = 0;; ++n) {
    Batch batch;
    for (int part = 0; part < 3; ++part) {
      batch.stash(segment(std::to_string(part) + "-" + std::to_string(n), "text"));
    }
    project.commit(batch, durability).value();
    if (n % 20 == 19) project.merge(n % 40 == 39).value();
    Child::say(pipe);
  }
}

TEST_CASE("a writer killed between operations loses nothing it acknowledged") {
  for (const bool rebooted : {false, true}) {
    for (const int acknowledged : {1, 7, 21, 45}) {
      INFO("rebooted " << rebooted << ", acknowledged " << acknowledged);
      const TestStore store(sealing_after(40));
      Child child([&](int pipe) {
        write_until_killed(store, pipe, rebooted ? Durability::full : Durability::relaxed);
      });
      REQUIRE(child.hears(acknowledged));
      child.kill();
      if (rebooted) store.reboot();
      Project project = store.open();
      const Contents found = contents(project);
      CHECK(found.size() % 3 == 0);
      CHECK(found.size() >= usize(3 * acknowledged));
      for (int n = 0; n < acknowledged; ++n) CHECK(found.contains("2-" + std::to_string(n)));
      CHECK(project.verify().value().faults.empty());
      stash(project, "after", "text");
      CHECK(contents(store.open()).size() == found.size() + 1);
    }
  }
}

}  // namespace
}  // namespace shale::store

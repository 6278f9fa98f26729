#include "catalog/control.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/catalog/control_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using namespace testing;
using shale::testing::TemporaryFolder;
using State = Control::Opened::State;

Control opened(const std::filesystem::path& path) {
  Control::Opened result = Control::open(path, identity).value();
  INFO(result.reason);
  REQUIRE(result.state == State::usable);
  return *std::move(result.control);
}

TEST_CASE("what one mapping says another reads") {
  const TemporaryFolder folder;
  Control writer = made(folder / "CONTROL");
  Control reader = opened(folder / "CONTROL");
  const ControlMoment first = reader.read().value();
  CHECK(first.edition == 5);
  CHECK(first.active_log == FileId{3, 0x33});
  CHECK(first.committed == Lsn::make(3, 100));
  CHECK(first.epoch % 2 == 0);
  CHECK(reader.durable() == Lsn::make(3, 50));
  CHECK(reader.last_frame() == start.last_frame);

  writer.publish_committed(Lsn::make(3, 200), 22, 100);
  CHECK(reader.committed() == Lsn::make(3, 200));
  CHECK(reader.last_frame() == LastFrame{Lsn::make(3, 200), 22, 100});
  CHECK(reader.read()->epoch == first.epoch);
  writer.publish_committed(Lsn::make(3, 150), 99, 99);  // never lowered
  CHECK(reader.last_frame() == LastFrame{Lsn::make(3, 200), 22, 100});

  writer.raise_durable(Lsn::make(3, 200));
  writer.raise_durable(Lsn::make(3, 60));
  CHECK(reader.durable() == Lsn::make(3, 200));
  CHECK_FALSE(path_exists(folder / "CONTROL.tmp").value());
}

TEST_CASE("a page without any frame yet knows the one it was made with") {
  const TemporaryFolder folder;
  const ControlChange empty{1, {1, 9}, {Lsn{0}, 9, 64}};
  const Control control = Control::create(folder / "CONTROL", identity, empty, {}).value();
  CHECK(control.last_frame() == LastFrame{Lsn{0}, 9, 64});
}

TEST_CASE("a change of edition and log is seen whole") {
  const TemporaryFolder folder;
  Control writer = made(folder / "CONTROL");
  Control reader = opened(folder / "CONTROL");
  const u64 before = reader.epoch();
  writer.begin_change();
  CHECK(reader.change_pending());
  CHECK_FALSE(reader.read());
  writer.end_change({6, {4, 0x44}, start.last_frame});
  const ControlMoment moment = reader.read().value();
  CHECK(moment == ControlMoment{before + 2, 6, {4, 0x44}, Lsn::make(3, 100)});
  CHECK(reader.last_frame() == start.last_frame);
  writer.begin_change();
  writer.end_change({7, {4, 0x44}, {Lsn::make(4, 80), 1, 0}});
  CHECK(reader.read()->committed == Lsn::make(4, 80));
  CHECK(reader.last_frame() == LastFrame{Lsn::make(4, 80), 1, 0});
}

TEST_CASE("the next holder repairs an epoch that a dead one left odd") {
  const TemporaryFolder folder;
  Control dead = made(folder / "CONTROL");
  dead.set_manifest_in_flight(6);
  dead.begin_change();
  Control next = opened(folder / "CONTROL");
  const u64 odd = next.epoch();
  CHECK(next.change_pending());
  CHECK(next.manifest_in_flight() == 6);
  next.begin_change();
  CHECK(next.epoch() == odd);
  next.end_change({6, {4, 0x44}, start.last_frame});
  next.clear_manifest_in_flight();
  CHECK_FALSE(next.change_pending());
  CHECK(next.manifest_in_flight() == 0);
  CHECK(dead.read()->edition == 6);
}

TEST_CASE("a writer killed between its stores leaves the frame that counts") {
  const TemporaryFolder folder;
  Control control = made(folder / "CONTROL");
  control.publish_committed(Lsn::make(3, 200), 22, 100);
  const LastFrame counted = control.last_frame().value();
  // What is in the file after the kill: a frame written, `committed` not yet raised.
  const u64 frames = 64 + offsetof(ControlNowPart, frames);
  for (u64 i = 0; i < 2; ++i) {
    File file = File::open(folder / "CONTROL", File::Mode::read).value();
    std::byte raw[8];
    file.read_exactly(frames + i * sizeof(ControlFrame), raw).value();
    if (load<u64>(raw) == counted.lsn.value) continue;
    overwrite(folder / "CONTROL", frames + i * sizeof(ControlFrame), Lsn::make(3, 300).value);
    overwrite(folder / "CONTROL", frames + i * sizeof(ControlFrame) + 8, 33);
  }
  CHECK(control.last_frame() == counted);
  control.publish_committed(Lsn::make(3, 300), 44, 200);
  CHECK(control.last_frame() == LastFrame{Lsn::make(3, 300), 44, 200});
}

TEST_CASE("absent and stale are answers") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  CHECK(Control::open(path, identity).value().state == State::absent);
  const auto reason = [&](const ControlIdentity& wanted) {
    const Control::Opened result = Control::open(path, wanted).value();
    CHECK(result.state == State::stale);
    CHECK_FALSE(result.control);
    return result.reason;
  };
  replace_file(path, as_bytes("short")).value();
  CHECK(reason(identity) == "too short");
  replace_file(path, as_bytes(std::string(4096, 'x'))).value();
  CHECK(reason(identity) == "not a CONTROL page");
  std::filesystem::remove(path);
  made(path);
  CHECK(reason({0xabc, 0xb008}) == "of another boot");
  CHECK(reason({0xabd, 0xb007}) == "of another project");
  std::filesystem::copy_file(path, folder / "copy");
  std::filesystem::rename(folder / "copy", path);
  CHECK(reason(identity) == "a copy of another CONTROL");
}

TEST_CASE("another layout is too new in this boot only") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  made(path);
  overwrite(path, 8, control_bytes << 32 | (control_version + 1));
  const auto result = Control::open(path, identity);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::too_new);
  CHECK(result.error().path == path.string());
  CHECK(Control::open(path, {0xabc, 1}).value().state == State::stale);
}

// The first version had a page of 4,096 bytes: its size must not make it look like a leftover.
TEST_CASE("the smaller page of the first version is as alive as any") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  made(path);
  overwrite(path, 8, u64(4096) << 32 | 1);
  std::filesystem::resize_file(path, 4096);
  const auto result = Control::open(path, identity);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::too_new);
  CHECK(Control::open(path, {0xabc, 1}).value().reason == "of another boot");
  // One of this version that was cut off is a leftover.
  overwrite(path, 8, control_bytes << 32 | control_version);
  CHECK(Control::open(path, identity).value().reason == "too short");
}

TEST_CASE("who makes a new page tells those who use the old one") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  const Control old = made(path);
  CHECK_FALSE(old.replaced());
  const Control fresh = made(path);
  CHECK(old.replaced());
  CHECK_FALSE(fresh.replaced());
  CHECK(fresh.epoch() != old.epoch());
  CHECK_FALSE(opened(path).replaced());
  opened(path).mark_replaced();
  CHECK(Control::open(path, identity).value().reason == "replaced");
}

TEST_CASE("a page of one process alone has no file, and works as any") {
  const ControlChange change{5, {3, 0x33}, {Lsn::make(3, 100), 11, 64}};
  Control first = Control::create_unshared(identity, change, Lsn::make(3, 50)).value();
  first.set_slot(3, {1, 2, 3, 4, 0, "left"});
  first.poison(9);
  CHECK(first.read()->edition == 5);
  CHECK(first.durable() == Lsn::make(3, 50));
  CHECK(first.last_frame() == change.last_frame);
  first.publish_committed(Lsn::make(3, 200), 22, 100);
  CHECK(first.committed() == Lsn::make(3, 200));
  { const Control gone = std::move(first); }
  // Memory that is used again holds nothing of what was there.
  const Control second = Control::create_unshared(identity, change, {}).value();
  CHECK_FALSE(second.slot(3));
  CHECK(second.poisoned() == 0);
  CHECK(second.committed() == Lsn::make(3, 100));
}

TEST_CASE("a page can be retired without another in its place") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  CHECK(Control::retire(path));  // none is there
  const Control used = made(path);
  Control::retire(path).value();
  CHECK(used.replaced());
  CHECK(Control::open(path, identity).value().reason == "replaced");
}

TEST_CASE("words in flight, poison") {
  const TemporaryFolder folder;
  Control a = made(folder / "CONTROL");
  Control b = opened(folder / "CONTROL");
  CHECK(b.sync_in_flight() == 0);
  a.set_sync_in_flight(3);
  CHECK(b.sync_in_flight() == 3);
  a.clear_sync_in_flight();
  CHECK(b.sync_in_flight() == 0);
  a.set_late_sync_in_flight(5);
  CHECK(b.late_sync_in_flight() == 5);
  CHECK(b.doubts().concern(5));
  CHECK_FALSE(b.doubts().concern(6));
  a.clear_late_sync_in_flight();
  CHECK_FALSE(b.doubts().concern(5));
  const u64 turns = b.sync_turns();
  a.end_sync_turn();
  CHECK(b.sync_turns() == turns + 1);
  b.wait_for_sync_turn(turns, std::chrono::hours(1));  // it has ended: no waiting
  CHECK(b.poisoned() == 0);
  a.poison(4);
  a.poison(3);
  CHECK(b.poisoned() == 4);
}

TEST_CASE("a group is complete when as many ask as around the sync before it") {
  const TemporaryFolder folder;
  Control a = made(folder / "CONTROL");
  Control b = opened(folder / "CONTROL");
  const auto sync = [&](Control& syncer, int asking_meanwhile) {
    const SyncGroup before = syncer.begin_sync();
    for (int i = 0; i < asking_meanwhile; ++i) b.request_sync();
    syncer.end_sync(before, std::chrono::microseconds(150));
  };
  a.request_sync();
  CHECK(a.sync_group_is_complete());  // nothing known: nobody to wait for
  sync(a, 0);
  CHECK(a.sync_group().crowd == 1);
  a.request_sync();
  CHECK(a.sync_group_is_complete());  // alone
  sync(a, 2);
  CHECK(a.sync_group().crowd == 3);
  CHECK_FALSE(b.sync_group_is_complete());  // the two wait for the first to come back
  a.request_sync();
  CHECK(b.sync_group_is_complete());
  sync(b, 0);
  CHECK(a.sync_group().crowd == 3);
  a.request_sync();
  CHECK_FALSE(a.sync_group_is_complete());
  sync(a, 0);  // the others stay away: waited for once
  a.request_sync();
  CHECK(a.sync_group().crowd == 1);
  CHECK(a.sync_group_is_complete());
}

TEST_CASE("the patience for a group follows the disk, up to a millisecond") {
  const TemporaryFolder folder;
  Control control = made(folder / "CONTROL");
  const auto patience_after = [&](std::chrono::steady_clock::duration took) {
    control.end_sync(control.begin_sync(), took);
    return control.sync_group().patience_us;
  };
  CHECK(patience_after(std::chrono::microseconds(150)) == 600);
  CHECK(patience_after(std::chrono::seconds(100'000)) == sync_patience_max_us);
  CHECK(patience_after(std::chrono::seconds(-1)) == 0);
}

TEST_CASE("the holder of the lease") {
  const TemporaryFolder folder;
  Control a = made(folder / "CONTROL");
  Control b = opened(folder / "CONTROL");
  CHECK_FALSE(b.holder());
  const LeaseHolder self = LeaseHolder::current("stash");
  CHECK(self.pid == u64(getpid()));
  CHECK(self.start_time != 0);
  CHECK(self.pid_namespace != 0);
  a.set_holder(self);
  CHECK(b.holder() == self);
  a.set_holder({1, 2, 3, "a verb of more than sixteen bytes"});
  CHECK(b.holder()->verb == "a verb of more t");
  a.clear_holder();
  CHECK_FALSE(b.holder());
}

TEST_CASE("a child of fork shares the page") {
  const TemporaryFolder folder;
  Control control = made(folder / "CONTROL");
  const pid_t child = fork();
  if (child == 0) {
    control.publish_committed(Lsn::make(3, 4096), 7, 8);
    control.begin_change();
    control.end_change({9, {8, 1}, {Lsn::make(8, 64), 5, 6}});
    _exit(control.read()->edition == 9 ? 0 : 1);
  }
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(control.read()->edition == 9);
  CHECK(control.last_frame() == LastFrame{Lsn::make(8, 64), 5, 6});
}

// One writer, several readers with a mapping each. In every moment the writer makes, edition, log
// and the log's sequence in `committed` agree.
TEST_CASE("no reader ever sees two moments mixed") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  Control writer =
      Control::create(path, identity, {1, {1, 1}, {Lsn::make(1, 1), 1, 1}}, {}).value();
  std::atomic<bool> stop = false;
  std::atomic<u64> mixed = 0;
  std::atomic<u64> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, reader = opened(path)] {
      Lsn last;
      while (!stop) {
        const auto moment = reader.read();
        if (!moment) continue;
        const u64 n = moment->edition;
        const bool agrees = moment->active_log == FileId{n, n} &&
                            moment->committed.log_sequence() == n && moment->committed >= last;
        mixed += agrees ? 0 : 1;
        last = moment->committed;
        ++reads;
      }
    });
  }
  while (reads < 100) std::this_thread::yield();  // on a busy machine threads start late
  for (u64 n = 2; n < 20'000; ++n) {
    writer.publish_committed(Lsn::make(n - 1, 1 + n % 7), n, n);
    writer.begin_change();
    writer.end_change({n, {n, n}, {Lsn::make(n, 1), n, n}});
    if (n % 64 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(mixed == 0);
  CHECK(reads > 0);
}

TEST_CASE("durable only grows, whoever raises it") {
  const TemporaryFolder folder;
  Control control = made(folder / "CONTROL");
  std::vector<std::thread> threads;
  std::atomic<u64> fell = 0;
  for (u64 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Lsn last;
      for (u64 i = 0; i < 5000; ++i) {
        control.raise_durable(Lsn::make(4, i * 4 + t));
        const Lsn now = control.durable();
        fell += now < last || now < Lsn::make(4, i * 4 + t) ? 1 : 0;
        last = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fell == 0);
  CHECK(control.durable() == Lsn::make(4, 4999 * 4 + 3));
}

}  // namespace
}  // namespace shale::catalog

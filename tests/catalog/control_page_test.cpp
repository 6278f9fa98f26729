// The bytes of CONTROL, and every single word of it that is not as it should be.
#include <algorithm>
#include <atomic>
#include <thread>

#include "base/system.hpp"
#include "tests/catalog/control_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using namespace testing;
using shale::testing::TemporaryFolder;
using State = Control::Opened::State;

// Words of the page by their place in the layout.
constexpr u64 epoch_at = 72;
constexpr u64 committed_at = 104;
constexpr u64 frames_at = 112;
constexpr u64 holder_at = 256;

struct Page {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "CONTROL";
  Control control = made(path);

  u64 word(u64 offset) const {
    std::byte bytes[8];
    File::open(path, File::Mode::read).value().read_exactly(offset, bytes).value();
    return load<u64>(bytes);
  }
  void overwrite(u64 offset, u64 value) const { testing::overwrite(path, offset, value); }
};

}  // namespace

TEST_CASE("the words of a control page stand where the layout says") {
  Page page;
  const Buffer bytes = read_file(page.path, 1 << 20).value();
  REQUIRE(bytes.size() == 16384);
  CHECK(as_text(Bytes(bytes).first(8)) == "SHCONT01");
  CHECK(page.word(8) == (u64(16384) << 32 | 2));
  CHECK(page.word(16) == 0xb007);
  const FileIdentity self = path_identity(page.path).value().value();
  CHECK(page.word(24) == self.device);
  CHECK(page.word(32) == self.inode);
  CHECK(page.word(40) == 0xabc);
  CHECK(page.word(64) == 0);  // replaced
  CHECK(page.word(epoch_at) == page.control.epoch());
  CHECK(page.word(80) == 5);
  CHECK(page.word(88) == 3);
  CHECK(page.word(96) == 0x33);
  CHECK(page.word(committed_at) == Lsn::make(3, 100).value);
  CHECK(page.word(192) == Lsn::make(3, 50).value);
  page.control.set_manifest_in_flight(6);
  page.control.set_sync_in_flight(7);
  page.control.poison(8);
  page.control.set_holder({1, 2, 3, "fold"});
  page.control.mark_replaced();
  CHECK(page.word(64) == 1);
  CHECK(page.word(200) == 6);
  CHECK(page.word(208) == 7);
  CHECK(page.word(216) == 8);
  for (u64 i = 1; i <= 3; ++i) CHECK(page.word(holder_at + 8 * i) == i);
  CHECK(page.word(holder_at + 32) == 0x646c6f66);  // "fold"
  CHECK(
      std::all_of(bytes.begin() + 320, bytes.end(), [](std::byte b) { return b == std::byte(0); }));
  page.control.set_slot(0, {1, 2, 3, 4, 5, "six"});
  page.control.set_slot(control_slots - 1, {11, 12, 13, 14, 15, "sixteen"});
  for (u64 i = 1; i <= 5; ++i) {
    CHECK(page.word(320 + 8 * i) == i);
    CHECK(page.word(16384 - 64 + 8 * i) == 10 + i);
  }
  CHECK(page.word(320 + 48) == 0x786973);  // "six"
  CHECK(page.word(384) == 0);              // the next slot
}

TEST_CASE("one word of the identity that differs makes a page stale, for its own reason") {
  Page page;
  const auto reason = [&](u64 offset, u64 value) {
    const u64 sound = page.word(offset);
    page.overwrite(offset, value);
    const auto opened = Control::open(page.path, identity);
    page.overwrite(offset, sound);
    CHECK(Control::open(page.path, identity).value().state == State::usable);
    if (!opened) return std::string("error");
    CHECK(opened->state == State::stale);
    return opened->reason;
  };
  CHECK(reason(0, 0) == "not a CONTROL page");
  CHECK(reason(8, u64(16384) << 32 | 3) == "error");
  CHECK(reason(8, u64(16384) << 32 | 1) == "error");
  CHECK(reason(8, u64(16384) << 32) == "error");
  CHECK(reason(8, u64(8192) << 32 | 2) == "a copy of another CONTROL");
  CHECK(reason(16, 1) == "of another boot");
  CHECK(reason(24, ~u64(0)) == "a copy of another CONTROL");
  CHECK(reason(32, ~u64(0)) == "a copy of another CONTROL");
  CHECK(reason(40, 1) == "of another project");
  CHECK(reason(64, 1) == "replaced");
}

TEST_CASE("frames are written in turn, and none counts that does not say what is committed") {
  Page page;
  for (u64 n = 2; n < 7; ++n) {
    const u64 counted = page.word(frames_at) == page.word(committed_at) ? 0 : 1;
    page.control.publish_committed(Lsn::make(3, n * 100), n, n + 1);
    CHECK(page.word(frames_at + (1 - counted) * 24) == Lsn::make(3, n * 100).value);
    CHECK(page.word(frames_at + counted * 24) < Lsn::make(3, n * 100).value);
    CHECK(page.control.last_frame() == LastFrame{Lsn::make(3, n * 100), n, n + 1});
  }
  page.overwrite(committed_at, Lsn::make(3, 650).value);
  CHECK_FALSE(page.control.last_frame());
  // A change at what is committed gives the page a frame again.
  page.control.begin_change();
  page.control.end_change({6, {3, 0x33}, {Lsn::make(3, 650), 1, 2}});
  CHECK(page.control.last_frame() == LastFrame{Lsn::make(3, 650), 1, 2});
}

TEST_CASE("what is committed already changes nothing when it is published again") {
  Page page;
  const u64 epoch = page.control.epoch();
  page.control.publish_committed(Lsn::make(3, 100), 77, 78);
  page.control.publish_committed(Lsn::make(3, 99), 77, 78);
  page.control.publish_committed(Lsn{}, 77, 78);
  CHECK(page.control.last_frame() == start.last_frame);
  const LastFrame newer{Lsn::make(3, 200), 1, 2};
  for (const u64 checksum : {1u, 77u}) {  // into the other copy of the frame, and not again
    page.control.publish_committed(newer.lsn, checksum, 2);
  }
  CHECK(page.control.last_frame() == newer);
  page.control.begin_change();
  page.control.end_change({5, {3, 0x33}, {Lsn::make(3, 199), 77, 78}});
  CHECK(page.control.last_frame() == newer);
  CHECK(page.control.committed() == newer.lsn);
  CHECK(page.control.epoch() == epoch + 2);
}

TEST_CASE("the epoch's last values are no trap") {
  Page page;
  page.overwrite(epoch_at, ~u64(0));  // odd: left by a dead holder
  CHECK_FALSE(page.control.read());
  CHECK(page.control.change_pending());
  page.control.begin_change();
  page.control.end_change({6, {4, 1}, start.last_frame});
  CHECK(page.control.epoch() == 0);
  CHECK(page.control.read()->edition == 6);
}

TEST_CASE("a holder that died while it wrote its name is nobody, until the next one") {
  Page page;
  page.control.set_holder({1, 2, 3, "merge"});
  page.overwrite(holder_at, page.word(holder_at) | 1);
  CHECK_FALSE(page.control.holder());
  page.control.set_holder({4, 5, 6, "exactly 16 bytes"});
  CHECK(page.control.holder() == LeaseHolder{4, 5, 6, "exactly 16 bytes"});
  page.control.set_holder({4, 5, 6, ""});
  CHECK(page.control.holder()->verb.empty());
  page.control.set_holder({0, 5, 6, "no process"});
  CHECK_FALSE(page.control.holder());
  CHECK(LeaseHolder::current("a verb of more than sixteen").verb == "a verb of more t");
}

TEST_CASE("a page is made over whatever stands there") {
  const TemporaryFolder folder;
  const auto path = folder / "CONTROL";
  const auto make = [&] { return Control::create(path, identity, start, {}).value(); };
  for (const usize size : {0u, 5u, 4095u, 4096u, 9000u, 16383u, 16384u, 20000u}) {
    replace_file(path, as_bytes(std::string(size, 'x'))).value();
    replace_file(folder / "CONTROL.tmp", as_bytes("left by a killed process")).value();
    const Control fresh = make();
    CHECK(fresh.read()->edition == 5);
    CHECK(Control::open(path, identity).value().state == State::usable);
  }
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"CONTROL"});
  CHECK(Control::create(folder / "none" / "CONTROL", identity, start, {}).error().code ==
        ErrorCode::not_found);
  CHECK_FALSE(Control::open(folder.path(), identity));
}

TEST_CASE("a slot says who has it, once and again") {
  Page page;
  const Control reader = std::move(*Control::open(page.path, identity).value().control);
  CHECK_FALSE(reader.slot(7));
  SlotEntry self = SlotEntry::current("search");
  CHECK(self.pid == process_id());
  CHECK(self.start_time == process_start_time());
  CHECK(self.program == "search");
  self.locks = 5;
  page.control.set_slot(7, self);
  CHECK(reader.slot(7) == self);
  CHECK_FALSE(reader.slot(6));
  CHECK_FALSE(reader.slot(8));
  page.control.set_slot(7, {1, 2, 3, 4, 0, "exactly 16 bytes and more"});
  CHECK(reader.slot(7) == SlotEntry{1, 2, 3, 4, 0, "exactly 16 bytes"});
  CHECK_FALSE(reader.holder());
}

TEST_CASE("a slot whose owner died while he wrote says nothing, until its next owner") {
  Page page;
  const u64 slot_at = 320 + 64 * 3;
  page.control.set_slot(3, {1, 2, 3, 4, 0, "one"});
  page.overwrite(slot_at, page.word(slot_at) | 1);
  CHECK_FALSE(page.control.slot(3));
  page.control.set_slot(3, {5, 6, 7, 8, 0, "two"});
  CHECK(page.control.slot(3) == SlotEntry{5, 6, 7, 8, 0, "two"});
  CHECK(page.word(slot_at) % 2 == 0);
}

TEST_CASE("no reader ever sees two owners of a slot mixed") {
  Page page;
  std::atomic<bool> stop = false;
  std::atomic<u64> mixed = 0;
  std::atomic<u64> reads = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto entry = page.control.slot(0);
      if (!entry) continue;
      const u64 n = entry->pid;
      const SlotEntry whole{n, n, n, i64(n), n, std::to_string(n)};
      mixed += *entry == whole ? 0 : 1;
      ++reads;
    }
  });
  for (u64 n = 1; n < 20'000 || reads < 100; ++n) {
    page.control.set_slot(0, {n, n, n, i64(n), n, std::to_string(n)});
    if (n % 16 == 0) std::this_thread::yield();
  }
  stop = true;
  reader.join();
  CHECK(mixed == 0);
}

TEST_CASE("no reader ever sees two holders mixed") {
  Page page;
  std::atomic<bool> stop = false;
  std::atomic<u64> mixed = 0;
  std::atomic<u64> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto holder = page.control.holder();
        if (!holder) continue;
        const std::string number = std::to_string(holder->pid);
        const bool agrees =
            holder->start_time == holder->pid && holder->pid_namespace == holder->pid;
        mixed += agrees && holder->verb == "holder " + number ? 0 : 1;
        ++reads;
      }
    });
  }
  for (u64 n = 1; n < 20'000 || reads < 100; ++n) {
    const u64 pid = 1'000'000 + n % 100'000;
    page.control.set_holder({pid, pid, pid, "holder " + std::to_string(pid)});
    if (n % 16 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(mixed == 0);
}

}  // namespace shale::catalog

#include "catalog/control.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <thread>

#include "base/lock.hpp"
#include "base/system.hpp"

namespace shale::catalog {

namespace {

// A change takes three stores: whoever finds the epoch odd this often finds a dead owner, or one
// that was stopped.
constexpr int read_attempts = 1000;

using Word = std::atomic_ref<u64>;
static_assert(Word::is_always_lock_free, "words are shared between processes");
static_assert(offsetof(ControlPage, now) % Word::required_alignment == 0);

u64 acquire(u64& word) { return Word(word).load(std::memory_order_acquire); }
void release(u64& word, u64 value) { Word(word).store(value, std::memory_order_release); }

// Compare-and-swap to the greater value. Release: what the caller did before it (a frame written,
// an fdatasync) is there for whoever acquires the value.
void raise(u64& word, u64 value) {
  u64 seen = Word(word).load(std::memory_order_relaxed);
  while (seen < value && !Word(word).compare_exchange_weak(seen, value, std::memory_order_release,
                                                           std::memory_order_relaxed)) {
  }
}

// Text of 16 bytes as two words: of a verb, of a program.
std::array<u64, 2> text_words(std::string_view whole) {
  std::array<char, 16> text{};
  std::copy_n(whole.begin(), std::min(whole.size(), text.size()), text.begin());
  return std::bit_cast<std::array<u64, 2>>(text);
}

std::string words_text(const std::array<u64, 2>& words) {
  const auto text = std::bit_cast<std::array<char, 16>>(words);
  return std::string(text.begin(), std::find(text.begin(), text.end(), '\0'));
}

Result<SharedMap> map_page(File file) {
  SharedMap map = TRY(SharedMap::open(std::move(file), control_bytes));
  TRY(map.reserve(control_bytes));
  return map;
}

// Why a page is not ours, or nothing.
Result<std::string> defect(const ControlIdentityPart& found, const ControlIdentity& wanted,
                           FileIdentity file) {
  if (found.magic != control_magic) return std::string("not a CONTROL page");
  if (found.boot != wanted.boot) return std::string("of another boot");
  if (found.version != control_version) {
    return fail(ErrorCode::too_new, "Processes with another version of shale use this project.");
  }
  const bool itself = FileIdentity{found.device, found.inode} == file;
  if (!itself || found.bytes != control_bytes) return std::string("a copy of another CONTROL");
  if (found.project_id != wanted.project_id) return std::string("of another project");
  return std::string();
}

}  // namespace

// -- making and opening --

Result<Control> Control::create(const std::filesystem::path& path, const ControlIdentity& identity,
                                const ControlChange& now, Lsn durable) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  TRY(remove_file(temporary));
  File file = TRY(File::open(temporary, File::Mode::create_new));
  const FileIdentity self = TRY(file.identity());
  Control control(TRY(map_page(std::move(file))));
  control.begin(identity, self, now, durable);
  TRY(retire(path));
  TRY(rename_path(temporary, path));
  return control;
}

Result<Control> Control::create_unshared(const ControlIdentity& identity, const ControlChange& now,
                                         Lsn durable) {
  Control control(TRY(SharedMap::anonymous(control_bytes)));
  control.begin(identity, {}, now, durable);
  return control;
}

// Plain stores: nobody else can see the page before it has its name.
void Control::begin(const ControlIdentity& identity, FileIdentity self, const ControlChange& now,
                    Lsn durable) {
  ControlPage& fresh = page();
  fresh = ControlPage{};
  fresh.identity = {control_magic, control_version, u32(control_bytes),  identity.boot,
                    self.device,   self.inode,      identity.project_id, {}};
  // Random: two pages of one project never show the same epoch, so a reader that went from one to
  // the other never takes its old snapshot for the newest.
  fresh.now.epoch = (random_u64() >> 1) & ~u64(1);
  fresh.now.frames[0].lsn = fresh.now.frames[1].lsn = ~u64(0);  // no frame known yet
  fresh.durable.durable = durable.value;
  begin_change();
  end_change(now);
}

// Tells those who still have the page at `path` mapped that it is about to be replaced. Before the
// rename: a process killed in between leaves a page that everybody calls stale, never one that
// looks alive and in which nothing changes any more (PROTOCOL B2).
Result<void> Control::retire(const std::filesystem::path& path, u64 poisoned_log) {
  Result<File> file = File::open(path, File::Mode::read_write);
  if (!file) {
    if (file.error().code == ErrorCode::not_found) return {};
    return Unexpected{std::move(file).error()};
  }
  if (TRY(file->size()) < control_bytes) return {};
  const SharedMap map = TRY(map_page(*std::move(file)));
  ControlPage& page = *object_at<ControlPage>(map.data(), 0);
  const bool known =
      page.identity.magic == control_magic && page.identity.version == control_version;
  if (!known) return {};
  raise(page.durable.poisoned, poisoned_log);
  release(page.now.replaced, 1);
  return {};
}

Result<Control::Opened> Control::open(const std::filesystem::path& path,
                                      const ControlIdentity& identity) {
  Opened opened;
  Result<File> file = File::open(path, File::Mode::read_write);
  if (!file) {
    if (file.error().code == ErrorCode::not_found) return opened;
    return Unexpected{std::move(file).error()};
  }
  opened.state = Opened::State::stale;
  const FileIdentity self = TRY(file->identity());
  // Before its size is judged: a page of another version has another size, and is alive all the
  // same.
  std::array<std::byte, sizeof(ControlIdentityPart)> bytes;
  if (TRY(file->read_at(0, bytes)) < bytes.size()) {
    opened.reason = "too short";
    return opened;
  }
  Result<std::string> reason = defect(load<ControlIdentityPart>(bytes.data()), identity, self);
  if (!reason) {
    reason.error().path = path.string();
    return Unexpected{std::move(reason).error()};
  }
  opened.reason = *std::move(reason);
  if (opened.reason.empty() && TRY(file->size()) < control_bytes) opened.reason = "too short";
  if (!opened.reason.empty()) return opened;
  Control control(TRY(map_page(*std::move(file))));
  opened.durable = control.durable();
  opened.doubts = control.doubts();
  if (control.replaced()) opened.reason = "replaced";
  if (control.lost()) opened.reason = "cannot be read";
  if (!opened.reason.empty()) return opened;
  opened.state = Opened::State::usable;
  opened.control.emplace(std::move(control));
  return opened;
}

ControlPage& Control::page() const { return *object_at<ControlPage>(map_.data(), 0); }

bool Control::is_whole() const {
  const Result<u64> bytes = map_.usable_bytes();
  return bytes && *bytes >= control_bytes;
}

// -- snapshots --

std::optional<ControlMoment> Control::read() const {
  ControlNowPart& now = page().now;
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    if (attempt > 10) std::this_thread::yield();
    ControlMoment moment;
    // Each load acquires, so none moves before the epoch's first load, and the second load of the
    // epoch moves before none. Whoever sees a word of a later change has acquired its release and
    // therefore sees that change's odd epoch, or a later one, in the second load.
    moment.epoch = acquire(now.epoch);
    if (moment.epoch % 2 != 0) continue;
    moment.edition = acquire(now.edition);
    moment.active_log = {acquire(now.log_sequence), acquire(now.log_random)};
    moment.committed.value = acquire(now.committed);
    if (acquire(now.epoch) == moment.epoch) return moment;
  }
  return std::nullopt;
}

// Acquire: with the epoch comes everything stored before it was made even.
u64 Control::epoch() const { return acquire(page().now.epoch); }
// Acquire: pairs with the release of publish_committed.
Lsn Control::committed() const { return {acquire(page().now.committed)}; }
bool Control::replaced() const { return acquire(page().now.replaced) != 0; }
bool Control::is_page_of(const Control& other) const {
  const ControlIdentityPart& mine = page().identity;
  const ControlIdentityPart& its = other.page().identity;
  return mine.device == its.device && mine.inode == its.inode;
}
void Control::mark_replaced() { release(page().now.replaced, 1); }

// -- writing --

std::optional<LastFrame> Control::last_frame() const {
  ControlNowPart& now = page().now;
  const u64 committed = acquire(now.committed);
  for (ControlFrame& frame : now.frames) {
    if (acquire(frame.lsn) == committed) {
      return LastFrame{{committed}, acquire(frame.checksum), acquire(frame.offset)};
    }
  }
  return std::nullopt;
}

// Into the copy that does not count now. Its lsn goes to a value that is never committed first, so
// that a half-written copy never counts.
void Control::store_frame(const LastFrame& frame) {
  ControlNowPart& now = page().now;
  const u64 committed = acquire(now.committed);
  ControlFrame& spare = acquire(now.frames[0].lsn) == committed ? now.frames[1] : now.frames[0];
  release(spare.lsn, ~u64(0));
  release(spare.checksum, frame.checksum);
  release(spare.offset, frame.offset);
  release(spare.lsn, frame.lsn.value);
}

void Control::publish_committed(Lsn lsn, u64 checksum, u64 frame_offset) {
  ControlNowPart& now = page().now;
  if (lsn <= committed()) return;
  store_frame({lsn, checksum, frame_offset});
  raise(now.committed, lsn.value);
}

void Control::begin_change() {
  ControlNowPart& now = page().now;
  const u64 epoch = acquire(now.epoch);
  // Odd already: left by a dead owner, whose change the caller does again.
  if (epoch % 2 == 0) release(now.epoch, epoch + 1);
}

void Control::end_change(const ControlChange& change) {
  ControlNowPart& now = page().now;
  // Releases: whoever sees one of these values sees the odd epoch before it.
  release(now.edition, change.edition);
  release(now.log_sequence, change.active_log.sequence);
  release(now.log_random, change.active_log.random);
  const LastFrame& frame = change.last_frame;
  // A frame at the committed LSN itself is stored only where the page knows none.
  if (frame.lsn > committed() || !last_frame()) store_frame(frame);
  raise(now.committed, frame.lsn.value);
  release(now.epoch, (acquire(now.epoch) | 1) + 1);
}

bool Control::change_pending() const { return epoch() % 2 != 0; }

// Release and acquire: set before MANIFEST is touched, cleared after the epoch is even again.
void Control::set_manifest_in_flight(u64 edition) {
  release(page().durable.manifest_in_flight, edition);
}
void Control::clear_manifest_in_flight() { release(page().durable.manifest_in_flight, 0); }
u64 Control::manifest_in_flight() const { return acquire(page().durable.manifest_in_flight); }

// -- lease holder --

namespace {

LeaseHolder this_process() {
  LeaseHolder holder;
  holder.pid = process_id();
  holder.start_time = process_start_time();
  const auto space = path_identity("/proc/self/ns/pid");
  if (space && *space) holder.pid_namespace = (*space)->inode;
  return holder;
}

}  // namespace

// Read from /proc once for each thread, not for each lease; a child of fork is another process.
LeaseHolder LeaseHolder::current(std::string_view verb) {
  thread_local u64 generation = process_generation();
  thread_local LeaseHolder known = this_process();
  if (generation != process_generation()) {
    generation = process_generation();
    known = this_process();
  }
  LeaseHolder holder = known;
  holder.verb = std::string(verb.substr(0, 16));
  return holder;
}

void Control::set_holder(const LeaseHolder& holder) {
  ControlHolderPart& words = page().holder;
  // The same bracket as the epoch's; a version left odd by a dead holder stays odd here.
  const u64 version = acquire(words.version) | 1;
  release(words.version, version);
  release(words.pid, holder.pid);
  release(words.start_time, holder.start_time);
  release(words.pid_namespace, holder.pid_namespace);
  const std::array<u64, 2> verb = text_words(holder.verb);
  release(words.verb[0], verb[0]);
  release(words.verb[1], verb[1]);
  release(words.version, version + 1);
}

void Control::clear_holder() { set_holder({}); }

std::optional<LeaseHolder> Control::holder() const {
  ControlHolderPart& words = page().holder;
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    const u64 version = acquire(words.version);
    if (version % 2 != 0) continue;
    LeaseHolder holder;
    holder.pid = acquire(words.pid);
    holder.start_time = acquire(words.start_time);
    holder.pid_namespace = acquire(words.pid_namespace);
    holder.verb = words_text({acquire(words.verb[0]), acquire(words.verb[1])});
    if (acquire(words.version) != version) continue;
    return holder.pid == 0 ? std::nullopt : std::optional(std::move(holder));
  }
  return std::nullopt;
}

// -- who has it open --

SlotEntry SlotEntry::current(std::string_view program) {
  const LeaseHolder self = LeaseHolder::current(program);
  SlotEntry entry;
  entry.pid = self.pid;
  entry.start_time = self.start_time;
  entry.pid_namespace = self.pid_namespace;
  entry.opened_at = now_microseconds();
  entry.program = self.verb;
  return entry;
}

// Bracketed as the holder is, and for the same reason: the next owner of the slot makes a version
// even again that a killed one left odd. One owner at a time: the slot's byte of LOCK is his.
void Control::set_slot(usize slot, const SlotEntry& entry) {
  ControlSlotPart& words = page().slots[slot];
  const u64 version = acquire(words.version) | 1;
  release(words.version, version);
  release(words.pid, entry.pid);
  release(words.start_time, entry.start_time);
  release(words.pid_namespace, entry.pid_namespace);
  release(words.opened_at, u64(entry.opened_at));
  release(words.locks, entry.locks);
  const std::array<u64, 2> program = text_words(entry.program);
  release(words.program[0], program[0]);
  release(words.program[1], program[1]);
  release(words.version, version + 1);
}

std::optional<SlotEntry> Control::slot(usize slot) const {
  ControlSlotPart& words = page().slots[slot];
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    const u64 version = acquire(words.version);
    if (version % 2 != 0) continue;
    SlotEntry entry;
    entry.pid = acquire(words.pid);
    entry.start_time = acquire(words.start_time);
    entry.pid_namespace = acquire(words.pid_namespace);
    entry.opened_at = i64(acquire(words.opened_at));
    entry.locks = acquire(words.locks);
    entry.program = words_text({acquire(words.program[0]), acquire(words.program[1])});
    if (acquire(words.version) != version) continue;
    return entry.pid == 0 ? std::nullopt : std::optional(std::move(entry));
  }
  return std::nullopt;
}

// -- durability --

// Acquire: pairs with the release of the process that synced.
Lsn Control::durable() const { return {acquire(page().durable.durable)}; }
void Control::raise_durable(Lsn lsn) { raise(page().durable.durable, lsn.value); }

// Set before fdatasync and cleared after durable was raised: the releases keep that order for a
// process that finds the word set and the sync lock free (its owner died: PROTOCOL A3).
void Control::set_sync_in_flight(u64 log_sequence) {
  release(page().durable.sync_in_flight, log_sequence);
}
void Control::clear_sync_in_flight() { release(page().durable.sync_in_flight, 0); }
u64 Control::sync_in_flight() const { return acquire(page().durable.sync_in_flight); }

void Control::set_late_sync_in_flight(u64 log_sequence) {
  release(page().durable.late_sync_in_flight, log_sequence);
}
void Control::clear_late_sync_in_flight() { release(page().durable.late_sync_in_flight, 0); }
u64 Control::late_sync_in_flight() const { return acquire(page().durable.late_sync_in_flight); }

// Release: whoever acquires the count and then loads `committed`, as a syncer does, covers the
// frame that was published before it. The words of a group are hints, stored by the sync lock's
// holder.
void Control::request_sync() {
  Word(page().durable.sync_requests).fetch_add(1, std::memory_order_release);
}
SyncGroup Control::sync_group() const {
  return std::bit_cast<SyncGroup>(acquire(page().durable.sync_group));
}
bool Control::sync_group_is_complete() const {
  const SyncGroup group = sync_group();
  return u32(acquire(page().durable.sync_requests)) - group.served >= group.crowd;
}
SyncGroup Control::begin_sync() {
  SyncGroup group = sync_group();
  const SyncGroup before = group;
  group.served = u32(acquire(page().durable.sync_requests));
  release(page().durable.sync_group, std::bit_cast<u64>(group));
  return before;
}
void Control::end_sync(SyncGroup before, std::chrono::steady_clock::duration took) {
  using std::chrono::microseconds;
  const u32 asked = u32(acquire(page().durable.sync_requests)) - before.served;
  const i64 spent = std::chrono::duration_cast<microseconds>(took).count();
  SyncGroup group = sync_group();
  group.crowd = u16(std::min<u32>(asked, 0xFFFF));
  group.patience_us = u16(std::clamp<i64>(4 * spent, 0, sync_patience_max_us));
  release(page().durable.sync_group, std::bit_cast<u64>(group));
}

// Release after the lock was given back: whoever acquires the new count and tries, finds it free.
u64 Control::sync_turns() const { return acquire(page().durable.sync_turns); }
void Control::end_sync_turn() {
  Word(page().durable.sync_turns).fetch_add(1, std::memory_order_release);
  wake_all(page().durable.sync_turns);
}
void Control::wait_for_sync_turn(u64 seen, std::chrono::steady_clock::duration patience) const {
  wait_for_wake(page().durable.sync_turns, seen, patience);
}

void Control::poison(u64 log_sequence) { raise(page().durable.poisoned, log_sequence); }
u64 Control::poisoned() const { return acquire(page().durable.poisoned); }

// The words in flight first: whoever sees one cleared sees how that sync ended.
SyncDoubts Control::doubts() const {
  SyncDoubts doubts;
  doubts.in_flight = sync_in_flight();
  doubts.late_in_flight = late_sync_in_flight();
  doubts.poisoned = poisoned();
  return doubts;
}

}  // namespace shale::catalog

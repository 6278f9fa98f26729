// CONTROL: the one page all processes with a project open share (volatile/CONTROL). It says what
// the newest snapshot is, what is durable, and who holds the lease. Volatile: no recovery reads it;
// one that does not belong to this boot, file or project is stale and is made anew, never
// re-initialised in place (PROTOCOL A6, B1, B2, B5). Used by store only.
//
//   0    identity        written once, before the page has its name (ControlIdentityPart)
//   64   what is now     epoch, edition, active log, committed, last frames (ControlNowPart)
//   192  durability      durable, words in flight, poisoned (ControlDurablePart)
//   256  lease holder    behind a sequence number of its own (ControlHolderPart)
//   320  slots           251 of 64 bytes: who has the project open (ControlSlotPart)
//
// All words are u64 on cache lines grouped by who writes them. Who may write: words marked LEASE
// only the holder of the lease; those marked SLOT only the holder of that slot's byte of LOCK; the
// others anybody, by compare-and-swap, a single store or an addition.
//
// Version history: 1 first (4,096 bytes); 2 slots, 16,384 bytes. sync_requests and sync_group took
// words unused before: a process that does not know them leaves zeros, and shares no sync.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mapped_file.hpp"
#include "model/numbers.hpp"

namespace shale::catalog {

// Bytes of LOCK that stand for locks between processes; order: merge < access < lease < sync.
namespace lock_byte {
inline constexpr u64 lease = 0;
inline constexpr u64 sync = 1;
inline constexpr u64 merge = 2;
inline constexpr u64 late_sync = 3;
inline constexpr u64 access = 4;       // of .access files
inline constexpr u64 figures = 5;      // who makes STATS; no other lock is asked for under it
inline constexpr u64 first_slot = 16;  // control_slots bytes, each for one process that has it open
}  // namespace lock_byte

inline constexpr u64 control_magic = 0x3130544e4f434853;  // "SHCONT01"
inline constexpr u32 control_version = 2;
inline constexpr u64 control_bytes = 16384;
inline constexpr usize control_slots = 251;  // as many as the bytes hold
inline constexpr u16 sync_patience_max_us = 1000;

struct ControlIdentityPart {
  u64 magic;
  u32 version;
  u32 bytes;
  u64 boot;
  u64 device;
  u64 inode;
  u64 project_id;
  u64 unused[2];
};
struct ControlFrame {
  u64 lsn;
  u64 checksum;
  u64 offset;
};
struct ControlNowPart {
  // Not 0: another CONTROL has taken this one's place; whoever sees it opens by path again. Release
  // store by who replaces it, acquire load by everybody.
  u64 replaced;
  // LEASE. Odd while edition and log are being changed. Acquire/release: brackets the words below.
  u64 epoch;
  u64 edition;       // LEASE. Of MANIFEST; changes only while epoch is odd
  u64 log_sequence;  // LEASE. The active log; changes only while epoch is odd
  u64 log_random;
  // LEASE. LSN every snapshot may read up to. The release that publishes a batch: log, index and
  // `frames` are complete for whoever acquires it. Only grows.
  u64 committed;
  // LEASE. The last frame, twice: the copy whose lsn equals `committed` counts, the other one is
  // being written. So a writer killed between two stores leaves a true pair.
  ControlFrame frames[2];
  u64 unused[4];
};
// What a sync tells the next one: for whom it is worth waiting. All three are hints: who waits in
// vain, because a writer died, went away or was counted twice, waits no longer than `patience_us`.
struct SyncGroup {
  u32 served = 0;       // sync_requests as the newest sync began (its low half): those it covers
  u16 crowd = 0;        // how many asked from the start of the sync before it to its end
  u16 patience_us = 0;  // from the end of a turn: four times its fdatasync, which leaves time to
                        // come back and for the next one, or sync_patience_max_us
};
static_assert(sizeof(SyncGroup) == sizeof(u64));
struct ControlDurablePart {
  // LSN up to which everything survives a power cut; it names its log (A8). Only grows (CAS), by
  // whoever synced; release after the fdatasync, acquired before a batch is acknowledged.
  u64 durable;
  u64 manifest_in_flight;   // LEASE. Edition whose MANIFEST is being replaced, or 0 (B5)
  u64 sync_in_flight;       // sequence of the log that the sync lock's holder syncs, or 0 (A3)
  u64 poisoned;             // highest sequence of a log whose sync failed, or 0 (A3); only grows
  u64 late_sync_in_flight;  // the same of the late sync lock's holder
  u64 sync_turns;     // how often a sync lock was given back; a futex for those who wait for it
  u64 sync_requests;  // how many have asked for a sync: each adds 1, after he published
  u64 sync_group;     // a SyncGroup; by the holder of the sync lock
};
struct ControlHolderPart {
  u64 version;  // LEASE. Odd while the words below are being changed
  u64 pid;      // 0: nobody
  u64 start_time;
  u64 pid_namespace;
  u64 verb[2];  // 16 bytes of text, filled up with zeros
  u64 unused[2];
};
// Counts while the slot's byte of LOCK is locked; else it was left by a process that is gone.
struct ControlSlotPart {
  u64 version;  // SLOT. Odd while the words below are being changed
  u64 pid;      // 0: nobody yet
  u64 start_time;
  u64 pid_namespace;
  u64 opened_at;   // microseconds since 1970 UTC
  u64 locks;       // bit n: it has byte n of LOCK (lease, merge)
  u64 program[2];  // 16 bytes of text, filled up with zeros
};
struct ControlPage {
  ControlIdentityPart identity;
  ControlNowPart now;
  ControlDurablePart durable;
  ControlHolderPart holder;
  ControlSlotPart slots[control_slots];
};
static_assert(sizeof(ControlIdentityPart) == 64);
static_assert(sizeof(ControlNowPart) == 128);
static_assert(sizeof(ControlDurablePart) == 64);
static_assert(sizeof(ControlHolderPart) == 64);
static_assert(sizeof(ControlSlotPart) == 64);
static_assert(sizeof(ControlPage) == control_bytes);

// Whom a page belongs to. `boot` from base/system.hpp's boot_id().
struct ControlIdentity {
  u64 project_id = 0;
  u64 boot = 0;
};

// The last committed frame: what a writer looks for in the log before it trusts the page.
struct LastFrame {
  Lsn lsn;
  u64 checksum = 0;
  u64 offset = 0;  // where the frame begins in its log
  bool operator==(const LastFrame&) const = default;
};

// What a snapshot is made of, read as one.
struct ControlMoment {
  u64 epoch = 0;
  u64 edition = 0;
  FileId active_log;
  Lsn committed;
  bool operator==(const ControlMoment&) const = default;
};

// What an edition or log change sets. `last_frame.lsn` may be what is committed already.
struct ControlChange {
  u64 edition = 0;
  FileId active_log;
  LastFrame last_frame;
};

struct LeaseHolder {
  u64 pid = 0;
  u64 start_time = 0;     // ticks since boot: tells a recycled pid
  u64 pid_namespace = 0;  // inode: a pid means something inside its namespace only
  std::string verb;       // at most 16 bytes are kept
  bool operator==(const LeaseHolder&) const = default;

  static LeaseHolder current(std::string_view verb);  // this process
};

// Who has the project open, and since when: one slot.
struct SlotEntry {
  u64 pid = 0;
  u64 start_time = 0;
  u64 pid_namespace = 0;
  i64 opened_at = 0;
  u64 locks = 0;
  std::string program;  // at most 16 bytes are kept
  bool operator==(const SlotEntry&) const = default;

  static SlotEntry current(std::string_view program);  // this process, now
};

// Logs that a sync failed for, or began and did not end: what a success of a later one by a file
// opened since says of them is nothing (A3).
struct SyncDoubts {
  u64 poisoned = 0;
  u64 in_flight = 0;
  u64 late_in_flight = 0;
  bool concern(u64 log_sequence) const {
    return poisoned >= log_sequence || in_flight == log_sequence || late_in_flight == log_sequence;
  }
};

// A mapped CONTROL. Move-only; all members may be called from many threads, those marked LEASE only
// by the holder of the lease. A child of fork shares the page.
class Control {
 public:
  // LEASE. Makes a page under a temporary name and renames it to `path`; marks the page it takes
  // the place of as replaced first. `durable` is what recovery found synced.
  static Result<Control> create(const std::filesystem::path& path, const ControlIdentity& identity,
                                const ControlChange& now, Lsn durable);

  // The same in memory of this process alone: nobody else can open it.
  static Result<Control> create_unshared(const ControlIdentity& identity, const ControlChange& now,
                                         Lsn durable);
  // Marks the page at `path` as replaced, if there is one, so that nobody goes on with it; and that
  // log as poisoned: who waits for its sync takes the lease instead. 0: none.
  static Result<void> retire(const std::filesystem::path& path, u64 poisoned_log = 0);

  struct Opened;
  // What stands at `path`. Stale and absent are answers, not errors; another layout version in the
  // same boot is ErrorCode::too_new: live processes use it.
  static Result<Opened> open(const std::filesystem::path& path, const ControlIdentity& identity);

  // -- snapshots --
  // Nothing where the epoch stays odd (a change is going on, or its owner died): keep the previous
  // moment, or take the lease and repair.
  std::optional<ControlMoment> read() const;
  u64 epoch() const;
  Lsn committed() const;
  bool replaced() const;
  void mark_replaced();
  bool is_page_of(const Control& other) const;  // both map one file
  // The page was lost (base/map_guard.hpp): words read are zeros, words stored reach nobody. Asked
  // after reading; the way out is to open by path again.
  bool lost() const { return map_.lost(); }
  Error loss() const { return map_.loss(); }
  // Whether the file still has the whole page: what was cut off a page reads as zeros without any
  // signal. A system call.
  bool is_whole() const;

  // -- writing (LEASE) --
  // The frame `committed` speaks of; nothing where the page contradicts itself (it is stale then).
  std::optional<LastFrame> last_frame() const;
  // Makes everything up to `lsn` visible. One lower than what is committed changes nothing.
  void publish_committed(Lsn lsn, u64 checksum, u64 frame_offset);
  // Around the stores of an edition or log change, after MANIFEST is durable. After a kill in
  // between the next holder finds change_pending(), reads MANIFEST and does both again: repair.
  void begin_change();
  void end_change(const ControlChange& change);
  bool change_pending() const;
  void set_manifest_in_flight(u64 edition);
  void clear_manifest_in_flight();
  u64 manifest_in_flight() const;  // 0: none

  void set_holder(const LeaseHolder& holder);
  void clear_holder();
  std::optional<LeaseHolder> holder() const;  // anybody may ask; nothing: nobody, or changing

  // -- who has it open --
  // SLOT: the caller has byte first_slot + `slot` of LOCK.
  void set_slot(usize slot, const SlotEntry& entry);
  // Anybody may ask; nothing: never used, or changing. Counts only while the byte is locked.
  std::optional<SlotEntry> slot(usize slot) const;

  // -- durability (anybody) --
  Lsn durable() const;
  void raise_durable(Lsn lsn);  // never lowers it
  void set_sync_in_flight(u64 log_sequence);
  void clear_sync_in_flight();
  u64 sync_in_flight() const;  // 0: none
  // The same for whoever has the late sync lock.
  void set_late_sync_in_flight(u64 log_sequence);
  void clear_late_sync_in_flight();
  u64 late_sync_in_flight() const;
  // Whoever waits for a sync asks first, once his frame is published. The group is complete when as
  // many have asked since the newest sync began as did around it: writers that come back as soon as
  // they are served share the next sync too. A lone writer is complete by himself.
  void request_sync();
  bool sync_group_is_complete() const;
  SyncGroup sync_group() const;
  // With the sync lock, around loading `committed` and the fdatasync: `before` is what begin_sync
  // returned, `took` how long it lasted.
  SyncGroup begin_sync();
  void end_sync(SyncGroup before, std::chrono::steady_clock::duration took);
  // Give the sync lock back first, then end the turn; load the count, then try for the lock, then
  // wait while the count is that: whoever waits hears of every turn's end.
  u64 sync_turns() const;
  void end_sync_turn();
  void wait_for_sync_turn(u64 seen, std::chrono::steady_clock::duration patience) const;
  void poison(u64 log_sequence);
  u64 poisoned() const;  // 0: none
  SyncDoubts doubts() const;

 private:
  explicit Control(SharedMap map) : map_(std::move(map)) {}
  ControlPage& page() const;
  void begin(const ControlIdentity& identity, FileIdentity self, const ControlChange& now,
             Lsn durable);
  void store_frame(const LastFrame& frame);

  SharedMap map_;
};

struct Control::Opened {
  enum class State : u8 { usable, absent, stale };
  State state = State::absent;
  std::string reason;              // why it is stale, for the log
  std::optional<Control> control;  // where usable
  // What it says, where it is of this boot and project: also where it was replaced.
  Lsn durable;
  SyncDoubts doubts;
};

}  // namespace shale::catalog

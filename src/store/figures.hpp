// What this process does with a project, counted and timed, and how it comes to the sums of all.
//
// A process counts in words of its own (StatsWords, those of STATS), by relaxed additions; once a
// second the housekeeper, and whoever lets the project go last, adds what is new there to
// volatile/STATS. Who is killed in between takes a second of figures with him; who adds is done
// with a word once it is added, so that nothing is ever counted twice.
//
//   flush: mutex; words now less words told -> STATS at the path (opened, or made under
//          lock_byte::figures where none fits) -> words told = words now
//
// STATS is looked at by path before each addition: where volatile/ was removed or the store was
// replaced, it is opened or made again. A project that is private or alone has none, nor has a
// child of fork, whose figures are its parent's. Whatever fails here fails silently and is tried
// again a second later: no answer depends on it.
//
// Timed costs two looks at the clock, 45 ns together, and 15 ns of additions; Sampled counts each
// call in the thread's own word (1 ns) and times one of 64. Used by all of store; the words become
// public structs in activity.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "base/lru.hpp"
#include "base/thread_slot.hpp"
#include "catalog/stats_file.hpp"

namespace shale::store {

using catalog::Lock;

inline u64 clock_nanoseconds() {
  return u64(std::chrono::steady_clock::now().time_since_epoch().count());
}

constexpr bool is_sampled(Operation operation) {
  return operation == Operation::get || operation == Operation::snapshot;
}
inline constexpr u64 sample_every = 64;  // calls of a thread

class Figures {
 public:
  void add(Operation operation, u64 nanoseconds, u64 bytes = 0) noexcept;
  void add_wait(Lock lock, u64 nanoseconds) noexcept;
  void add_merge(bool is_fold, u64 read_bytes, u64 written_bytes, u64 nanoseconds) noexcept;
  void add_faults(u64 count) noexcept;
  // What the caches of the store did since somebody last told it.
  void add_cache(catalog::Cache cache, const LruCounters& more) noexcept;

  // Counts one; true: this one is to be timed. Of sampled operations only.
  bool count(Operation operation) noexcept {
    const u32 slot = thread_slot();
    return count_in_slot(slots_[slot].counts[operation == Operation::snapshot], slot) %
               sample_every ==
           0;
  }

  // All of it so far.
  catalog::StatsWords words() const;

 private:
  struct alignas(64) Slot {  // a cache line of its own: each thread writes another
    std::atomic<u64> counts[2] = {};
  };
  mutable catalog::StatsWords words_{};  // loaded by others while it is added to
  Slot slots_[thread_slots + 1];
};

// From here to the end of its block.
class Timed {
 public:
  Timed(Figures& figures, Operation operation)
      : figures_(figures), operation_(operation), started_(clock_nanoseconds()) {}
  ~Timed() { figures_.add(operation_, clock_nanoseconds() - started_, bytes_); }
  Timed(const Timed&) = delete;
  void add_bytes(u64 bytes) { bytes_ += bytes; }

 private:
  Figures& figures_;
  Operation operation_;
  u64 started_;
  u64 bytes_ = 0;
};

// The same where one of 64 is enough.
class Sampled {
 public:
  Sampled(Figures& figures, Operation operation)
      : figures_(figures),
        operation_(operation),
        started_(figures.count(operation) ? clock_nanoseconds() : 0) {}
  ~Sampled() {
    if (started_ != 0) figures_.add(operation_, clock_nanoseconds() - started_);
  }
  Sampled(const Sampled&) = delete;

 private:
  Figures& figures_;
  Operation operation_;
  u64 started_;  // 0: only counted
};

// Around taking a lock. What takes less than 20 us is no wait: an uncontended one takes 2.
class LockWait {
 public:
  LockWait(Figures& figures, Lock lock)
      : figures_(figures), lock_(lock), started_(clock_nanoseconds()) {}
  ~LockWait() { figures_.add_wait(lock_, clock_nanoseconds() - started_); }
  LockWait(const LockWait&) = delete;

 private:
  Figures& figures_;
  Lock lock_;
  u64 started_;
};

// What of a project's figures is in STATS already, and the file.
struct SharedFigures {
  std::mutex mutex;
  std::optional<catalog::StatsFile> file;
  std::unique_ptr<catalog::StatsWords> told;  // 41 KB, from the first time on
  std::chrono::steady_clock::time_point told_at;
};

// What of a store's caches is in the figures of a project already.
struct ToldCaches {
  std::mutex mutex;
  LruCounters segments;
  LruCounters results;
};

}  // namespace shale::store

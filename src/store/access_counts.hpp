// Who read what, as one process counts it until it is written down (accesses.hpp): tables of a
// fixed size per project, one for each core that reads, and one atomic operation for each read.
//
//   word of the table:  index 14 bits | document 24 bits | count 26 bits;  0: free
//
// A word is looked for within one cache line, that of its document and the three beside it (what is
// read much lies together: of 5,000 documents of a shard 80 KB are touched), from a place of its
// own on, so that where to find it is no guess of the processor's; it is counted up by
// compare-and-swap, and taken away whole by whoever writes the counts down: a read is in the word
// that was taken, or finds the word free and begins another. So no order between the two is needed,
// nothing is lost or counted twice, and the words' operations are relaxed. Where all eight words of
// a line are others', a map behind a mutex has the rest (one read in 50 where the table is half
// full). Counters of its own for every document, as a column, cost as much a read and 40 MB in a
// store of 10 million that is read at random; this costs 1 MiB for each core, up to 8 (core_slot),
// from its first read on.
//
// Two cores that count into one table fetch each line from one another: 10 ns a read where they are
// neighbours, 70 where they are not. So each counts in its own, and a document's count is the sum.
//
// An index is known by a slot: a number, and what keeps the index open, as long as any view or
// count speaks of it. Slots that nothing speaks of any more are let go of by who writes counts
// down, and, since a process may see a thousand editions and count nothing, by who opens the next
// ones. Not what is on disk, and not which version of a segment is the live one. Safe from all
// threads.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/core_slot.hpp"
#include "model/index.hpp"

namespace shale::store {

class AccessSlot {
 public:
  AccessSlot(u32 number, FileId id) : number_(number), id_(id) {}
  u32 number() const { return number_; }
  FileId id() const { return id_; }
  // The index itself, for the ids of documents once no view has it: the one with most documents.
  std::shared_ptr<const Index> index() const;
  void keep(const std::shared_ptr<const Index>& index);

 private:
  const u32 number_;
  const FileId id_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Index> index_;
};

class AccessCounts {
 public:
  AccessCounts() = default;
  ~AccessCounts();
  AccessCounts(const AccessCounts&) = delete;

  // Null where 16,383 are open: nothing is counted for that one.
  std::shared_ptr<AccessSlot> open_slot(FileId id);

  // One read of a document; slot 0 is nobody's.
  void add(u32 slot, u32 doc);
  // Soon there will be: what lies in between is no longer spent waiting for the line.
  void expect(u32 slot, u32 doc) const {
    const Table* const table = tables_[core_slot()].load(std::memory_order_acquire);
    if (table != nullptr) __builtin_prefetch(&table->lines[line_of(slot, doc)], 1);
  }

  struct Counted {
    std::shared_ptr<AccessSlot> slot;
    u32 doc = 0;
    u32 count = 0;
  };
  // Everything counted so far, once. Lets go of slots that nobody has any more.
  std::vector<Counted> take();
  // What was taken and could not be written down.
  void give_back(const std::vector<Counted>& counted);

  bool any() const { return begun_.load(std::memory_order_relaxed) != 0; }
  // A table may be half full, or files are kept open that no view has: it should not wait for its
  // turn.
  bool is_crowded() const {
    return begun_.load(std::memory_order_relaxed) > words / 2 ||
           retired_.load(std::memory_order_relaxed) > retired_max;
  }
  usize slot_count() const;  // open ones

 private:
  static constexpr usize retired_max = 8;
  static constexpr usize line_words = 8;
  static constexpr usize words = usize(1) << 17;
  struct alignas(64) Line {
    std::array<std::atomic<u64>, line_words> words{};
  };
  struct Table {
    std::array<Line, words / line_words> lines{};
  };

  // Neighbours share a line, which has room for those of two indexes.
  static constexpr usize line_of(u32 slot, u32 doc) {
    return ((doc >> 2) + slot * 0x9E3779B9u) % (words / line_words);
  }
  static Table& make_table(std::atomic<Table*>& place);
  // Every word of every table, to look at or to take away.
  template <class Visit>
  void each_word(const Visit& visit) const;
  // The words of a line in the order in which they are one document's.
  template <class Visit>
  static bool any_word(Line& line, u64 key, const Visit& visit);
  void add_elsewhere(u64 key, u64 count);
  std::vector<bool> unreferenced() const;
  void let_go_of_unused();

  std::array<std::atomic<Table*>, core_slots> tables_{};  // null: nothing was read there yet
  // Words begun since the last take(); at least 1 where anything is counted.
  std::atomic<u64> begun_{0};
  // Slots that only counts speak of, as they were when the next ones were opened.
  std::atomic<usize> retired_{0};
  mutable std::mutex mutex_;                        // of what follows
  std::map<u64, u64> elsewhere_;                    // key -> count
  std::vector<std::shared_ptr<AccessSlot>> slots_;  // slot n at n - 1; null: free
};

}  // namespace shale::store

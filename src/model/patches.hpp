// Document -> what was changed in its metadata since it was stashed, with cheap copies.
//
// Every view of a snapshot holds its own Patches, and a view comes out of the one before it with
// every commit: copies share chunks of 64 documents and a change clones one chunk, so that a commit
// costs what it changed (a std::map, copied whole, made 10,000 updates in a row quadratic). Reads
// like a std::map. A shared Patches is immutable; operator[] is for whoever builds one.
//
// Chunks are stamped: whoever has applied the update of a document once can tell without looking at
// it whether it is the same still.
#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <shale/segment.hpp>

#include "base/integers.hpp"

namespace shale {

class Patches {
  using Updates = std::map<u32, Update>;
  struct Chunk {
    Updates updates;
    u64 members = 0;  // a bit for each of its documents
    u64 stamp = 0;    // of no other chunk of this process, and of none that this one was before
  };
  struct Slot {
    u32 number = 0;  // document / chunk_documents
    std::shared_ptr<Chunk> chunk;
  };

 public:
  static constexpr u32 chunk_documents = 64;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Updates::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    const_iterator(const std::vector<Slot>* slots, usize slot, Updates::const_iterator at)
        : slots_(slots), slot_(slot), at_(at) {
      skip_ends();
    }
    reference operator*() const { return *at_; }
    pointer operator->() const { return &*at_; }
    const_iterator& operator++() {
      ++at_;
      skip_ends();
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator& other) const {
      return slot_ == other.slot_ && (slot_ == slots_->size() || at_ == other.at_);
    }

   private:
    void skip_ends() {
      while (slot_ < slots_->size() && at_ == (*slots_)[slot_].chunk->updates.end()) {
        if (++slot_ < slots_->size()) at_ = (*slots_)[slot_].chunk->updates.begin();
      }
    }
    const std::vector<Slot>* slots_ = nullptr;
    usize slot_ = 0;
    Updates::const_iterator at_;
  };

  Patches() = default;
  Patches(const std::map<u32, Update>& patches) {
    for (const auto& [doc, update] : patches) (*this)[doc] = update;
  }

  bool empty() const { return size() == 0; }
  usize size() const {
    usize sum = 0;
    for (const Slot& slot : slots_) sum += slot.chunk->updates.size();
    return sum;
  }
  const_iterator begin() const { return at_slot(0); }
  const_iterator end() const { return {&slots_, slots_.size(), {}}; }
  const_iterator lower_bound(u32 doc) const {
    const usize slot = slot_of(doc);
    if (slot == slots_.size()) return end();
    return {&slots_, slot, slots_[slot].chunk->updates.lower_bound(doc)};
  }
  const_iterator find(u32 doc) const {
    const const_iterator found = lower_bound(doc);
    return found != end() && found->first == doc ? found : end();
  }
  bool contains(u32 doc) const { return stamp_of(doc) != 0; }
  // 0 where the document has no update. Where it is what it was, in a copy as well, so is the
  // update.
  u64 stamp_of(u32 doc) const {
    const usize slot = slot_of(doc);
    if (slot == slots_.size() || slots_[slot].number != doc / chunk_documents) return 0;
    const Chunk& chunk = *slots_[slot].chunk;
    return (chunk.members & bit_of(doc)) != 0 ? chunk.stamp : 0;
  }
  const Update& at(u32 doc) const { return find(doc)->second; }
  bool operator==(const Patches& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

  // The update of a document, made where it is missing; clones the chunk where it is shared.
  Update& operator[](u32 doc) {
    const usize slot = slot_of(doc);
    const u32 number = doc / chunk_documents;
    if (slot == slots_.size() || slots_[slot].number != number) {
      slots_.insert(slots_.begin() + std::ptrdiff_t(slot), {number, std::make_shared<Chunk>()});
    } else if (slots_[slot].chunk.use_count() > 1) {
      slots_[slot].chunk = std::make_shared<Chunk>(*slots_[slot].chunk);
    }
    Chunk& chunk = *slots_[slot].chunk;
    Update& update = chunk.updates[doc];  // first: where it throws nothing has changed
    chunk.members |= bit_of(doc);
    chunk.stamp = last_stamp.fetch_add(1, std::memory_order_relaxed) + 1;
    return update;
  }

 private:
  static constexpr u64 bit_of(u32 doc) { return u64(1) << doc % chunk_documents; }

  // The first slot that may hold `doc` or something behind it.
  usize slot_of(u32 doc) const {
    const auto found =
        std::lower_bound(slots_.begin(), slots_.end(), doc / chunk_documents,
                         [](const Slot& slot, u32 number) { return slot.number < number; });
    return usize(found - slots_.begin());
  }
  const_iterator at_slot(usize slot) const {
    if (slot == slots_.size()) return end();
    return {&slots_, slot, slots_[slot].chunk->updates.begin()};
  }

  // Relaxed: each number is given once, and nothing else follows from it.
  static inline std::atomic<u64> last_stamp = 0;

  std::vector<Slot> slots_;  // ascending
};

}  // namespace shale

// A set of numbers below a limit, one bit for each: what many lists are added up in.
//
// Adding a member costs one store and adding another set a pass over its words, so that thousands
// of lists cost what they hold and nothing for each; a Bitmap added to another costs an allocation
// per container. A set over a million numbers is 125 KB, which is cleared in 3 us. Not for sets
// that are kept, nor for one short list: those are Bitmaps and DocumentSets (which view a dense set
// as it lies). Used by the indexes (Index::add_holders) and by the query engine.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "base/container_kernels.hpp"

namespace shale {

struct FrozenContainer;

class DenseSet {
 public:
  DenseSet() = default;
  explicit DenseSet(u32 limit)
      : limit_(limit), words_((usize(limit) + 0xffff) / 0x10000 * bitset_words) {}

  u32 limit() const { return limit_; }
  // Bits at and behind the limit are 0.
  std::span<const u64> words() const { return std::span(words_).first((usize(limit_) + 63) / 64); }
  // The members whose high 16 bits are `key`, which is below container_count().
  Bitset container(u32 key) const {
    return std::span(words_).subspan(key * bitset_words).first<bitset_words>();
  }
  u32 container_count() const { return u32(words_.size() / bitset_words); }
  u32 count() const;
  bool contains(u32 value) const {
    return value < limit_ && (words_[value / 64] >> value % 64 & 1) != 0;
  }

  void add(u32 value) {  // below the limit
    words_[value / 64] |= u64(1) << value % 64;
  }
  void remove(u32 value) {  // below the limit
    words_[value / 64] &= ~(u64(1) << value % 64);
  }
  void add_all();
  // Members at and behind the limit, which only a damaged container has, are left out.
  void add(const FrozenContainer& container);
  DenseSet& operator|=(const DenseSet& other);  // of the same limit
  DenseSet& operator&=(const DenseSet& other);

  std::vector<u32> to_vector() const;
  template <class F>
  void for_each(F&& f) const {
    for_each_between(0, limit_, f);
  }
  // Of the members in [begin, end).
  template <class F>
  void for_each_between(u32 begin, u32 end, F&& f) const {
    end = end < limit_ ? end : limit_;
    for (usize i = begin / 64; i * 64 < end; ++i) {
      u64 word = words_[i];
      if (begin > i * 64) word &= ~u64(0) << begin % 64;
      if (end < i * 64 + 64) word &= ~(~u64(0) << end % 64);
      for (; word != 0; word &= word - 1) f(u32(i * 64 + usize(std::countr_zero(word))));
    }
  }

 private:
  void clear_behind_limit();

  u32 limit_ = 0;
  std::vector<u64> words_;
};

}  // namespace shale

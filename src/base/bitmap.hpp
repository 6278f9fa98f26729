// Sets of document numbers: the home of CRoaring.
//
// Bitmap owns a set. FrozenBitmap views one in place, in the frozen layout, which is *our* format:
// written and checked by frozen.hpp byte for byte, whatever the installed library makes of it.
// Bitmap is a value (copy costs memory); const members may be used from many threads.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"

struct roaring_bitmap_s;

namespace shale {

class DenseSet;  // dense_set.hpp

class Bitmap {
 public:
  Bitmap();
  static Bitmap from_sorted(std::span<const u32> values);  // ascending, no value twice
  static Bitmap range(u32 begin, u32 end);                 // [begin, end)
  // A copy of a frozen image that frozen.hpp's check_frozen has passed.
  static Bitmap from_frozen(Bytes image);
  ~Bitmap();
  Bitmap(const Bitmap&);
  Bitmap& operator=(const Bitmap&);
  Bitmap(Bitmap&&) noexcept;
  Bitmap& operator=(Bitmap&&) noexcept;
  bool operator==(const Bitmap&) const;

  bool empty() const;
  u32 count() const;
  bool contains(u32 value) const;
  u32 count_below(u32 value) const;  // members < value
  void add(u32 value);
  void add_sorted(std::span<const u32> values);
  void add_range(u32 begin, u32 end);  // [begin, end)
  void remove(u32 value);

  Bitmap& operator&=(const Bitmap&);
  Bitmap& operator|=(const Bitmap&);
  Bitmap& operator-=(const Bitmap&);
  u32 intersection_count(const Bitmap&) const;
  bool intersects(const Bitmap&) const;

  std::vector<u32> to_vector() const;
  void add_to(DenseSet& sum) const;  // those below its limit
  // Calls f(std::span<const u32>) with ascending runs of up to 1,024 members.
  template <class F>
  void for_each_block(F&& f) const {
    Walk walk(*this);
    for (;;) {
      const std::span<const u32> block = walk.next();
      if (block.empty()) return;
      f(block);
    }
  }

  class Walk {
   public:
    explicit Walk(const Bitmap& bitmap);
    ~Walk();
    Walk(const Walk&) = delete;
    std::span<const u32> next();  // valid until the following call; empty at the end

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  friend class FrozenBitmap;
  explicit Bitmap(roaring_bitmap_s* handle) : handle_(handle) {}
  roaring_bitmap_s* handle_;
};

// A set viewed where it lies. The bytes must outlive the view, be 32-byte aligned and have passed
// check_frozen; where the installed library cannot view them in place a copy is made instead.
class FrozenBitmap {
 public:
  explicit FrozenBitmap(Bytes image);
  ~FrozenBitmap();
  FrozenBitmap(FrozenBitmap&&) noexcept;
  FrozenBitmap& operator=(FrozenBitmap&&) noexcept;

  u32 count() const;
  Bitmap copy() const;
  Bitmap intersection(const Bitmap& other) const;
  Bitmap intersection(const FrozenBitmap& other) const;
  void add_to(Bitmap& sum) const;        // sum |= this
  void remove_from(Bitmap& rest) const;  // rest -= this
  u32 intersection_count(const Bitmap& other) const;

 private:
  const roaring_bitmap_s* handle_;
};

}  // namespace shale

#include "base/bitmap.hpp"

#include <roaring/roaring.h>

#include <array>
#include <bit>
#include <new>
#include <optional>
#include <utility>

#include "base/dense_set.hpp"
#include "base/frozen.hpp"

namespace shale {

namespace {

// CRoaring answers NULL where it finds no memory.
roaring_bitmap_t* owned(roaring_bitmap_t* handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

// One value in every third place and a full stretch, so that both kinds of container come out.
std::vector<u32> layout_sample() {
  std::vector<u32> values;
  for (u32 value = 7; value < 3000; value += 3) values.push_back(value);
  for (u32 value = 5u << 16; value < (5u << 16) + 5000; ++value) values.push_back(value);
  values.push_back(0xFFFFFFF0);
  return values;
}

// Whether the installed library lays out a frozen image as frozen.hpp says. Its header reserves
// the right to change; shale's files do not change with it.
bool library_writes_our_layout() {
  const std::vector<u32> values = layout_sample();
  Buffer ours;
  append_frozen(values, ours);
  roaring_bitmap_t* const sample = owned(roaring_bitmap_of_ptr(values.size(), values.data()));
  Buffer theirs(roaring_bitmap_frozen_size_in_bytes(sample));
  roaring_bitmap_frozen_serialize(sample, as_chars(theirs.data()));
  roaring_bitmap_free(sample);
  return ours == theirs;
}

bool is_our_layout() {
  static const bool same_layout = library_writes_our_layout();
  return same_layout;
}

// A view in place, or NULL where the library, the layout or the alignment do not allow it.
const roaring_bitmap_t* view_in_place(Bytes image) {
  if (!is_our_layout() || !is_aligned(image.data(), frozen_alignment)) return nullptr;
  return roaring_bitmap_frozen_view(as_chars(image.data()), image.size());
}

void append_values(const FrozenContainer& container, std::vector<u32>& values) {
  const u32 high = u32(container.key) << 16;
  for (const u16 value : container.values) values.push_back(high | value);
  for (usize i = 0; i < container.words.size(); ++i) {
    for (u64 word = container.words[i]; word != 0; word &= word - 1) {
      values.push_back(high | u32(i * 64 + usize(std::countr_zero(word))));
    }
  }
}

// The members of an image by our own reader; an image that is none has no members.
roaring_bitmap_t* copy_by_hand(Bytes image) {
  roaring_bitmap_t* const copy = owned(roaring_bitmap_create());
  const std::optional<FrozenView> view = FrozenView::make(image);
  if (!view) return copy;
  std::vector<u32> values;
  FrozenContainer container;
  for (FrozenView::Walk walk(*view); walk.next(container);) {
    values.clear();
    append_values(container, values);
    roaring_bitmap_add_many(copy, values.size(), values.data());
  }
  return copy;
}

}  // namespace

Bitmap::Bitmap() : handle_(owned(roaring_bitmap_create())) {}

// Through an image of our own: the library's adding takes three times as long (300,000 values:
// 4.4 ns each, 1.5 so).
Bitmap Bitmap::from_sorted(std::span<const u32> values) {
  if (values.size() < 64 || !is_our_layout()) {
    return Bitmap(owned(roaring_bitmap_of_ptr(values.size(), values.data())));
  }
  Buffer image;
  // No image is larger (2 bytes for a value, 5 for its container), so the bytes stay where they
  // are and the padding below keeps its meaning.
  image.reserve(values.size() * 7 + frozen_alignment + 64);
  usize padding = 0;
  while (!is_aligned(image.data() + padding, frozen_alignment)) ++padding;
  image.resize(padding);
  append_frozen(values, image);
  return from_frozen(Bytes(image).subspan(padding));
}

Bitmap Bitmap::range(u32 begin, u32 end) {
  Bitmap result;
  result.add_range(begin, end);
  return result;
}

Bitmap Bitmap::from_frozen(Bytes image) {
  const roaring_bitmap_t* const view = view_in_place(image);
  if (view == nullptr) return Bitmap(copy_by_hand(image));
  roaring_bitmap_t* const copy = roaring_bitmap_copy(view);
  roaring_bitmap_free(view);
  return Bitmap(owned(copy));
}

Bitmap::~Bitmap() {
  if (handle_ != nullptr) roaring_bitmap_free(handle_);
}

Bitmap::Bitmap(const Bitmap& other) : handle_(owned(roaring_bitmap_copy(other.handle_))) {}

Bitmap& Bitmap::operator=(const Bitmap& other) {
  if (this != &other) *this = Bitmap(other);
  return *this;
}

Bitmap::Bitmap(Bitmap&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Bitmap& Bitmap::operator=(Bitmap&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

bool Bitmap::operator==(const Bitmap& other) const {
  return roaring_bitmap_equals(handle_, other.handle_);
}

bool Bitmap::empty() const { return roaring_bitmap_is_empty(handle_); }
u32 Bitmap::count() const { return u32(roaring_bitmap_get_cardinality(handle_)); }
bool Bitmap::contains(u32 value) const { return roaring_bitmap_contains(handle_, value); }

u32 Bitmap::count_below(u32 value) const {
  return value == 0 ? 0 : u32(roaring_bitmap_rank(handle_, value - 1));
}

void Bitmap::add(u32 value) { roaring_bitmap_add(handle_, value); }

void Bitmap::add_sorted(std::span<const u32> values) {
  roaring_bitmap_add_many(handle_, values.size(), values.data());
}

void Bitmap::add_range(u32 begin, u32 end) {
  if (begin < end) roaring_bitmap_add_range_closed(handle_, begin, end - 1);
}

void Bitmap::remove(u32 value) { roaring_bitmap_remove(handle_, value); }

Bitmap& Bitmap::operator&=(const Bitmap& other) {
  if (this != &other) roaring_bitmap_and_inplace(handle_, other.handle_);
  return *this;
}

Bitmap& Bitmap::operator|=(const Bitmap& other) {
  if (this != &other) roaring_bitmap_or_inplace(handle_, other.handle_);
  return *this;
}

Bitmap& Bitmap::operator-=(const Bitmap& other) {
  if (this == &other) return *this = Bitmap();
  roaring_bitmap_andnot_inplace(handle_, other.handle_);
  return *this;
}

u32 Bitmap::intersection_count(const Bitmap& other) const {
  return u32(roaring_bitmap_and_cardinality(handle_, other.handle_));
}

bool Bitmap::intersects(const Bitmap& other) const {
  return roaring_bitmap_intersect(handle_, other.handle_);
}

std::vector<u32> Bitmap::to_vector() const {
  std::vector<u32> values(count());
  roaring_bitmap_to_uint32_array(handle_, values.data());
  return values;
}

// By whole containers: half a million members take 30 us so, and 1 ms one by one.
void Bitmap::add_to(DenseSet& sum) const {
  if (empty()) return;
  Buffer image(roaring_bitmap_frozen_size_in_bytes(handle_));
  roaring_bitmap_frozen_serialize(handle_, as_chars(image.data()));
  const std::optional<FrozenView> view = is_our_layout() ? FrozenView::make(image) : std::nullopt;
  if (view) {
    FrozenContainer container;
    for (FrozenView::Walk walk(*view); walk.next(container);) sum.add(container);
    return;
  }
  for_each_block([&](std::span<const u32> values) {  // runs, or another layout
    for (const u32 value : values) {
      if (value < sum.limit()) sum.add(value);
    }
  });
}

struct Bitmap::Walk::State {
  roaring_uint32_iterator_t iterator;
  std::array<u32, 1024> block;
};

// for_overwrite: the 4 KB of a block need no zeros first.
Bitmap::Walk::Walk(const Bitmap& bitmap) : state_(std::make_unique_for_overwrite<State>()) {
  roaring_init_iterator(bitmap.handle_, &state_->iterator);
}

Bitmap::Walk::~Walk() = default;

std::span<const u32> Bitmap::Walk::next() {
  const u32 count = roaring_read_uint32_iterator(&state_->iterator, state_->block.data(),
                                                 u32(state_->block.size()));
  return std::span<const u32>(state_->block).first(count);
}

FrozenBitmap::FrozenBitmap(Bytes image) : handle_(view_in_place(image)) {
  if (handle_ == nullptr) handle_ = copy_by_hand(image);
}

FrozenBitmap::~FrozenBitmap() {
  if (handle_ != nullptr) roaring_bitmap_free(handle_);
}

FrozenBitmap::FrozenBitmap(FrozenBitmap&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

FrozenBitmap& FrozenBitmap::operator=(FrozenBitmap&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

u32 FrozenBitmap::count() const { return u32(roaring_bitmap_get_cardinality(handle_)); }
Bitmap FrozenBitmap::copy() const { return Bitmap(owned(roaring_bitmap_copy(handle_))); }

Bitmap FrozenBitmap::intersection(const Bitmap& other) const {
  return Bitmap(owned(roaring_bitmap_and(handle_, other.handle_)));
}

Bitmap FrozenBitmap::intersection(const FrozenBitmap& other) const {
  return Bitmap(owned(roaring_bitmap_and(handle_, other.handle_)));
}

void FrozenBitmap::add_to(Bitmap& sum) const { roaring_bitmap_or_inplace(sum.handle_, handle_); }

void FrozenBitmap::remove_from(Bitmap& rest) const {
  roaring_bitmap_andnot_inplace(rest.handle_, handle_);
}

u32 FrozenBitmap::intersection_count(const Bitmap& other) const {
  return u32(roaring_bitmap_and_cardinality(handle_, other.handle_));
}

}  // namespace shale

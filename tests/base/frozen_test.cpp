#include "base/frozen.hpp"

#include <roaring/roaring.h>

#include "tests/base/aligned_image.hpp"
#include "tests/base/random_sets.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::AlignedImage;
using testing::Random;

Buffer image_of(std::span<const u32> values) {
  Buffer image;
  const usize length = append_frozen(values, image);
  REQUIRE(length == image.size());
  return image;
}

// What the installed library writes for the same set.
Buffer library_image_of(std::span<const u32> values) {
  roaring_bitmap_t* const bitmap = roaring_bitmap_of_ptr(values.size(), values.data());
  Buffer image(roaring_bitmap_frozen_size_in_bytes(bitmap));
  roaring_bitmap_frozen_serialize(bitmap, as_chars(image.data()));
  roaring_bitmap_free(bitmap);
  return image;
}

std::vector<u32> values_in(const FrozenView& view) {
  std::vector<u32> values;
  FrozenContainer container;
  for (FrozenView::Walk walk(view); walk.next(container);) {
    const u32 high = u32(container.key) << 16;
    const usize before = values.size();
    if (container.is_bitset) {
      CHECK(container.words.size() == 1024);
      CHECK(container.values.empty());
      for (u32 i = 0; i < 65536; ++i) {
        if (container.words[i / 64] >> (i % 64) & 1) values.push_back(high | i);
      }
    } else {
      CHECK(container.words.empty());
      for (const u16 value : container.values) values.push_back(high | value);
    }
    CHECK(values.size() - before == container.count);
  }
  return values;
}

// The image is the library's, and both readings give the values back.
void check_set(const std::vector<u32>& values) {
  const Buffer image = image_of(values);
  REQUIRE(image == library_image_of(values));
  const AlignedImage aligned(image);
  const u32 end = values.empty() ? 0 : values.back() + 1;
  REQUIRE(check_frozen(aligned.bytes(), u32(values.size()), end));
  const auto view = FrozenView::make(aligned.bytes());
  REQUIRE(view.has_value());
  REQUIRE(values_in(*view) == values);
}

TEST_CASE("single values and small sets are written as CRoaring writes them") {
  check_set({});
  check_set({0});
  check_set({65535});
  check_set({65536});
  check_set({0xFFFFFFFE});
  check_set({1, 2, 3, 70000, 70001, 1u << 20, 0xFFFF0000});
}

TEST_CASE("the border between array and bitset is where CRoaring has it") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (const u32 count : {4095u, 4096u, 4097u, 65535u, 65536u}) {
    CAPTURE(count);
    const std::vector<u32> values = testing::container_values(random, 3, count);
    check_set(values);
    const AlignedImage image(image_of(values));
    FrozenContainer container;
    const auto view = FrozenView::make(image.bytes());
    REQUIRE(view.has_value());
    REQUIRE(FrozenView::Walk(*view).next(container));
    CHECK(container.is_bitset == (count > array_values_max));
    CHECK(container.count == count);
    CHECK(container.key == 3);
  }
}

TEST_CASE("random mixtures are written as CRoaring writes them") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 40; ++round) check_set(testing::random_set(random, 6));
}

TEST_CASE("an image is appended behind what the buffer holds") {
  Buffer out(64, std::byte(0xEE));
  const std::vector<u32> values = {5, 6, 100000};
  const usize length = append_frozen(values, out);
  REQUIRE(out.size() == 64 + length);
  CHECK(out[63] == std::byte(0xEE));
  CHECK(Buffer(out.begin() + 64, out.end()) == image_of(values));
}

TEST_CASE("a frame that does not add up is refused") {
  const std::vector<u32> values = {1, 2, 3, 70000};
  const Buffer good = image_of(values);
  const usize keys = good.size() - 4 - 2 * 5;
  const auto refused = [&](auto damage) {
    Buffer bad = good;
    damage(bad);
    const AlignedImage image(bad);
    return !FrozenView::make(image.bytes()) && !check_frozen(image.bytes(), 4, 80000);
  };
  const auto types = [&](Buffer& b) { return b.data() + b.size() - 4 - 2; };
  CHECK_FALSE(refused([](Buffer&) {}));
  CHECK(refused([](Buffer& b) { b.pop_back(); }));
  CHECK(refused([](Buffer& b) { b.insert(b.begin(), 2, std::byte(0)); }));
  CHECK(refused([](Buffer& b) { b.resize(3); }));
  CHECK(refused([](Buffer& b) { b.clear(); }));
  CHECK(refused([](Buffer& b) { store_value(b.data() + b.size() - 4, u32(0x12345678)); }));
  // More containers than the bytes hold, and more than there can be.
  CHECK(refused([](Buffer& b) { store_value(b.data() + b.size() - 4, u32(3u << 15 | 13766)); }));
  CHECK(refused([](Buffer& b) { store_value(b.data() + b.size() - 4, 0xFFFF0000u | 13766); }));
  CHECK(refused([&](Buffer& b) { types(b)[0] = std::byte(3); }));  // a run container
  CHECK(refused([&](Buffer& b) { types(b)[0] = std::byte(1); }));  // a bitset of three
  CHECK(refused([&](Buffer& b) { types(b)[1] = std::byte(0); }));
  CHECK(refused([&](Buffer& b) { store_value(b.data() + keys, u16(1)); }));  // keys 1, 1
  CHECK(refused([&](Buffer& b) { store_value(b.data() + keys, u16(2)); }));  // keys 2, 1
  CHECK(refused([&](Buffer& b) { store_value(b.data() + keys + 4, u16(3)); }));
  CHECK(refused([&](Buffer& b) { store_value(b.data() + keys + 4, u16(4096)); }));
}

TEST_CASE("an array of more than 4,096 values is refused") {
  std::vector<u32> values(4096);
  for (u32 i = 0; i < 4096; ++i) values[i] = i;
  Buffer image = image_of(values);
  // One value and one count more: consistent, but not of our layout.
  const u16 extra = 4096;
  image.insert(image.begin() + 8192, bytes_of(extra).begin(), bytes_of(extra).end());
  store_value(image.data() + 8194 + 2, u16(4096));
  const AlignedImage aligned(image);
  CHECK_FALSE(FrozenView::make(aligned.bytes()));
}

TEST_CASE("an odd or misaligned image is refused, a merely 8-byte aligned one is read") {
  const Buffer image = image_of(std::vector<u32>{1, 2, 3});
  CHECK(check_frozen(AlignedImage(image, 8).bytes(), 3, 4));
  CHECK_FALSE(check_frozen(AlignedImage(image, 4).bytes(), 3, 4));
  CHECK_FALSE(check_frozen(AlignedImage(image, 1).bytes(), 3, 4));
}

TEST_CASE("check_frozen looks at every value, the count and the limit") {
  Random random(7);
  std::vector<u32> values = {1, 5, 9};
  const std::vector<u32> dense = testing::container_values(random, 1, 5000);
  values.insert(values.end(), dense.begin(), dense.end());
  const Buffer good = image_of(values);
  const u32 count = u32(values.size());
  const u32 end = values.back() + 1;
  CHECK(check_frozen(AlignedImage(good).bytes(), count, end));
  CHECK(check_frozen(AlignedImage(good).bytes(), count, 0xFFFFFFFF));
  CHECK_FALSE(check_frozen(AlignedImage(good).bytes(), count, end - 1));
  CHECK_FALSE(check_frozen(AlignedImage(good).bytes(), count + 1, end));
  CHECK_FALSE(check_frozen(AlignedImage(good).bytes(), count - 1, end));

  AlignedImage wrong_bit(good);
  wrong_bit[4000] ^= std::byte(4);
  CHECK_FALSE(check_frozen(wrong_bit.bytes(), count, 0xFFFFFFFF));
  AlignedImage unordered(good);
  unordered[8192] = std::byte(5);  // 5, 5, 9
  CHECK_FALSE(check_frozen(unordered.bytes(), count, 0xFFFFFFFF));
}

TEST_CASE("the limit is checked where an array ends the set") {
  const std::vector<u32> values = {1, 2, 70000};
  const AlignedImage image(image_of(values));
  CHECK(check_frozen(image.bytes(), 3, 70001));
  CHECK_FALSE(check_frozen(image.bytes(), 3, 70000));
}

// Either refused, or a set that holds all the promises check_frozen makes.
bool refused_or_sound(const AlignedImage& image, u32 count, u32 values_end) {
  if (!check_frozen(image.bytes(), count, values_end)) {
    const auto view = FrozenView::make(image.bytes());
    if (view) values_in(*view);  // passed the frame only: reading it must still stay inside
    return true;
  }
  const auto view = FrozenView::make(image.bytes());
  if (!view) return false;
  const std::vector<u32> values = values_in(*view);
  return values.size() == count && std::is_sorted(values.begin(), values.end()) &&
         std::adjacent_find(values.begin(), values.end()) == values.end() &&
         (values.empty() || values.back() < values_end);
}

// Walks containers without counting bits against `count`: damaged bitsets may disagree.
bool every_flip_is_safe(const std::vector<u32>& values, usize step) {
  AlignedImage image(image_of(values));
  const u32 end = values.back() + 1000;
  for (usize at = 0; at < image.bytes().size(); at += step) {
    for (int bit = 0; bit < 8; ++bit) {
      image[at] ^= std::byte(1 << bit);
      const bool checked = check_frozen(image.bytes(), u32(values.size()), end);
      const bool fine = !checked || refused_or_sound(image, u32(values.size()), end);
      image[at] ^= std::byte(1 << bit);
      if (!fine) return false;
    }
  }
  return true;
}

TEST_CASE("every flipped bit of small images is refused or gives a sound set") {
  CHECK(every_flip_is_safe({0}, 1));
  CHECK(every_flip_is_safe({1, 2, 3, 4, 5, 6, 7, 300, 65535}, 1));
  CHECK(every_flip_is_safe({1, 65536, 131072, 131073, 200000, 0xFFFFFFF}, 1));
  Random random(11);
  std::vector<u32> values = testing::container_values(random, 0, 4097);
  values.push_back(70000);
  CHECK(every_flip_is_safe(values, 61));
}

TEST_CASE("an image cut anywhere is refused or sound") {
  Random random(13);
  const std::vector<u32> values = {1, 2, 3, 65536, 65540, 1u << 20, (1u << 20) + 1};
  const Buffer image = image_of(values);
  for (usize from = 0; from < image.size(); ++from) {
    for (usize to = from; to <= image.size(); ++to) {
      const Buffer part(image.begin() + std::ptrdiff_t(from), image.begin() + std::ptrdiff_t(to));
      const AlignedImage aligned(part);
      const bool whole = part.size() == image.size();
      REQUIRE(check_frozen(aligned.bytes(), u32(values.size()), 1u << 21) == whole);
    }
  }
}

TEST_CASE("random bytes with a valid header never make the reader overrun") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    Buffer bytes(4 + random() % 80);
    for (std::byte& byte : bytes) byte = std::byte(random() % 3);
    store_value(bytes.data() + bytes.size() - 4, u32(random() % 8) << 15 | 13766);
    const AlignedImage image(bytes);
    REQUIRE(refused_or_sound(image, 1 + testing::below(random, 4), 200000));
  }
}

}  // namespace
}  // namespace shale

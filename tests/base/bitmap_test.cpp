#include "base/bitmap.hpp"

#include <algorithm>
#include <optional>

#include "base/frozen.hpp"
#include "tests/base/aligned_image.hpp"
#include "tests/base/random_sets.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::AlignedImage;
using testing::Random;
using Values = std::vector<u32>;

AlignedImage image_of(const Values& values, usize skew = 0) {
  Buffer image;
  append_frozen(values, image);
  return AlignedImage(image, skew);
}

Values both(const Values& a, const Values& b) {
  Values result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}
Values either(const Values& a, const Values& b) {
  Values result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}
Values without(const Values& a, const Values& b) {
  Values result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

Values walked(const Bitmap& bitmap) {
  Values values;
  bitmap.for_each_block([&](std::span<const u32> block) {
    CHECK(block.size() <= 1024);
    values.insert(values.end(), block.begin(), block.end());
  });
  return values;
}

TEST_CASE("an empty bitmap is empty in every respect") {
  const Bitmap bitmap;
  CHECK(bitmap.empty());
  CHECK(bitmap.count() == 0);
  CHECK_FALSE(bitmap.contains(0));
  CHECK(bitmap.count_below(0xFFFFFFFF) == 0);
  CHECK(bitmap.to_vector().empty());
  CHECK(walked(bitmap).empty());
  CHECK(bitmap == Bitmap());
  CHECK(Bitmap::from_sorted({}) == bitmap);
  CHECK(Bitmap::range(5, 5) == bitmap);
  CHECK(Bitmap::range(6, 5) == bitmap);
}

TEST_CASE("members come and go") {
  Bitmap bitmap;
  bitmap.add(5);
  bitmap.add(0xFFFFFFFF);
  bitmap.add(5);
  CHECK(bitmap.count() == 2);
  CHECK(bitmap.contains(0xFFFFFFFF));
  bitmap.remove(5);
  bitmap.remove(6);
  CHECK(bitmap.to_vector() == Values{0xFFFFFFFF});
  CHECK_FALSE(bitmap.empty());
}

TEST_CASE("ranges are half open") {
  const Bitmap range = Bitmap::range(65530, 65540);
  CHECK(range.count() == 10);
  CHECK(range.contains(65530));
  CHECK_FALSE(range.contains(65540));
  Bitmap bitmap;
  bitmap.add_range(3, 3);
  CHECK(bitmap.empty());
  bitmap.add_range(0, 200000);
  CHECK(bitmap.count() == 200000);
  CHECK(bitmap.count_below(70000) == 70000);
  bitmap.add_range(0xFFFFFFF0, 0xFFFFFFFF);
  CHECK(bitmap.count() == 200015);
  CHECK_FALSE(bitmap.contains(0xFFFFFFFF));
}

TEST_CASE("count_below does not count the value itself") {
  const Bitmap bitmap = Bitmap::from_sorted(Values{0, 10, 65536});
  CHECK(bitmap.count_below(0) == 0);
  CHECK(bitmap.count_below(1) == 1);
  CHECK(bitmap.count_below(10) == 1);
  CHECK(bitmap.count_below(11) == 2);
  CHECK(bitmap.count_below(65536) == 2);
  CHECK(bitmap.count_below(65537) == 3);
}

TEST_CASE("a bitmap is a value") {
  Bitmap a = Bitmap::range(0, 10);
  Bitmap b = a;
  b.add(50);
  CHECK(a.count() == 10);
  CHECK(b.count() == 11);
  CHECK_FALSE(a == b);
  a = b;
  CHECK(a == b);
  const Bitmap& same = a;
  a = same;
  CHECK(a == b);
  const Bitmap c = std::move(a);
  CHECK(c == b);
  a = Bitmap::range(1, 2);
  CHECK(a.to_vector() == Values{1});
}

TEST_CASE("operations with itself") {
  Bitmap a = Bitmap::range(0, 10);
  const Bitmap& same = a;
  a &= same;
  a |= same;
  CHECK(a.count() == 10);
  a -= same;
  CHECK(a.empty());
}

TEST_CASE("set operations agree with the standard library's") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Values a = testing::random_set(random, 5);
    const Values b = testing::random_set(random, 5);
    const Bitmap left = Bitmap::from_sorted(a);
    const Bitmap right = Bitmap::from_sorted(b);
    REQUIRE(left.to_vector() == a);
    REQUIRE(walked(left) == a);
    REQUIRE(left.count() == a.size());
    const auto apply = [&](auto operation) {
      Bitmap result = left;
      operation(result);
      return result.to_vector();
    };
    const Values common = both(a, b);
    REQUIRE(apply([&](Bitmap& r) { r &= right; }) == common);
    REQUIRE(apply([&](Bitmap& r) { r |= right; }) == either(a, b));
    REQUIRE(apply([&](Bitmap& r) { r -= right; }) == without(a, b));
    REQUIRE(apply([&](Bitmap& r) { r.add_sorted(b); }) == either(a, b));
    REQUIRE(left.intersection_count(right) == common.size());
    REQUIRE(left.intersects(right) == !common.empty());
    REQUIRE((left == right) == (a == b));
    for (int i = 0; i < 20; ++i) {
      const u32 value = testing::below(random, 6 * 65536);
      const auto at = std::lower_bound(a.begin(), a.end(), value);
      REQUIRE(left.contains(value) == (at != a.end() && *at == value));
      REQUIRE(left.count_below(value) == u32(at - a.begin()));
    }
  }
}

// Ranges make run containers, which nothing else does: all pairings with the other two kinds.
TEST_CASE("ranges take part in every operation") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Values a = testing::random_set(random, 4);
    const u32 begin = testing::below(random, 4 * 65536);
    const u32 end = begin + testing::below(random, 100000);
    Values b;
    for (u32 value = begin; value < end; ++value) b.push_back(value);
    const Bitmap left = Bitmap::from_sorted(a);
    const Bitmap range = Bitmap::range(begin, end);
    REQUIRE(range.to_vector() == b);
    REQUIRE(walked(range) == b);
    Bitmap result = left;
    REQUIRE((result &= range).to_vector() == both(a, b));
    result = range;
    REQUIRE((result &= left).to_vector() == both(a, b));
    result = left;
    REQUIRE((result |= range).to_vector() == either(a, b));
    result = range;
    REQUIRE((result -= left).to_vector() == without(b, a));
    result = left;
    REQUIRE((result -= range).to_vector() == without(a, b));
    result = left;
    result.add_range(begin, end);
    REQUIRE(result.to_vector() == either(a, b));
    REQUIRE(left.intersection_count(range) == both(a, b).size());
    REQUIRE(range.intersects(left) == !both(a, b).empty());
    REQUIRE((range == Bitmap::from_sorted(b)));
  }
}

// skew 0: viewed in place; skew 8: a copy by our own reader.
TEST_CASE("a bitmap goes through its frozen image") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const usize skew = round % 2 == 0 ? 0 : 8;
    CAPTURE(skew);
    const Values values = testing::random_set(random, 4);
    std::optional<AlignedImage> image(std::in_place, image_of(values).bytes(), skew);
    const Bitmap loaded = Bitmap::from_frozen(image->bytes());
    const Buffer frozen = loaded.to_frozen();
    REQUIRE(as_text(frozen) == (values.empty() ? "" : as_text(image_of(values).bytes())));
    image.reset();
    REQUIRE(loaded.to_vector() == values);
  }
  // Ranges are kept as runs, which an image has not.
  Buffer range;
  append_frozen(Bitmap::range(1000, 150000).to_vector(), range);
  CHECK(Bitmap::range(1000, 150000).to_frozen() == range);
}

TEST_CASE("bytes that are no image make an empty set, not a crash") {
  const Buffer bytes(100, std::byte(0x5A));
  const AlignedImage image(bytes);
  CHECK(Bitmap::from_frozen(image.bytes()).empty());
  CHECK(Bitmap::from_frozen(Bytes{}).empty());
}

TEST_CASE("a walk can be left half way and begun again") {
  const Bitmap bitmap = Bitmap::range(10, 5000);
  Bitmap::Walk first(bitmap);
  const std::span<const u32> block = first.next();
  REQUIRE(block.size() == 1024);
  CHECK(block.front() == 10);
  CHECK(block.back() == 1033);
  CHECK(first.next().front() == 1034);
  Bitmap::Walk second(bitmap);
  CHECK(second.next().front() == 10);
  while (!first.next().empty()) {
  }
  CHECK(first.next().empty());
}

}  // namespace
}  // namespace shale

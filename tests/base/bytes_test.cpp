#include "base/bytes.hpp"

#include <limits>
#include <random>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

Buffer buffer_of(std::initializer_list<int> values) {
  Buffer bytes;
  for (const int value : values) bytes.push_back(std::byte(value));
  return bytes;
}

TEST_CASE("text and bytes are the same memory") {
  const std::string text("a\0\xff", 3);
  const Bytes bytes = as_bytes(text);
  REQUIRE(bytes.size() == 3);
  CHECK(bytes[2] == std::byte(0xff));
  CHECK(as_text(bytes) == text);
  CHECK(as_text(bytes).data() == text.data());
  CHECK(as_text(Bytes{}).empty());
}

TEST_CASE("view_as refuses what does not fit") {
  alignas(8) const std::byte room[24] = {};
  CHECK(view_as<u64>(Bytes(room)).size() == 3);
  CHECK(view_as<u64>(Bytes(room, 23)).empty());
  CHECK(view_as<u64>(Bytes(room + 4, 16)).empty());
  CHECK(view_as<u16>(Bytes(room + 2, 6)).size() == 3);
  CHECK(view_as<u8>(Bytes(room + 1, 5)).size() == 5);
}

TEST_CASE("is_aligned looks at the address") {
  alignas(64) const std::byte room[64] = {};
  CHECK(is_aligned(room, 64));
  CHECK(is_aligned(room + 32, 32));
  CHECK_FALSE(is_aligned(room + 32, 64));
  CHECK_FALSE(is_aligned(room + 1, 2));
}

TEST_CASE("load and store need no alignment") {
  std::byte room[16] = {};
  store_value(room + 3, u64(0x0123456789abcdef));
  CHECK(room[3] == std::byte(0xef));
  CHECK(load<u64>(room + 3) == 0x0123456789abcdef);
  CHECK(load<u16>(room + 9) == 0x0123);
}

TEST_CASE("varints have the known encoding") {
  struct Case {
    u64 value;
    Buffer bytes;
  };
  const Case cases[] = {
      {0, buffer_of({0})},
      {127, buffer_of({127})},
      {128, buffer_of({0x80, 1})},
      {300, buffer_of({0xac, 2})},
      {0xffffffff, buffer_of({0xff, 0xff, 0xff, 0xff, 0x0f})},
      {~u64(0), buffer_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})},
  };
  for (const Case& c : cases) {
    ByteWriter writer;
    writer.varint(c.value);
    CHECK(writer.buffer() == c.bytes);
    ByteReader reader(c.bytes);
    CHECK(reader.varint() == c.value);
    CHECK(reader.ok());
    CHECK(reader.at_end());
  }
}

TEST_CASE("zigzag keeps small magnitudes short and the extremes exact") {
  for (const i64 value : {i64(0), i64(-1), i64(1), i64(-64), i64(63), i64(-65),
                          std::numeric_limits<i64>::min(), std::numeric_limits<i64>::max()}) {
    ByteWriter writer;
    writer.zigzag(value);
    if (value >= -64 && value <= 63) CHECK(writer.size() == 1);
    ByteReader reader(writer.bytes());
    CHECK(reader.zigzag() == value);
    CHECK(reader.at_end());
  }
}

TEST_CASE("a varint that is cut, too long or too large fails") {
  const Buffer bad[] = {
      {},
      buffer_of({0x80}),
      buffer_of({0xff, 0xff, 0xff}),
      buffer_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}),
      buffer_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}),
  };
  for (const Buffer& bytes : bad) {
    ByteReader reader(bytes);
    CHECK(reader.varint() == 0);
    CHECK_FALSE(reader.ok());
    CHECK(reader.left() == 0);
  }
}

TEST_CASE("a hostile length never reaches past the end") {
  for (const u64 length : {u64(4), u64(1) << 32, ~u64(0)}) {
    ByteWriter writer;
    writer.varint(length);
    writer.raw(as_bytes("abc"));
    ByteReader reader(writer.bytes());
    CHECK(reader.text().empty());
    CHECK_FALSE(reader.ok());
  }
}

TEST_CASE("after the first failure everything reads as nothing") {
  const Buffer bytes = buffer_of({1, 2, 3, 4, 5, 6, 7});
  ByteReader reader(bytes);
  CHECK(reader.value<u32>() == 0x04030201);
  CHECK(reader.value<u32>() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.value<u8>() == 0);
  CHECK(reader.varint() == 0);
  CHECK(reader.zigzag() == 0);
  CHECK(reader.text().empty());
  CHECK(reader.raw(1).empty());
  CHECK(reader.raw(0).empty());
  CHECK(reader.position() == bytes.size());
}

TEST_CASE("reading nothing at the end is no failure") {
  ByteReader reader({});
  CHECK(reader.raw(0).empty());
  CHECK(reader.ok());
  CHECK(reader.at_end());
}

TEST_CASE("padding reaches the next multiple and stays there") {
  ByteWriter writer;
  writer.pad_to(32);
  CHECK(writer.size() == 0);
  writer.value(u8(9));
  writer.pad_to(32);
  CHECK(writer.size() == 32);
  writer.pad_to(32);
  CHECK(writer.size() == 32);
  CHECK(writer.bytes()[31] == std::byte(0));
  writer.clear();
  CHECK(writer.bytes().empty());
}

TEST_CASE("bytes_of_span lays values out little endian") {
  const u16 values[] = {0x0102, 0x0304};
  const Bytes bytes = bytes_of_span(std::span<const u16>(values));
  CHECK(Buffer(bytes.begin(), bytes.end()) == buffer_of({2, 1, 4, 3}));
}

TEST_CASE("random records come back as they were written, and cut records never overrun") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    const u64 number = random() >> (random() % 64);
    const i64 difference = i64(random()) >> (random() % 64);
    const std::string text(random() % 300, char('a' + random() % 26));
    ByteWriter writer;
    writer.varint(number);
    writer.text(text);
    writer.zigzag(difference);
    writer.value(u32(7));
    ByteReader reader(writer.bytes());
    CHECK(reader.varint() == number);
    CHECK(reader.text() == text);
    CHECK(reader.zigzag() == difference);
    CHECK(reader.value<u32>() == 7);
    REQUIRE(reader.ok());
    REQUIRE(reader.at_end());

    // A copy of exact size, so that the sanitizer sees one byte too many.
    const usize cut = random() % writer.size();
    const Buffer part(writer.bytes().begin(), writer.bytes().begin() + std::ptrdiff_t(cut));
    ByteReader cut_reader(part);
    cut_reader.varint();
    cut_reader.text();
    cut_reader.zigzag();
    cut_reader.value<u32>();
    REQUIRE_FALSE(cut_reader.ok());
  }
}

TEST_CASE("random bytes never make the reader overrun") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    Buffer bytes(random() % 40);
    for (std::byte& byte : bytes) byte = std::byte(random());
    ByteReader reader(bytes);
    for (int i = 0; i < 20; ++i) {
      const usize before = reader.position();
      switch (random() % 4) {
        case 0:
          reader.varint();
          break;
        case 1:
          reader.text();
          break;
        case 2:
          reader.value<u64>();
          break;
        default:
          reader.raw(random() % 10);
          break;
      }
      REQUIRE(reader.position() >= before);
      REQUIRE(reader.position() <= bytes.size());
    }
  }
}

}  // namespace
}  // namespace shale

#include "model/record.hpp"

#include <cmath>
#include <limits>

#include "tests/model/random_records.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::Random;

Buffer encoded(const Metadata& metadata) {
  ByteWriter out;
  encode_metadata(metadata, out);
  return out.buffer();
}

Buffer encoded(const Update& update) {
  ByteWriter out;
  encode_update(update, out);
  return out.buffer();
}

// Decodes exactly these bytes.
std::optional<Metadata> metadata_from(Bytes bytes) {
  ByteReader in(bytes);
  std::optional<Metadata> metadata = decode_metadata(in);
  return in.at_end() ? metadata : std::nullopt;
}

std::optional<Update> update_from(Bytes bytes) {
  ByteReader in(bytes);
  std::optional<Update> update = decode_update(in);
  return in.at_end() ? update : std::nullopt;
}

// Flags, then whatever is given.
Buffer raw_record(u32 flags, std::string_view rest) {
  ByteWriter out;
  out.value(flags);
  out.raw(as_bytes(rest));
  return out.buffer();
}

TEST_CASE("a record of defaults is small and comes back") {
  Metadata metadata;
  metadata.id = "m1";
  const Buffer bytes = encoded(metadata);
  CHECK(bytes.size() == 4 + 3 + 5 + 1 + 1);
  CHECK(metadata_from(bytes) == metadata);
  CHECK(encoded(Update{}).size() == 4);
  CHECK(update_from(encoded(Update{})) == Update{});
}

TEST_CASE("absence, emptiness and edges are told apart") {
  Metadata metadata;
  metadata.id = "m1";
  metadata.task = "";
  metadata.tokens = 0;
  metadata.line_range = LineRange{0, 0};
  metadata.created_at = {std::numeric_limits<i64>::min(), false};
  metadata.touched_at = {std::numeric_limits<i64>::max(), true};
  metadata.attrs = {{"", std::string()}, {"d", -0.0}, {"i", std::numeric_limits<i64>::min()}};
  const auto back = metadata_from(encoded(metadata));
  REQUIRE(back);
  CHECK(*back == metadata);
  CHECK(back->task.has_value());
  CHECK_FALSE(back->file.has_value());
  CHECK(std::signbit(std::get<double>(back->attrs.at("d"))));

  Update update;
  update.task.emplace(std::nullopt);
  update.file.emplace("");
  update.line_range.emplace(std::nullopt);
  update.pinned = false;
  update.refcount_added = std::numeric_limits<i64>::min();
  const auto update_back = update_from(encoded(update));
  REQUIRE(update_back);
  CHECK(*update_back == update);
  REQUIRE(update_back->task.has_value());
  CHECK_FALSE(update_back->task->has_value());
  CHECK_FALSE(update_back->topic.has_value());
}

TEST_CASE("the bytes of a record are fixed") {
  Metadata metadata;
  metadata.id = "m1";
  metadata.type = "note";
  metadata.task = "T";
  metadata.created_at = {1, true};
  metadata.touched_at = {-1, false};
  metadata.tags = {"x"};
  metadata.tier = Tier::archive;
  metadata.refcount = 300;
  metadata.attrs = {{"k", true}};
  using namespace std::string_view_literals;
  // task, tags, created zoned, tier 2, refcount, attrs
  CHECK(as_text(encoded(metadata)) == "\x31\x12\x04\0\2m1\4note\2\1\1T\1\1x\xAC\2\1\1kb\1"sv);
  Update update;
  update.topic.emplace(std::nullopt);
  update.generation = Generation::old;
  update.refcount_added = -2;
  CHECK(as_text(encoded(update)) == "\x20\0\x2C\0\3"sv);
}

TEST_CASE("random records come back, one behind the other") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    const Metadata metadata = testing::random_metadata(random);
    const Update update = testing::random_update(random);
    ByteWriter out;
    encode_metadata(metadata, out);
    encode_update(update, out);
    encode_metadata(metadata, out);
    ByteReader in(out.bytes());
    REQUIRE(decode_metadata(in) == metadata);
    REQUIRE(decode_update(in) == update);
    REQUIRE(decode_metadata(in) == metadata);
    REQUIRE(in.at_end());
  }
}

TEST_CASE("no truncation of a record is a record") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Buffer metadata = encoded(testing::random_metadata(random));
    const Buffer update = encoded(testing::random_update(random));
    for (usize bytes = 0; bytes < metadata.size(); ++bytes) {
      // A copy of its own size: the address sanitizer sees the first byte too far.
      const Buffer cut(metadata.begin(), metadata.begin() + i64(bytes));
      REQUIRE_FALSE(metadata_from(cut));
    }
    for (usize bytes = 0; bytes < update.size(); ++bytes) {
      const Buffer cut(update.begin(), update.begin() + i64(bytes));
      REQUIRE_FALSE(update_from(cut));
    }
  }
}

// What was decoded from damaged bytes must at least be a record that can be written and read.
template <class Record, class From>
void check_damaged(const Buffer& bytes, From&& from, usize& survivors) {
  const std::optional<Record> record = from(bytes);
  if (!record) return;
  ++survivors;
  REQUIRE(from(encoded(*record)) == record);
}

TEST_CASE("flipped and random bytes never crash a decoder") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  usize survivors = 0;
  usize attempts = 0;
  for (int round = 0; round < 20; ++round) {
    Buffer metadata = encoded(testing::random_metadata(random));
    Buffer update = encoded(testing::random_update(random));
    for (usize i = 0; i < metadata.size(); ++i, ++attempts) {
      const std::byte kept = metadata[i];
      metadata[i] ^= std::byte(1 + testing::below(random, 255));
      check_damaged<Metadata>(metadata, metadata_from, survivors);
      metadata[i] = kept;
    }
    for (usize i = 0; i < update.size(); ++i, ++attempts) {
      const std::byte kept = update[i];
      update[i] ^= std::byte(1u << testing::below(random, 8));
      check_damaged<Update>(update, update_from, survivors);
      update[i] = kept;
    }
  }
  for (int round = 0; round < 2000; ++round) {
    Buffer noise(testing::below(random, 60));
    for (std::byte& byte : noise) byte = std::byte(random());
    check_damaged<Metadata>(noise, metadata_from, survivors);
    check_damaged<Update>(noise, update_from, survivors);
  }
  CHECK(survivors > 0);         // a changed letter is still a record
  CHECK(survivors < attempts);  // a changed length is none
}

TEST_CASE("defects are seen") {
  using namespace std::string_view_literals;
  const auto refused = [](u32 flags, std::string_view rest) {
    return !metadata_from(raw_record(flags, rest)).has_value();
  };
  constexpr auto head = "\1i\1t\0\0"sv;
  const auto with = [&](std::string_view tail) { return std::string(head).append(tail); };
  CHECK_FALSE(refused(0, head));
  CHECK(refused(1u << 19, head));  // a flag nobody knows
  CHECK(refused(1u << 31, head));
  CHECK(refused(3u << 8, head));          // a fourth tier
  CHECK(refused(1u << 16, head));         // the zone of a time that is absent
  CHECK(refused(0, "\1\xFF\1t\0\0"sv));   // an id that is no UTF-8
  CHECK(refused(1u << 4, with("\0"sv)));  // an empty list
  CHECK(refused(1u << 4, with("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"sv)));
  CHECK(refused(1u << 13, with("\x80\x80\x80\x80\x10"sv)));  // tokens over 32 bits
  CHECK_FALSE(refused(1u << 13, with("\xFF\xFF\xFF\xFF\x0F"sv)));
  constexpr u32 attrs = 1u << 18;
  CHECK_FALSE(refused(attrs, with("\2\1ab\1\1bb\0"sv)));
  CHECK(refused(attrs, with("\2\1bb\1\1ab\0"sv)));              // keys that descend
  CHECK(refused(attrs, with("\2\1ab\1\1ab\0"sv)));              // a key twice
  CHECK(refused(attrs, with("\1\1ab\2"sv)));                    // a third truth
  CHECK(refused(attrs, with("\1\1az\0"sv)));                    // a type nobody knows
  CHECK(refused(attrs, with("\1\1ad\0\0\0\0\0\0\xF0\x7F"sv)));  // infinity
  CHECK(refused(attrs, with("\1\1ad\1\0\0\0\0\0\xF0\x7F"sv)));  // not a number
}

TEST_CASE("a value's flag without its field's is a defect of an update") {
  const u32 alone[] = {1u << 2,  1u << 4,  1u << 6,  1u << 8,  1u << 12, 1u << 14,
                       1u << 16, 1u << 17, 1u << 19, 1u << 25, 1u << 28, 3u << 16 | 1u << 15};
  for (const u32 flags : alone) {
    CAPTURE(flags);
    CHECK_FALSE(update_from(raw_record(flags, "\1x\1x\1x")).has_value());
    ByteReader in(as_bytes(std::string_view("")));
    CHECK_FALSE(decode_update(in).has_value());
  }
  CHECK(update_from(raw_record(1u << 15 | 1u << 17, "")).has_value());
}

}  // namespace
}  // namespace shale

#include "shard/text_places.hpp"

#include <random>

#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;

namespace {

struct Lengths {
  u32 stored = 0;
  u32 raw = 0;
};

// Every length that ends a rule or begins one, and some in between.
std::vector<Lengths> random_lengths(std::mt19937& random, usize count) {
  constexpr u32 borders[] = {0, 1, 65'534, 65'535, 65'536, 70'000, 16u << 20};
  std::vector<Lengths> lengths;
  for (usize i = 0; i < count; ++i) {
    const bool usual = random() % 4 != 0;
    const u32 raw = usual ? u32(random() % 4000) : borders[random() % std::size(borders)];
    lengths.push_back({usual ? raw / 3 : std::min(raw, borders[random() % 6]), raw});
  }
  return lengths;
}

void write(SectionFixture& fixture, const std::vector<Lengths>& lengths) {
  SectionSpool spool = fixture.spool();
  TextPlacesWriter writer(spool);
  for (u32 doc = 0; doc < lengths.size(); ++doc) {
    const std::optional<u32> dictionary = doc % 3 == 0 ? std::nullopt : std::optional(doc % 32);
    writer.add(lengths[doc].stored, lengths[doc].raw, doc * 7, dictionary).value();
  }
  writer.finish().value();
  fixture.put(tag::text_places, spool);
}

u64 end_of(const std::vector<Lengths>& lengths) {
  u64 end = 0;
  for (const Lengths& one : lengths) end += one.stored;
  return end;
}

Result<TextPlacesReader> open(const SectionFixture& fixture, usize count) {
  return TextPlacesReader::make(fixture.views()[0], u32(count));
}

}  // namespace

TEST_CASE("places come back, with lengths on both sides of two bytes") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto lengths = random_lengths(random, GENERATE(0u, 1u, 63u, 64u, 65u, 1000u));
  SectionFixture fixture;
  write(fixture, lengths);
  const TextPlacesReader reader = open(fixture, lengths.size()).value();
  u64 offset = 0;
  for (u32 doc = 0; doc < lengths.size(); ++doc) {
    const TextPlace place = reader.place(DocNo(doc)).value();
    REQUIRE(place.offset == offset);
    REQUIRE(place.stored_bytes == lengths[doc].stored);
    REQUIRE(place.raw_bytes == lengths[doc].raw);
    CHECK(place.checksum == doc * 7);
    CHECK(place.dictionary.has_value() == (doc % 3 != 0));
    if (place.dictionary) CHECK(*place.dictionary == doc % 32);
    offset += place.stored_bytes;
  }
  CHECK(reader.verify(offset));
  CHECK(!reader.verify(offset + 1));
  CHECK(!reader.place(DocNo(u32(lengths.size()))));
}

TEST_CASE("lengths of a stretch of texts") {
  std::mt19937 random(3);
  const auto lengths = random_lengths(random, 300);
  SectionFixture fixture;
  write(fixture, lengths);
  const TextPlacesReader reader = open(fixture, lengths.size()).value();
  for (u32 round = 0; round < 50; ++round) {
    const u32 first = u32(random() % 301);
    std::vector<i64> raw(random() % (301 - first));
    reader.raw_bytes(first, raw).value();
    for (u32 i = 0; i < raw.size(); ++i) REQUIRE(raw[i] == lengths[first + i].raw);
  }
  std::vector<i64> beyond(2);
  CHECK(!reader.raw_bytes(299, beyond));
  CHECK(!reader.raw_bytes(301, {}));
}

TEST_CASE("a text of usual length takes nine bytes") {
  SectionFixture fixture;
  write(fixture, std::vector<Lengths>(640, {300, 1000}));
  CHECK(fixture.sections()[0].bytes == 10 * sizeof(PlaceGroup));
  CHECK(double(fixture.sections()[0].bytes) / 640 < 9.2);
}

TEST_CASE("lengths of the section that do not fit the number of documents") {
  std::mt19937 random(4);
  const auto lengths = random_lengths(random, 100);
  SectionFixture fixture;
  write(fixture, lengths);
  CHECK(open(fixture, 100));
  CHECK(!open(fixture, 1000));
  CHECK(!open(fixture, 1));  // the second group is no multiple of a long place
  CHECK(!TextPlacesReader::make(SectionView(), 1));
  CHECK(TextPlacesReader::make(SectionView(), 0));
}

// Bytes that pass their checksum and are wrong all the same: an error or another place, and verify
// sees every length that moves a text.
TEST_CASE("no wrong byte makes the reader of places leave its bounds") {
  std::mt19937 random(5);
  auto lengths = random_lengths(random, 70);
  lengths[9] = {66'000, 70'000};
  SectionFixture fixture;
  write(fixture, lengths);
  const u64 end = end_of(lengths);
  for (u64 at = 0; at < fixture.sections()[0].bytes; at += 1 + random() % 4) {
    const u8 bits = u8(1 + random() % 255);
    fixture.damage(0, at, bits, true);
    const auto reader = open(fixture, lengths.size());
    REQUIRE(reader);
    bool moved = false;
    for (u32 doc = 0; doc < lengths.size(); ++doc) {
      const auto place = reader->place(DocNo(doc));
      moved |= !place || place->stored_bytes != lengths[doc].stored;
    }
    INFO("byte " << at << " bits " << int(bits));
    if (moved) CHECK(!reader->verify(end));
    fixture.damage(0, at, bits, true);
  }
}

TEST_CASE("a long place that nothing asks for is damage") {
  SectionFixture fixture;
  write(fixture, {{10, 20}, {65'535, 65'535}, {10, 20}});
  const u64 second = offsetof(PlaceGroup, stored_bytes) + 2;
  fixture.damage(0, second, 0x01, true);  // 0xffff becomes 0xfffe
  const TextPlacesReader reader = open(fixture, 3).value();
  CHECK(!reader.verify(65'555));
  CHECK(!reader.verify(65'554));
}

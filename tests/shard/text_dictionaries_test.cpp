#include "shard/text_dictionaries.hpp"

#include <thread>

#include "shard/texts.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/shard/texts_model.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::SectionFixture;
using shale::shard::testing::trained;
using shale::testing::under_address_sanitizer;
using shale::testing::under_thread_sanitizer;

namespace {

constexpr u64 nothing_resident = 0;
constexpr u64 tables_alone = 30'000;  // of one dictionary
constexpr u64 everything = u64(1) << 30;

// Two dictionaries, and a text packed with each.
struct Fixture {
  explicit Fixture(u64 tables_max)
      : budget(std::make_shared<PageBudget>(
            u64(1) << 30, [] { return nothing_resident; }, tables_max)),
        sections(budget) {
    ByteWriter section;
    const Buffer dictionaries[] = {trained(3), trained(5)};
    section.value(DictionariesHeader{2});
    for (const Buffer& one : dictionaries) section.value(u32(one.size()));
    for (const Buffer& one : dictionaries) section.raw(one);
    sections.put(tag_of("ZDIC"), section.bytes());
    for (usize i = 0; i < 2; ++i) {
      Compressor compressor = Compressor::make(dictionaries[i]).value();
      compressor.append_frame(as_bytes(text), packed[i]).value();
    }
    map = sections.map();
    made = TextDictionaries::make({map, 0, sections.sections()[0].offset, section.size()}, budget)
               .value();
  }
  // Empty where it cannot be unpacked.
  std::string unpacked(u32 number) {
    const auto use = made->use(number);
    if (!use) return {};
    std::string out(text.size(), '\0');
    Decompressor decompressor;
    const MutableBytes room = std::as_writable_bytes(std::span<char>(out.data(), out.size()));
    return decompressor.unpack(packed[number], room, use->get()) ? out : std::string();
  }

  const std::string text = "sample 17 of many that are much alike 3, and something of its own";
  std::shared_ptr<PageBudget> budget;
  SectionFixture sections;
  std::shared_ptr<const ShardMap> map;
  std::unique_ptr<TextDictionaries> made;
  Buffer packed[2];
};

}  // namespace

TEST_CASE("dictionaries unpack their texts, whatever room there is for them") {
  const u64 room = GENERATE(u64(0), tables_alone, u64(60'000), everything, PageBudget::unlimited);
  Fixture fixture(room);
  REQUIRE(fixture.made->count() == 2);
  for (int round = 0; round < 3; ++round) {
    CHECK(fixture.unpacked(0) == fixture.text);
    CHECK(fixture.unpacked(1) == fixture.text);
  }
}

TEST_CASE("where memory is bounded a copy takes its own bytes, not large pages of all copies") {
  const u64 before = resident_anonymous_bytes();
  std::vector<std::unique_ptr<Fixture>> bounded;
  for (int i = 0; i < 8; ++i) {
    bounded.push_back(std::make_unique<Fixture>(everything));
    CHECK(bounded.back()->unpacked(0) == bounded.back()->text);
  }
  // Of large pages each would have taken 2 MiB; now 28 KiB of tables and less than that of bytes.
  // A sanitizer keeps what is freed, and takes memory of its own.
  if (under_address_sanitizer || under_thread_sanitizer) return;
  CHECK(resident_anonymous_bytes() < before + (u64(8) << 20));
}

TEST_CASE("what was taken of the budget is given back") {
  Fixture fixture(100'000);
  CHECK(fixture.unpacked(0) == fixture.text);
  CHECK_FALSE(fixture.budget->take_table(100'000));
  fixture.made.reset();
  CHECK(fixture.budget->take_table(100'000));
}

TEST_CASE("a dictionary that is read from the disk again, damaged, unpacks nothing") {
  const u64 room = GENERATE(u64(0), tables_alone, everything, PageBudget::unlimited);
  Fixture fixture(room);
  REQUIRE(fixture.unpacked(0) == fixture.text);
  fixture.sections.damage(0, 2000, 0x40, false);
  fixture.map->release_window(0);
  // A copy is what it was; what refers to the map is found out.
  CHECK(fixture.unpacked(0) == (room >= everything ? fixture.text : std::string()));
}

TEST_CASE("threads prepare a dictionary once and use it at the same time") {
  const u64 room = GENERATE(u64(0), tables_alone, everything, PageBudget::unlimited);
  Fixture fixture(room);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (u32 i = 0; i < 50; ++i) {
        if (fixture.unpacked((i + t) % 2) != fixture.text) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a section that is wrong about its dictionaries is damaged") {
  SectionFixture sections;
  ByteWriter section;
  section.value(DictionariesHeader{2});
  section.value(u32(100));
  section.value(u32(100));
  section.raw(Buffer(GENERATE(usize(199), usize(201), usize(0))));
  sections.put(tag_of("ZDIC"), section.bytes());
  const auto made = TextDictionaries::make(sections.views()[0], nullptr);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::corrupt);
}

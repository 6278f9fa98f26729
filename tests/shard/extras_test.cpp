#include "shard/extras.hpp"

#include <limits>
#include <random>

#include "model/numbers.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::SectionFixture;

namespace {

AttributeValue random_attribute(std::mt19937& random) {
  switch (random() % 5) {
    case 0:
      return std::string(random() % 40, char(random()));
    case 1:
      return std::int64_t(u64(random()) << 32 | random());
    case 2:
      return random() % 5 == 0 ? -0.0 : double(random()) / 7;
    case 3:
      return random() % 2 == 0;
    default:
      return Json{"[1,null]"};
  }
}

Extras random_extras(std::mt19937& random, bool often) {
  Extras extras;
  if (!often && random() % 10 != 0) return extras;
  for (u32 n = random() % 4; n > 0; --n) extras.tags.push_back(u32(random()));
  for (u32 n = random() % 4; n > 0; --n) {
    extras.attributes["key" + std::to_string(random() % 100)] = random_attribute(random);
  }
  if (random() % 3 == 0) {
    extras.sha256.emplace();
    for (u8& byte : *extras.sha256) byte = u8(random());
  }
  if (random() % 3 == 0) extras.tokens_computed_at = Time{i64(random()) - 5, random() % 2 == 0};
  if (random() % 3 == 0) extras.tokenizer = "o200k";
  return extras;
}

void write(SectionFixture& fixture, const std::vector<Extras>& all) {
  SectionSpool spool = fixture.spool(20'000);
  ExtrasWriter writer(spool);
  for (const Extras& extras : all) writer.add(extras).value();
  writer.finish().value();
  fixture.put(tag::extras, spool);
}

}  // namespace

TEST_CASE("extras come back whole") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const bool often = GENERATE(false, true);
  const usize count = GENERATE(usize(0), usize(1), usize(63), usize(64), usize(65), usize(3000));
  std::vector<Extras> all;
  for (usize i = 0; i < count; ++i) all.push_back(random_extras(random, often));
  SectionFixture fixture;
  write(fixture, all);
  const ExtrasReader reader = ExtrasReader::make(fixture.views()[0], u32(count)).value();
  for (u32 doc = 0; doc < count; ++doc) {
    REQUIRE(reader.extras(DocNo(doc)).value() == all[doc]);
  }
  CHECK(!reader.extras(DocNo(u32(count))));
}

TEST_CASE("no extras at all take no bytes") {
  SectionFixture fixture;
  write(fixture, std::vector<Extras>(1000));
  CHECK(fixture.sections()[0].bytes == 0);
  const ExtrasReader reader = ExtrasReader::make(fixture.views()[0], 1000).value();
  CHECK(reader.extras(DocNo(999)).value().empty());
}

TEST_CASE("every kind of attribute keeps its bits") {
  Extras extras;
  extras.attributes["a"] = std::string("t\0xt", 4);
  extras.attributes["b"] = std::int64_t(INT64_MIN);
  extras.attributes["c"] = std::numeric_limits<double>::denorm_min();
  extras.attributes["d"] = true;
  extras.attributes["e"] = Json{"{\"x\": null}"};
  extras.attributes[""] = -std::numeric_limits<double>::infinity();
  extras.tokens_computed_at = Time{INT64_MIN, false};
  SectionFixture fixture;
  write(fixture, {extras});
  CHECK(ExtrasReader::make(fixture.views()[0], 1).value().extras(DocNo(0)).value() == extras);
}

TEST_CASE("lengths that do not fit are refused") {
  std::mt19937 random(3);
  std::vector<Extras> all;
  for (int i = 0; i < 100; ++i) all.push_back(random_extras(random, true));
  SectionFixture fixture;
  write(fixture, all);
  CHECK(ExtrasReader::make(fixture.views()[0], 100));
  CHECK(!ExtrasReader::make(fixture.views()[0], 1'000'000));
}

// Bytes that pass their checksum and are wrong all the same: errors or other values, never a crash.
TEST_CASE("no wrong byte makes the reader of extras leave its bounds") {
  std::mt19937 random(5);
  std::vector<Extras> all;
  for (int i = 0; i < 70; ++i) all.push_back(random_extras(random, true));
  SectionFixture fixture;
  write(fixture, all);
  u32 errors = 0;
  for (u64 at = 0; at < fixture.sections()[0].bytes; at += 1 + random() % 5) {
    const u8 bits = u8(1 + random() % 255);
    fixture.damage(0, at, bits, true);
    const auto reader = ExtrasReader::make(fixture.views()[0], 70);
    for (u32 doc = 0; reader && doc < 70; ++doc) errors += !reader->extras(DocNo(doc));
    fixture.damage(0, at, bits, true);
  }
  CHECK(errors > 0);
}

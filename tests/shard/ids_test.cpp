#include "shard/ids.hpp"

#include <numeric>
#include <random>
#include <set>

#include "base/checksum.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::SectionFixture;

namespace {

u64 hash_of(const std::string& id) { return checksum64(as_bytes(id)); }

void write(SectionFixture& fixture, const std::vector<std::string>& ids, usize memory_max) {
  SectionSpool data = fixture.spool(memory_max);
  SectionSpool table = fixture.spool(memory_max);
  IdsWriter writer(data, table);
  for (const std::string& id : ids) writer.add(id, hash_of(id)).value();
  writer.finish().value();
  fixture.put(tag::ids, data);
  fixture.put(tag::id_table, table);
}

IdsReader open(const SectionFixture& fixture, usize count) {
  const auto views = fixture.views();
  return IdsReader::make(views[0], views[1], u32(count)).value();
}

std::vector<std::string> random_ids(std::mt19937& random, usize count) {
  std::set<std::string> known;
  std::vector<std::string> ids;
  while (ids.size() < count) {
    std::string id = random() % 2 == 0 ? "src/some/path/" : "";
    id += std::to_string(random() % 1000) + "#" + std::to_string(random() % 1000);
    if (random() % 10 == 0) id.resize(1 + random() % 255, char(random()));
    if (known.insert(id).second) ids.push_back(id);
  }
  return ids;
}

}  // namespace

TEST_CASE("ids are found by document and documents by id") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const usize count = GENERATE(usize(0), usize(1), usize(15), usize(16), usize(17), usize(5000));
  const auto ids = random_ids(random, count);
  SectionFixture fixture;
  write(fixture, ids, GENERATE(usize(1) << 20, usize(3000)));
  const IdsReader reader = open(fixture, count);
  const std::set<std::string> known(ids.begin(), ids.end());
  for (u32 doc = 0; doc < count; ++doc) {
    REQUIRE(reader.id_of(DocNo(doc)).value() == ids[doc]);
    REQUIRE(reader.find(ids[doc]).value() == DocNo(doc));
    const std::string other = ids[doc] + "x";
    if (!known.contains(other)) REQUIRE(!reader.find(other).value());
  }
  CHECK(!reader.find("").value());
  CHECK(!reader.id_of(DocNo(u32(count))));
  std::vector<std::string> seen;
  reader
      .for_each([&](DocNo doc, std::string_view id) -> Result<void> {
        CHECK(to_index(doc) == seen.size());
        seen.emplace_back(id);
        return {};
      })
      .value();
  CHECK(seen == ids);
}

TEST_CASE("ids of some documents, whole blocks and single ones") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto ids = random_ids(random, 2000);
  SectionFixture fixture;
  write(fixture, ids, 1 << 20);
  const IdsReader reader = open(fixture, ids.size());
  for (const u32 step : {1u, 3u, 40u}) {
    std::vector<u32> docs;
    for (u32 doc = u32(random() % step); doc < ids.size(); doc += 1 + u32(random() % step))
      docs.push_back(doc);
    usize seen = 0;
    const auto visit = [&](usize i, std::string_view id) -> Result<void> {
      if (i != seen++ || id != ids[docs[i]]) FAIL("document " << docs[i]);
      return {};
    };
    reader.ids_of(docs, visit).value();
    CHECK(seen == docs.size());
  }
  const auto stop = [](usize, std::string_view) -> Result<void> {
    return fail(ErrorCode::cancelled, "enough");
  };
  const u32 docs[] = {1999, 2000};
  CHECK(reader.ids_of({docs, 1}, stop).error().code == ErrorCode::cancelled);
  const auto go_on = [](usize, std::string_view) -> Result<void> { return {}; };
  CHECK(reader.ids_of(docs, go_on).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("the same id twice is refused, the same hash twice is not") {
  SectionFixture fixture;
  SectionSpool data = fixture.spool(1000);
  SectionSpool table = fixture.spool();
  IdsWriter writer(data, table);
  for (int i = 0; i < 3000; ++i) {
    const std::string id = "name" + std::to_string(i);
    writer.add(id, hash_of(id)).value();
  }
  SECTION("twice") {
    writer.add("name1234", hash_of("name1234")).value();
    const auto result = writer.finish();
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::invalid_argument);
    CHECK(result.error().message.find("name1234") != std::string::npos);
  }
  SECTION("a collision of hashes") {
    writer.add("another", hash_of("name1234")).value();
    CHECK(writer.finish());
  }
}

TEST_CASE("ids that cannot be are refused") {
  SectionFixture fixture;
  SectionSpool data = fixture.spool();
  SectionSpool table = fixture.spool();
  IdsWriter writer(data, table);
  CHECK(!writer.add("", 1));
  CHECK(!writer.add(std::string(256, 'x'), 1));
  CHECK(writer.add(std::string(255, 'x'), 1));
}

TEST_CASE("lengths that do not fit the number of documents") {
  std::mt19937 random(7);
  const auto ids = random_ids(random, 100);
  SectionFixture fixture;
  write(fixture, ids, 1 << 20);
  const auto views = fixture.views();
  CHECK(IdsReader::make(views[0], views[1], 100));
  CHECK(!IdsReader::make(views[0], views[1], 101));
  CHECK(!IdsReader::make(views[0], views[1], 1 << 24));
  CHECK(!IdsReader::make(SectionView(), views[1], 100));
  CHECK(!IdsReader::make(views[0], SectionView(), 100));
}

TEST_CASE("verify finds a table that leads elsewhere, and an id that is there twice") {
  std::mt19937 random(12);
  const auto ids = random_ids(random, 40);
  SectionFixture fixture;
  write(fixture, ids, 1 << 20);
  CHECK(open(fixture, ids.size()).verify());
  const auto table = fixture.views()[1];
  u64 slot = 0;  // the first that is in use
  while (table.view(slot * id_slot_bytes, 1).value()[0] == std::byte(0)) ++slot;
  const u32 there = load<u32>(table.view(slot * id_slot_bytes + 1, 4).value().data());
  SECTION("a mark of another hash") { fixture.damage(1, slot * id_slot_bytes, 0xff, true); }
  SECTION("another document") {
    fixture.damage(1, slot * id_slot_bytes + 1, u8(there == 0 ? 1 : there), true);
  }
  SECTION("no document") { fixture.damage(1, slot * id_slot_bytes + 4, 0x80, true); }
  const auto verified = open(fixture, ids.size()).verify();
  REQUIRE(!verified);
  CHECK(verified.error().code == ErrorCode::corrupt);
  CHECK(verified.error().message.find("IDSH") != std::string::npos);
}

TEST_CASE("a block of ids is what its documents say one by one") {
  std::mt19937 random(13);
  const auto ids = random_ids(random, 40);
  SectionFixture fixture;
  write(fixture, ids, 1 << 20);
  const IdsReader reader = open(fixture, ids.size());
  std::vector<std::string> block;
  for (u32 first = 0; first < 40; first += ids_per_block) {
    reader.block(first / ids_per_block, block).value();
    CHECK(block.size() == std::min(ids_per_block, 40 - first));
    for (u32 i = 0; i < block.size(); ++i) CHECK(block[i] == ids[first + i]);
  }
}

// Bytes that pass their checksum and are wrong all the same: errors or other ids, never a crash.
TEST_CASE("no wrong byte makes the reader of ids leave its bounds") {
  std::mt19937 random(11);
  const auto ids = random_ids(random, 50);
  SectionFixture fixture;
  write(fixture, ids, 1 << 20);
  const u32 entry = GENERATE(0u, 1u);
  u32 changed = 0;
  for (u64 at = 0; at < fixture.sections()[entry].bytes; at += 1 + random() % 3) {
    const u8 bits = u8(1 + random() % 255);
    fixture.damage(entry, at, bits, true);
    const IdsReader reader = open(fixture, ids.size());
    for (u32 doc = 0; doc < ids.size(); ++doc) {
      const auto id = reader.id_of(DocNo(doc));
      const auto found = reader.find(ids[doc]);
      if (!id || *id != ids[doc] || !found || *found != DocNo(doc)) ++changed;
      if (found && *found) CHECK(reader.id_of(**found).value() == ids[doc]);
    }
    std::vector<u32> all(ids.size());
    std::iota(all.begin(), all.end(), 0u);
    (void)reader.ids_of(all, [](usize, std::string_view) -> Result<void> { return {}; });
    fixture.damage(entry, at, bits, true);
  }
  CHECK(changed > 0);
}

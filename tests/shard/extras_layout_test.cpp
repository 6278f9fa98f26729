// The bytes of extras: the layout of the header, and every record that no writer writes.
#include "model/numbers.hpp"
#include "shard/extras.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::buffer_of;
using shale::shard::testing::check_damage;
using shale::shard::testing::SectionFixture;

namespace {

void append(Buffer& to, const Buffer& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// A section of one document with this record.
Buffer section_of(const Buffer& record) {
  ByteWriter out;
  out.text(as_text(record));
  const u64 end = out.size();
  out.pad_to(8);
  out.value(ExtrasGroup{1, 0});
  out.value(ExtrasGroup{0, end});
  return out.buffer();
}

Result<Extras> read(const Buffer& record) {
  SectionFixture fixture;
  fixture.put(tag::extras, section_of(record));
  auto extras = ExtrasReader::make(fixture.views()[0], 1).value().extras(DocNo(0));
  if (!extras) check_damage(extras, fixture, 0, 0, "damaged record");
  return extras;
}

Buffer record_of(std::initializer_list<Buffer> parts) {
  Buffer record;
  for (const Buffer& part : parts) append(record, part);
  return record;
}

// A record of all parts, as the layout says.
Buffer full_record() {
  Buffer record = buffer_of({1 | 2 | 4 | 8 | 16 | 32, 2, 5, 0xac, 2, 5});
  append(record, record_of({buffer_of({1}, "ab"), buffer_of({1})}));
  append(record, record_of({buffer_of({1}, "ci"), buffer_of({5})}));
  append(record, record_of({buffer_of({1}, "dj"), buffer_of({2}, "[]")}));
  append(record, record_of({buffer_of({1}, "ed"), buffer_of({0, 0, 0, 0, 0, 0, 0xf8, 0x3f})}));
  append(record, record_of({buffer_of({1}, "fs"), buffer_of({3}, "txt")}));
  for (int i = 0; i < 32; ++i) append(record, buffer_of({i}));
  append(record, record_of({buffer_of({3}), buffer_of({2}, "o2")}));
  return record;
}

Extras full_extras() {
  Extras extras;
  extras.tags = {5, 300};
  extras.attributes["a"] = true;
  extras.attributes["c"] = std::int64_t(-3);
  extras.attributes["d"] = Json{"[]"};
  extras.attributes["e"] = 1.5;
  extras.attributes["f"] = std::string("txt");
  extras.sha256.emplace();
  for (u32 i = 0; i < 32; ++i) (*extras.sha256)[i] = u8(i);
  extras.tokens_computed_at = Time{-2, true};
  extras.tokenizer = "o2";
  return extras;
}

}  // namespace

TEST_CASE("the bytes of extras are those of the layout") {
  SectionFixture fixture;
  SectionSpool spool = fixture.spool();
  ExtrasWriter writer(spool);
  for (u32 doc = 0; doc < 66; ++doc) {
    Extras extras;
    if (doc == 1) extras = full_extras();
    if (doc == 63) extras.tokens_computed_at = Time{1, false};
    if (doc == 65) extras.tokenizer = "x";
    writer.add(extras).value();
  }
  writer.finish().value();
  Buffer record = full_record();
  ByteWriter expected;
  expected.text(as_text(record));
  expected.raw(buffer_of({2, 8, 2}));
  const u64 second = expected.size();
  expected.raw(buffer_of({3, 32, 1}, "x"));
  const u64 end = expected.size();
  expected.pad_to(8);
  expected.value(ExtrasGroup{u64(1) << 1 | u64(1) << 63, 0});
  expected.value(ExtrasGroup{u64(1) << 1, second});
  expected.value(ExtrasGroup{0, end});
  CHECK(spool.buffer() == expected.buffer());
  fixture.put(tag::extras, spool);
  const auto reader = ExtrasReader::make(fixture.views()[0], 66).value();
  CHECK(reader.extras(DocNo(1)).value() == full_extras());
  CHECK(reader.extras(DocNo(63)).value().tokens_computed_at == Time{1, false});
  CHECK(reader.extras(DocNo(64)).value().empty());
  CHECK(reader.extras(DocNo(65)).value().tokenizer == "x");
}

TEST_CASE("a record cut anywhere or followed by a byte is damage") {
  const Buffer record = full_record();
  CHECK(read(record).value() == full_extras());
  for (usize length = 0; length < record.size(); ++length) {
    INFO("cut at " << length);
    CHECK_FALSE(read(Buffer(record.begin(), record.begin() + std::ptrdiff_t(length))));
  }
  CHECK_FALSE(read(record_of({record, buffer_of({0})})));
}

TEST_CASE("parts that are announced and empty, or that do not exist, are damage") {
  CHECK(read(buffer_of({1, 1, 5})).value().tags == std::vector<u32>{5});
  CHECK_FALSE(read(buffer_of({1, 0})));   // no tags
  CHECK_FALSE(read(buffer_of({2, 0})));   // no attributes
  CHECK_FALSE(read(buffer_of({32, 0})));  // a tokenizer without letters
  CHECK_FALSE(read(buffer_of({16})));     // the zone of no time
  CHECK_FALSE(read(buffer_of({64})));     // a part of a later version
  CHECK_FALSE(read(buffer_of({64 | 1, 1, 5})));
  CHECK_FALSE(read(buffer_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2})));
}

TEST_CASE("tags are codes of 32 bits, as many as were announced") {
  CHECK(read(buffer_of({1, 1, 0xff, 0xff, 0xff, 0xff, 0xf})).value().tags[0] == 0xffff'ffff);
  CHECK_FALSE(read(buffer_of({1, 1, 0x80, 0x80, 0x80, 0x80, 0x10})));
  CHECK_FALSE(read(buffer_of({1, 3, 1, 2})));
  CHECK_FALSE(read(buffer_of({1, 1, 1, 2})));
  CHECK_FALSE(read(buffer_of({1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})));
}

TEST_CASE("attributes have ascending keys and a type that exists") {
  const auto attributes = [](std::initializer_list<Buffer> parts) {
    return read(record_of({buffer_of({2, int(parts.size())}), record_of(parts)}));
  };
  const Buffer a = buffer_of({1, 'a', 'b', 1});
  const Buffer b = buffer_of({1, 'b', 'b', 0});
  CHECK(attributes({a, b}).value().attributes.size() == 2);
  CHECK(std::get<bool>(attributes({a, b}).value().attributes["b"]) == false);
  CHECK_FALSE(attributes({b, a}));
  CHECK_FALSE(attributes({a, a}));
  CHECK(attributes({buffer_of({0, 'b', 1}), a}).value().attributes.count("") == 1);
  CHECK_FALSE(attributes({buffer_of({1, 'a', 'b', 2})}));
  CHECK_FALSE(attributes({buffer_of({1, 'a', 'q', 1})}));
  CHECK_FALSE(attributes({buffer_of({1, 'a', 's', 9, 'x'})}));
  CHECK_FALSE(attributes({buffer_of({1, 'a', 'd', 1, 2, 3})}));
}

TEST_CASE("groups whose bases do not ascend or leave the records are damage") {
  Buffer section = section_of(full_record());
  const u64 groups_at = section.size() - 2 * sizeof(ExtrasGroup);
  SectionFixture fixture;
  fixture.put(tag::extras, section);
  const auto refused = [&](u64 base, u64 end, u64 reported, const std::string& part) {
    fixture.overwrite_value(0, groups_at, ExtrasGroup{1, base});
    fixture.overwrite_value(0, groups_at + 16, ExtrasGroup{0, end});
    const auto reader = ExtrasReader::make(fixture.views()[0], 1).value();
    check_damage(reader.extras(DocNo(0)), fixture, 0, reported, part);
  };
  refused(1, 0, groups_at, "bases out of order");
  refused(0, groups_at + 1, groups_at, "bases out of order");
  refused(~u64(0), ~u64(0), groups_at, "bases out of order");
  refused(0, 0, 0, "damaged record");
  refused(1, groups_at, 1, "damaged record");
}

TEST_CASE("the last document of a group alone has a record") {
  const u32 count = GENERATE(1u, 2u, 63u, 64u, 65u, 128u, 129u);
  SectionFixture fixture;
  SectionSpool spool = fixture.spool();
  ExtrasWriter writer(spool);
  for (u32 doc = 0; doc < count; ++doc) {
    writer.add(doc + 1 == count ? full_extras() : Extras()).value();
  }
  writer.finish().value();
  CHECK(spool.size() % 8 == 0);
  fixture.put(tag::extras, spool);
  const auto reader = ExtrasReader::make(fixture.views()[0], count).value();
  for (u32 doc = 0; doc + 1 < count; ++doc) CHECK(reader.extras(DocNo(doc)).value().empty());
  CHECK(reader.extras(DocNo(count - 1)).value() == full_extras());
  CHECK(reader.extras(DocNo(count)).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a section has room for its groups and ends with them") {
  SectionFixture fixture;
  fixture.put(tag::extras, Buffer(2 * sizeof(ExtrasGroup) - 8));
  fixture.put(tag::extras, Buffer(2 * sizeof(ExtrasGroup) + 4));
  fixture.put(tag::extras, Buffer(2 * sizeof(ExtrasGroup)));
  const auto views = fixture.views();
  check_damage(ExtrasReader::make(views[0], 64), fixture, 0, 0, "does not fit the number");
  check_damage(ExtrasReader::make(views[1], 64), fixture, 1, 0, "does not fit the number");
  CHECK(ExtrasReader::make(views[2], 64));
  CHECK_FALSE(ExtrasReader::make(views[2], 65));
}

// The bytes of columns: the layout of the header, widths at their borders, chunks, and damage.
#include <algorithm>
#include <random>

#include "shard/columns.hpp"
#include "tests/shard/columns_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::buffer_of;
using shale::shard::testing::check_damage;
using shale::shard::testing::open;
using shale::shard::testing::Rows;
using shale::shard::testing::SectionFixture;
using shale::shard::testing::write;

namespace {

ChunkHeader header_of(const SectionFixture& fixture, Column column, u32 chunks, u32 chunk) {
  const u64 at = sizeof(ColumnsHeader) + (u64(column) * chunks + chunk) * sizeof(ChunkHeader);
  return load<ChunkHeader>(fixture.views()[0].view(at, sizeof(ChunkHeader)).value().data());
}

// Every column of every document holds `value`.
Rows filled(usize count, i64 value) {
  ColumnRow row;
  row.fill(value);
  return Rows(count, row);
}

struct TwoValues {
  i64 first;
  i64 second;
  u8 width;
  u8 flags;
  i64 base;
};

// A pair for each column, and the width, flags and base they ask for.
const TwoValues pairs[column_count] = {
    {3, 3, 0, 0, 3},
    {no_number, no_number, 0, ChunkHeader::all_absent, 0},
    {1, no_number, 1, 0, 1},
    {0, 254, 1, 0, 0},
    {0, 255, 2, 0, 0},
    {-1, 0, 1, 0, -1},
    {10, 10 + 0xfffe, 2, 0, 10},
    {10, 10 + 0xffff, 3, 0, 10},
    {0xff'ffff, 0, 4, 0, 0},
    {0xffff'ffff, 0, 5, 0, 0},
    {i64(1) << 40, 0, 6, 0, 0},
    {i64(1) << 48, 0, 7, 0, 0},
    {i64(1) << 56, 0, 8, 0, 0},
    {INT64_MIN + 1, INT64_MAX, 8, 0, INT64_MIN + 1},
    {7, no_number, 8, ChunkHeader::plain_bits, 0},
    {0, -1, 8, ChunkHeader::plain_bits, 0},
    {249, 249, 0, 0, 249},
    {-7, no_number, 1, 0, -7},
};

}  // namespace

TEST_CASE("the bytes of columns are those of the layout") {
  Rows rows = filled(2, 0);
  ByteWriter expected;
  ByteWriter values;
  expected.value(u32(18));
  expected.value(u32(2));
  for (usize c = 0; c < column_count; ++c) {
    const TwoValues& pair = pairs[c];
    rows[0][c] = pair.first;
    rows[1][c] = pair.second;
    expected.raw(buffer_of({int(c), pair.width, pair.flags, 0, 0, 0, 0, 0}));
    expected.value(pair.base);
    expected.value(u64(8 + 18 * 24) + values.size());
    for (const i64 value : {pair.first, pair.second}) {
      const bool absent = value == no_number && pair.flags == 0;
      const u64 stored = absent ? ~u64(0) : u64(value) - u64(pair.base);
      values.raw(bytes_of(stored).first(pair.width));
    }
  }
  expected.raw(values.bytes());
  SectionFixture fixture;
  write(fixture, rows);
  const auto views = fixture.views();
  const Bytes written = views[0].view(0, views[0].size()).value();
  CHECK(std::ranges::equal(written, expected.bytes()));
  const ColumnsReader reader = open(fixture, 2);
  for (usize c = 0; c < column_count; ++c) {
    CHECK(reader.value(Column(c), DocNo(0)).value() == pairs[c].first);
    CHECK(reader.value(Column(c), DocNo(1)).value() == pairs[c].second);
  }
}

TEST_CASE("of columns that a shard is too old to have, all values are absent") {
  ByteWriter old;
  ByteWriter values;
  old.value(u32(16));
  old.value(u32(2));
  for (usize c = 0; c < 16; ++c) {
    const bool plain = is_plain_bits(Column(c));
    const int flags = plain ? ChunkHeader::plain_bits : 0;
    old.raw(buffer_of({int(c), plain ? 8 : 0, flags, 0, 0, 0, 0, 0}));
    old.value(i64(plain ? 0 : c));
    old.value(u64(8 + 16 * 24) + values.size());
    if (plain) values.raw(buffer_of({1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
  }
  old.raw(values.bytes());
  SectionFixture fixture;
  fixture.put(tag::columns, old.bytes());
  const ColumnsReader reader = open(fixture, 2);
  CHECK(reader.value(Column::lsn, DocNo(1)).value() == i64(Column::lsn));
  CHECK(reader.value(Column::hash_high, DocNo(1)).value() == 2);
  for (const Column column : {Column::tokenizer, Column::tokens_computed}) {
    std::vector<i64> all = {1, 1};
    reader.values(column, 0, all).value();
    CHECK(all == std::vector<i64>{no_number, no_number});
    CHECK(reader.value(column, DocNo(1)).value() == no_number);
  }
}

TEST_CASE("a section of another number of columns is refused") {
  for (const u32 columns : {0u, 15u, 17u, 19u}) {
    ByteWriter section;
    section.value(columns);
    section.value(u32(0));
    SectionFixture fixture;
    fixture.put(tag::columns, section.bytes());
    check_damage(ColumnsReader::make(fixture.views()[0], 0), fixture, 0, 0, "other columns");
  }
}

TEST_CASE("no documents leave a header alone") {
  SectionFixture fixture;
  write(fixture, {});
  CHECK(fixture.sections()[0].bytes == sizeof(ColumnsHeader));
  const ColumnsReader reader = open(fixture, 0);
  std::vector<i64> none;
  CHECK(reader.values(Column::tokens, 0, none));
  CHECK(reader.value(Column::tokens, DocNo(0)).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a difference of all ones asks for one byte more") {
  const u32 width = GENERATE(1u, 2u, 3u, 4u, 5u, 6u, 7u);
  const i64 ones = i64(~u64(0) >> (64 - 8 * width));
  for (const i64 base : {i64(0), i64(-12'345), INT64_MIN + 1}) {
    Rows rows = filled(3, base);
    rows[1][usize(Column::tokens)] = base + ones - 1;
    rows[1][usize(Column::lsn)] = base + ones;
    rows[2][usize(Column::tokens)] = rows[2][usize(Column::lsn)] = no_number;
    SectionFixture fixture;
    write(fixture, rows);
    CHECK(header_of(fixture, Column::tokens, 1, 0).width == width);
    CHECK(header_of(fixture, Column::lsn, 1, 0).width == width + 1);
    const ColumnsReader reader = open(fixture, 3);
    for (const Column column : {Column::tokens, Column::lsn}) {
      for (u32 doc = 0; doc < 3; ++doc) {
        CHECK(reader.value(column, DocNo(doc)).value() == rows[doc][usize(column)]);
      }
    }
  }
}

TEST_CASE("each chunk has its own width and base, and chunks lie end to end") {
  Rows rows = filled(2 * chunk_documents + 1, 5);
  const usize tokens = usize(Column::tokens);
  for (u32 doc = 0; doc < chunk_documents; ++doc) rows[doc][tokens] = no_number;
  rows[chunk_documents][tokens] = 1'000'000;
  rows[2 * chunk_documents - 1][tokens] = 1'000'300;
  rows[2 * chunk_documents][tokens] = -9;
  for (u32 doc = chunk_documents + 1; doc < 2 * chunk_documents - 1; ++doc) {
    rows[doc][tokens] = 1'000'000 + doc % 300;
  }
  SectionFixture fixture;
  write(fixture, rows);
  const ChunkHeader first = header_of(fixture, Column::tokens, 3, 0);
  const ChunkHeader second = header_of(fixture, Column::tokens, 3, 1);
  const ChunkHeader third = header_of(fixture, Column::tokens, 3, 2);
  CHECK((first.width == 0 && first.flags == ChunkHeader::all_absent && first.base == 0));
  CHECK((second.width == 2 && second.flags == 0 && second.base == 1'000'000));
  CHECK((third.width == 0 && third.flags == 0 && third.base == -9));
  CHECK(second.offset == first.offset);
  CHECK(third.offset == second.offset + 2 * chunk_documents);
  const ColumnsReader reader = open(fixture, rows.size());
  const std::vector<u32> docs{0, 4095, 4096, 4097, 8190, 8191, 8192};
  std::vector<i64> picked(docs.size());
  reader.values_of(Column::tokens, docs, picked).value();
  std::vector<u32> codes(rows.size());
  reader.codes(Column::tokens, 0, codes).value();
  for (usize i = 0; i < docs.size(); ++i) {
    const i64 expected = rows[docs[i]][tokens];
    CHECK(picked[i] == expected);
    CHECK(reader.value(Column::tokens, DocNo(docs[i])).value() == expected);
    CHECK(codes[docs[i]] == (expected == no_number ? Index::no_code : u32(expected)));
  }
}

TEST_CASE("differences are added up across blocks and chunks") {
  const u64 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  Rows rows = filled(chunk_documents + 2100, 0);
  for (ColumnRow& row : rows) {
    row[usize(Column::created)] = i64(random());
    row[usize(Column::touched)] = i64(random());
    row[usize(Column::line_first)] = random() % 4 == 0 ? no_number : i64(random() % 1000);
    row[usize(Column::line_span)] = i64(random() % 50);
  }
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader reader = open(fixture, rows.size());
  const auto expected = [&](Field field, u32 doc) {
    const ColumnRow& row = rows[doc];
    const bool lines = field == Field::line_last;
    const i64 base = row[usize(lines ? Column::line_first : Column::created)];
    if (lines && base == no_number) return no_number;
    return i64(u64(base) + u64(row[usize(lines ? Column::line_span : Column::touched)]));
  };
  for (const Field field : {Field::touched, Field::line_last}) {
    for (const u32 count : {0u, 1u, 1023u, 1024u, 1025u, 2048u, 4000u}) {
      const u32 first = chunk_documents + 2100 - count - u32(random() % 50);
      std::vector<i64> all(count);
      reader.numbers(field, first, all).value();
      std::vector<u32> docs(count);
      for (u32 i = 0; i < count; ++i) docs[i] = first + i;
      std::vector<i64> some(count);
      reader.numbers_of(field, docs, some).value();
      usize wrong = 0;
      for (u32 i = 0; i < count; ++i) wrong += all[i] != expected(field, first + i);
      CHECK(wrong == 0);
      CHECK(some == all);
    }
  }
}

TEST_CASE("headers of chunks that no writer writes are refused where they stand") {
  Rows rows = filled(chunk_documents + 1, 3);
  rows[5][usize(Column::tokens)] = 900;
  SectionFixture fixture;
  write(fixture, rows);
  const auto refused = [&](Column column, u32 chunk, u64 field_at, u8 bits) {
    const u64 at = 8 + (u64(column) * 2 + chunk) * sizeof(ChunkHeader);
    fixture.damage(0, at + field_at, bits, true);
    const ColumnsReader reader = open(fixture, rows.size());
    const auto value = reader.value(column, DocNo(chunk * chunk_documents));
    check_damage(value, fixture, 0, at, "damaged column header");
    CHECK(reader.value(Column::type, DocNo(0)).value() == 3);
    fixture.damage(0, at + field_at, bits, true);
  };
  refused(Column::tokens, 0, 0, 1);                          // another column's
  refused(Column::tokens, 0, 1, 1);                          // width 2 becomes 3
  refused(Column::tokens, 0, 1, 8);                          // width 10
  refused(Column::tokens, 0, 2, ChunkHeader::all_absent);    // with a width
  refused(Column::tokens, 1, 2, ChunkHeader::plain_bits);    // a column that has numbers
  refused(Column::hash_low, 0, 2, ChunkHeader::plain_bits);  // hashes that are no bits
  refused(Column::hash_low, 0, 1, 15);                       // width 7
  refused(Column::tokens_computed, 1, 16, 1);                // the last one ends with the section
  refused(Column::tokens, 0, 23, 0x80);                      // an offset beyond everything
}

TEST_CASE("the error for an impossible value names the column's first header") {
  SectionFixture fixture;
  write(fixture, filled(chunk_documents + 1, 3));
  const ColumnsReader reader = open(fixture, chunk_documents + 1);
  const Result<void> result = reader.damaged(Column::tokens, "has too many tokens");
  check_damage(result, fixture, 0, 8 + u64(Column::tokens) * 2 * 24, "has too many tokens");
}

TEST_CASE("a flipped bit hides the columns of its extent and no others") {
  SectionFixture fixture;
  write(fixture, filled(chunk_documents, 3));
  const u64 last = fixture.sections()[0].bytes - 1;
  fixture.damage(0, last, 1, false);
  const ColumnsReader reader = open(fixture, chunk_documents);
  std::vector<i64> out(chunk_documents);
  CHECK(reader.values(Column::tokens, 0, out));
  CHECK(reader.value(Column::hash_low, DocNo(0)).value() == 3);
  check_damage(reader.values(Column::hash_high, 0, out), fixture, 0,
               last / extent_bytes * extent_bytes, "fails its checksum");
}

TEST_CASE("ranges of documents end with the last one") {
  SectionFixture fixture;
  write(fixture, filled(10, 3));
  const ColumnsReader reader = open(fixture, 10);
  const auto fits = [&](u32 first, usize count) {
    std::vector<i64> values(count);
    std::vector<u32> codes(count);
    const auto result = reader.values(Column::type, first, values);
    CHECK(reader.codes(Column::type, first, codes).has_value() == result.has_value());
    CHECK(reader.numbers(Field::touched, first, values).has_value() == result.has_value());
    if (!result) CHECK(result.error().code == ErrorCode::invalid_argument);
    return result.has_value();
  };
  CHECK(fits(0, 10));
  CHECK(fits(10, 0));
  CHECK(fits(9, 1));
  CHECK_FALSE(fits(10, 1));
  CHECK_FALSE(fits(11, 0));
  CHECK_FALSE(fits(0, 11));
  CHECK_FALSE(fits(0xffff'ffff, 2));
}

TEST_CASE("flags are of bits that exist and of a tier that exists") {
  for (u64 flags = 0; flags < 300; ++flags) {
    CHECK(are_flags(flags) == (flags < 128 && (flags / 2) % 4 != 3));
  }
  CHECK_FALSE(are_flags(~u64(0)));
  CHECK_FALSE(are_flags(u64(1) << 32));
}

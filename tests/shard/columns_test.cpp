#include "shard/columns.hpp"

#include <algorithm>
#include <random>

#include "base/kernel.hpp"
#include "tests/shard/columns_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::open;
using shale::shard::testing::Rows;
using shale::shard::testing::SectionFixture;
using shale::shard::testing::write;

namespace {

// One generator per column: constant, narrow, wide, with and without absence.
i64 random_value(std::mt19937_64& random, usize column) {
  const u64 bits = random();
  switch (column) {
    case 0:
      return 5;
    case 1:
      return no_number;
    case 2:
      return bits % 3 == 0 ? no_number : i64(7);
    case 3:
      return i64(bits % 255);  // one byte, just
    case 4:
      return i64(bits % 256) - 1000;  // two bytes: all ones are taken
    case 5:
      return bits % 9 == 0 ? no_number : i64(bits % 65535) + 1'000'000;
    case 6:
      return i64(1'700'000'000'000'000 + bits % (u64(1) << 40));
    case 7:
      return i64(bits % (u64(1) << 50)) - (i64(1) << 49);
    case 8:
      return i64(bits % (u64(1) << 32));
    case 9:
      return i64(bits % ((u64(1) << 24) - 1));
    case 10:
      return bits % 100 == 0 ? no_number : i64(bits >> 8);
    default:
      return i64(bits);  // anything, no_number included
  }
}

Rows random_rows(std::mt19937_64& random, usize count) {
  Rows rows(count);
  for (ColumnRow& row : rows) {
    for (usize column = 0; column < column_count; ++column) {
      row[column] = random_value(random, column);
    }
  }
  return rows;
}

class ForcedKernel {
 public:
  explicit ForcedKernel(Kernel kernel) { force_kernel(kernel); }
  ~ForcedKernel() { force_kernel(Kernel::automatic); }
};

}  // namespace

TEST_CASE("columns give back what was put in, with either kernel") {
  const ForcedKernel forced(GENERATE(Kernel::automatic, Kernel::scalar));
  const u64 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const usize count = GENERATE(usize(0), usize(1), usize(2), usize(4095), usize(4096), usize(9001));
  const Rows rows = random_rows(random, count);
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader reader = open(fixture, count);
  for (usize c = 0; c < column_count; ++c) {
    std::vector<i64> all(count);
    reader.values(Column(c), 0, all).value();
    usize wrong = 0;
    for (usize doc = 0; doc < count; ++doc) wrong += all[doc] != rows[doc][c];
    CHECK(wrong == 0);
    for (int i = 0; i < 20 && count > 0; ++i) {
      const u32 first = u32(random() % count);
      std::vector<i64> some(random() % (count - first + 1));
      reader.values(Column(c), first, some).value();
      CHECK(std::equal(some.begin(), some.end(), all.begin() + first));
      CHECK(reader.value(Column(c), DocNo(first)).value() == all[first]);
      std::vector<u32> docs;
      for (u32 doc = first; doc < count; doc += 1 + u32(random() % 500)) docs.push_back(doc);
      std::vector<i64> picked(docs.size());
      reader.values_of(Column(c), docs, picked).value();
      for (usize k = 0; k < docs.size(); ++k) CHECK(picked[k] == all[docs[k]]);
    }
  }
}

TEST_CASE("extreme values keep their bits") {
  const i64 extremes[] = {INT64_MAX, INT64_MIN + 1, 0, -1, no_number, 1};
  SectionFixture fixture;
  Rows rows;
  for (const i64 value : extremes) {
    ColumnRow row;
    row.fill(value);
    rows.push_back(row);
  }
  write(fixture, rows);
  const ColumnsReader reader = open(fixture, rows.size());
  for (usize c = 0; c < column_count; ++c) {
    for (u32 doc = 0; doc < rows.size(); ++doc) {
      CHECK(reader.value(Column(c), DocNo(doc)).value() == extremes[doc]);
    }
  }
}

TEST_CASE("differences are added up again") {
  Rows rows;
  for (int i = 0; i < 3000; ++i) {
    ColumnRow row;
    row.fill(0);
    row[usize(Column::created)] = i == 7 ? INT64_MIN : 1'000'000 + i;
    row[usize(Column::touched)] = i == 9 ? INT64_MIN : 5 * i;
    row[usize(Column::line_first)] = i % 3 == 0 ? no_number : i;
    row[usize(Column::line_span)] = i % 3 == 0 ? no_number : i % 11 - 5;
    rows.push_back(row);
  }
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader reader = open(fixture, rows.size());
  const auto expected = [&](Field field, u32 doc) {
    const ColumnRow& row = rows[doc];
    if (field == Field::touched) {
      return i64(u64(row[usize(Column::created)]) + u64(row[usize(Column::touched)]));
    }
    if (row[usize(Column::line_first)] == no_number) return no_number;
    return row[usize(Column::line_first)] + row[usize(Column::line_span)];
  };
  for (const Field field : {Field::touched, Field::line_last}) {
    std::vector<i64> all(rows.size() - 5);
    reader.numbers(field, 5, all).value();
    for (u32 i = 0; i < all.size(); ++i) REQUIRE(all[i] == expected(field, i + 5));
    std::vector<u32> docs;
    for (u32 doc = 1; doc < rows.size(); doc += 2) docs.push_back(doc);
    std::vector<i64> some(docs.size());
    reader.numbers_of(field, docs, some).value();
    for (u32 i = 0; i < docs.size(); ++i) REQUIRE(some[i] == expected(field, docs[i]));
  }
}

TEST_CASE("codes answer no_code where absent") {
  Rows rows;
  for (int i = 0; i < 1000; ++i) {
    ColumnRow row;
    row.fill(i % 4 == 0 ? no_number : i);
    rows.push_back(row);
  }
  SectionFixture fixture;
  write(fixture, rows);
  std::vector<u32> codes(1000);
  open(fixture, 1000).codes(Column::task, 0, codes).value();
  for (u32 i = 0; i < 1000; ++i) CHECK(codes[i] == (i % 4 == 0 ? Index::no_code : i));
}

TEST_CASE("columns are as narrow as their values") {
  Rows rows(1000);
  for (ColumnRow& row : rows) row.fill(0);
  SectionFixture same;
  write(same, rows);
  const u64 least = sizeof(ColumnsHeader) + column_count * sizeof(ChunkHeader) + 2 * 8 * 1000;
  CHECK(same.sections()[0].bytes == least);
  rows[5][usize(Column::tokens)] = 254;
  SectionFixture narrow;
  write(narrow, rows);
  CHECK(narrow.sections()[0].bytes == least + 1000);
  rows[5][usize(Column::tokens)] = 255;
  SectionFixture wider;
  write(wider, rows);
  CHECK(wider.sections()[0].bytes == least + 2000);
}

TEST_CASE("columns of several chunks read the same from any side") {
  std::mt19937_64 random(3);
  const Rows rows = random_rows(random, 3 * chunk_documents + 17);
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader reader = open(fixture, u32(rows.size()));
  for (const Column column : {Column::tokens, Column::created, Column::hash_low, Column::lsn}) {
    std::vector<i64> all(rows.size());
    reader.values(column, 0, all).value();
    for (usize doc = 0; doc < rows.size(); ++doc) REQUIRE(all[doc] == rows[doc][usize(column)]);
    std::vector<i64> part(5000);
    reader.values(column, 4000, part).value();
    CHECK(std::equal(part.begin(), part.end(), all.begin() + 4000));
    std::vector<u32> docs;
    for (u32 doc = u32(random() % 50); doc < rows.size(); doc += 1 + u32(random() % 90)) {
      docs.push_back(doc);
    }
    std::vector<i64> some(docs.size());
    reader.values_of(column, docs, some).value();
    for (usize i = 0; i < docs.size(); ++i) REQUIRE(some[i] == all[docs[i]]);
  }
}

TEST_CASE("questions beyond the documents, or for no number, are refused") {
  std::mt19937_64 random(1);
  SectionFixture fixture;
  write(fixture, random_rows(random, 10));
  const ColumnsReader reader = open(fixture, 10);
  std::vector<i64> out(2);
  const u32 beyond[] = {3, 10};
  const u32 disorder[] = {5, 200, 3};
  std::vector<i64> three(3);
  CHECK(!reader.values(Column::tokens, 9, out));
  CHECK(!reader.values(Column::tokens, 0xffffffff, out));
  CHECK(!reader.values_of(Column::tokens, beyond, out));
  CHECK(!reader.values_of(Column::tokens, disorder, three));
  CHECK(!reader.numbers(Field::type, 0, out));
  CHECK(!reader.numbers(Field::bytes, 0, out));
  CHECK(reader.numbers(Field::words, 8, out));
}

TEST_CASE("lengths that are needed soon change nothing, and a wrong header of theirs is found") {
  std::mt19937_64 random(3);
  SectionFixture fixture;
  write(fixture, random_rows(random, 3 * chunk_documents));
  const auto reader = ColumnsReader::make(fixture.views()[0], 3 * chunk_documents).value();
  std::vector<u32> before(3 * chunk_documents), after(before.size());
  reader.lengths(0, before).value();
  reader.will_need_lengths().value();
  reader.lengths(0, after).value();
  CHECK(before == after);
  const u64 last = (u64(Column::word_count) * 3 + 2) * sizeof(ChunkHeader);
  fixture.damage(0, sizeof(ColumnsHeader) + last, 0x10, true);
  const auto wrong = ColumnsReader::make(fixture.views()[0], 3 * chunk_documents).value();
  CHECK(!wrong.will_need_lengths());
}

TEST_CASE("wrong headers and lengths are found") {
  std::mt19937_64 random(2);
  SectionFixture fixture;
  write(fixture, random_rows(random, 100));
  CHECK(!ColumnsReader::make(fixture.views()[0], 99));
  CHECK(!ColumnsReader::make(SectionView(), 100));
  // Everything but a chunk's base can be told from the rest.
  const u64 head = sizeof(ColumnsHeader) + column_count * sizeof(ChunkHeader);
  for (u64 at = 0; at < head; ++at) {
    const u64 in_header = at < 8 ? 0 : (at - 8) % sizeof(ChunkHeader);
    const bool is_base = at >= 8 && in_header >= 8 && in_header < 16;
    const bool is_reserved = at >= 8 && in_header >= 3 && in_header < 8;
    fixture.damage(0, at, 0x10, true);
    const auto reader = ColumnsReader::make(fixture.views()[0], 100);
    bool found = !reader;
    std::vector<i64> out(100);
    for (usize c = 0; reader && c < column_count; ++c) {
      found |= !reader->values(Column(c), 0, out);
    }
    INFO(at);
    CHECK(found != (is_base || is_reserved));
    fixture.damage(0, at, 0x10, true);
  }
}

#include "shard/length_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/shard/columns_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::open;
using shale::shard::testing::Rows;
using shale::shard::testing::SectionFixture;
using shale::shard::testing::write;

namespace {

// Lengths of one byte and of three, some absent; two chunks and a bit.
std::vector<u32> random_lengths(Rows& rows) {
  std::mt19937 random(3);
  std::vector<u32> lengths;
  for (ColumnRow& row : rows) {
    const bool is_long = random() % 1000 == 0;
    const u32 length = random() % 50 == 0 ? 0 : u32(random() % (is_long ? 200'000 : 200));
    row.fill(0);
    row[usize(Column::word_count)] = length == 0 ? no_number : i64(length);
    lengths.push_back(length);
  }
  return lengths;
}

}  // namespace

TEST_CASE("the table holds what the column says, by ranges and by documents") {
  Rows rows(2 * chunk_documents + 300);
  const std::vector<u32> lengths = random_lengths(rows);
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader columns = open(fixture, rows.size());
  LengthTable table(columns, u32(rows.size()), nullptr);
  // Several threads, each from another place on.
  std::vector<std::thread> threads;
  for (u32 begin = 0; begin < 4; ++begin) {
    threads.emplace_back([&, begin] {
      for (u32 i = 0; i < range_count(u32(rows.size())); ++i) {
        const u32 range = (i + begin * 9) % range_count(u32(rows.size()));
        const auto here = table.range(range).value();
        const auto expected = std::span(lengths).subspan(range * range_documents);
        if (!std::equal(here.begin(), here.end(), expected.begin())) std::abort();
        if (here.size() != std::min<usize>(range_documents, expected.size())) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const KeptLengths whole = table.whole().value();
  CHECK(std::equal(whole.all.begin(), whole.all.end(), lengths.begin(), lengths.end()));
  std::vector<u32> shortest;
  for (u32 doc = 0; doc < lengths.size(); ++doc) {
    if (lengths[doc] < whole.listed_below) shortest.push_back(doc);
  }
  std::stable_sort(shortest.begin(), shortest.end(),
                   [&](u32 a, u32 b) { return lengths[a] < lengths[b]; });
  CHECK(std::ranges::equal(whole.shortest, shortest));
  CHECK(shortest.size() > lengths.size() / 2);
  std::vector<u32> docs, expected;
  for (u32 doc = 0; doc < rows.size(); doc += 7) {
    docs.push_back(doc);
    expected.push_back(lengths[doc]);
  }
  std::vector<u32> out(docs.size());
  REQUIRE(table.of(docs, out));
  CHECK(out == expected);
}

// From a quarter of the chunks on all are read, and those that cannot be are missed by nobody else.
TEST_CASE("a damaged chunk is an error to those alone who ask for its documents") {
  constexpr u32 chunks = 8;
  Rows rows(chunks * chunk_documents);
  const std::vector<u32> lengths = random_lengths(rows);
  SectionFixture fixture;
  write(fixture, rows);
  const u64 header = u64(Column::word_count) * chunks + chunks - 1;
  fixture.damage(0, sizeof(ColumnsHeader) + header * sizeof(ChunkHeader), 0xff, true);
  const ColumnsReader columns = open(fixture, rows.size());
  LengthTable table(columns, u32(rows.size()), nullptr);
  constexpr u32 ranges_in_chunk = chunk_documents / range_documents;
  for (u32 chunk = 0; chunk + 1 < chunks; ++chunk) {
    const auto here = table.range(chunk * ranges_in_chunk).value();
    CHECK(here[5] == lengths[chunk * chunk_documents + 5]);
  }
  CHECK_FALSE(table.range((chunks - 1) * ranges_in_chunk));
}

TEST_CASE("documents that are none have no length") {
  Rows rows(5);
  random_lengths(rows);
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader columns = open(fixture, rows.size());
  LengthTable table(columns, 5, nullptr);
  CHECK(table.range(0).value().size() == 5);
  CHECK_FALSE(table.range(1));
  CHECK(table.whole().value().shortest.size() == 5);
  u32 out = 0;
  const u32 doc = 5;
  CHECK_FALSE(table.of({&doc, 1}, {&out, 1}));
}

TEST_CASE("where the budget has no room the column is read instead") {
  Rows rows(chunk_documents + 300);
  const std::vector<u32> lengths = random_lengths(rows);
  SectionFixture fixture;
  write(fixture, rows);
  const ColumnsReader columns = open(fixture, rows.size());
  const u64 bytes = rows.size() * sizeof(u32);
  const auto budget = std::make_shared<PageBudget>(
      u64(1) << 30, [] { return u64(0); }, bytes + 10);
  {
    LengthTable first(columns, u32(rows.size()), budget);
    LengthTable second(columns, u32(rows.size()), budget);
    CHECK(first.range(0).value().size() == range_documents);
    CHECK(second.range(0).value().empty());
    CHECK(second.whole().value().all.empty());
    CHECK_FALSE(second.range(range_count(u32(rows.size()))));
    const std::vector<u32> docs = {0, 5, chunk_documents + 1};
    std::vector<u32> out(docs.size());
    REQUIRE(second.of(docs, out));
    CHECK(out == std::vector<u32>{lengths[0], lengths[5], lengths[chunk_documents + 1]});
    CHECK_FALSE(budget->take_table(11));
  }
  CHECK(budget->take_table(bytes + 10));  // given back
}

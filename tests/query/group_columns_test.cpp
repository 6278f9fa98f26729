#include "query/group_columns.hpp"

#include <map>
#include <random>

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

// The values that a column gives of all documents, read in pieces.
std::vector<std::string> values_in(const Index& index, Field field, u32 piece = 4096) {
  GroupColumn column = GroupColumn::make(index, field).value();
  std::vector<u32> keys(index.document_count());
  for (u32 first = 0; first < keys.size(); first += piece) {
    const usize size = std::min<usize>(piece, keys.size() - first);
    column.read(first, std::span(keys).subspan(first, size)).value();
  }
  std::vector<std::string> values;
  for (const u32 key : keys) values.push_back(column.value(column.number_of(key)).value());
  return values;
}

TEST_CASE("columns hold the values of the metadata") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 20; ++round) {
    const Corpus corpus = maker.corpus(1, 200, 2);
    const MemoryIndex& index = *corpus.indexes[0];
    for (const Field field : {Field::type, Field::task, Field::file, Field::topic, Field::tier,
                              Field::generation, Field::pinned, Field::created}) {
      const auto values = values_in(index, field, 1 + maker.below(100));
      for (u32 doc = 0; doc < index.document_count(); ++doc) {
        const auto expected = group_values(index.document(doc).metadata, field);
        REQUIRE(expected == std::vector<std::string>{values[doc]});
      }
    }
  }
}

TEST_CASE("numbers go on from block to block, one for each value") {
  std::vector<Document> documents(5000);
  for (u32 i = 0; i < documents.size(); ++i) {
    documents[i].metadata.type = i < 4500 ? "early" : "late";
    documents[i].metadata.created_at = {i64(i) * 1'000'000'000, true};
  }
  const MemoryIndex index(std::move(documents));
  const auto days = values_in(index, Field::created);
  CHECK(days[0] == "1970-01-01");
  CHECK(days[4999] == "1970-02-27");
  GroupColumn types = GroupColumn::make(index, Field::type).value();
  u32 late[1], early[1], other[1];
  types.read(4999, late).value();
  types.read(0, early).value();
  types.read(4500, other).value();
  CHECK(types.number_of(late[0]) == 0);  // in order of appearance
  CHECK(types.number_of(early[0]) == 1);
  CHECK(types.number_of(other[0]) == 0);
  CHECK(types.value(1).value() == "early");
  CHECK(types.value(0).value() == "late");
}

TEST_CASE("keys have numbers in order of appearance, large ones too") {
  KeyNumbers numbers;
  const u32 keys[] = {7, 0xffffffff, 0, (1u << 20) - 1, 1u << 20, 0xfffffffe};
  for (int twice = 0; twice < 2; ++twice) {
    for (u32 i = 0; i < 6; ++i) CHECK(numbers.number_of(keys[i]) == i);
  }
  CHECK(numbers.size() == 6);
  for (u32 i = 0; i < 6; ++i) CHECK(numbers.key(i) == keys[i]);
}

// Few numbers take the table, many the hash; both are met below.
void pair_randomly(u32 first_max, u32 second_max, u32 rounds) {
  PairNumbers numbers;
  std::map<std::pair<u32, u32>, u32> known;
  std::mt19937 random(1);
  for (u32 i = 0; i < rounds; ++i) {
    // Larger ones come later: rows grow while there are some.
    const u32 first = u32(random() % first_max);
    const u32 second = u32(random() % (u64(second_max) * (i + 1) / rounds + 1));
    const u32 expected = u32(known.size());
    const u32 number = numbers.number_of(first, second);
    REQUIRE(known.try_emplace({first, second}, expected).first->second == number);
  }
  REQUIRE(numbers.size() == known.size());
  for (const auto& [pair, number] : known) {
    REQUIRE(numbers.first(number) == pair.first);
    REQUIRE(numbers.second(number) == pair.second);
    REQUIRE(numbers.number_of(pair.first, pair.second) == number);
  }
}

TEST_CASE("every pair has one number") {
  pair_randomly(4, 4, 20'000);
  pair_randomly(8, 300, 20'000);
  pair_randomly(300, 8, 20'000);
  pair_randomly(5'000, 5'000, 50'000);
  pair_randomly(3, 3'000'000, 50'000);
  pair_randomly(3'000'000, 3, 50'000);
}

TEST_CASE("which fields make groups") {
  CHECK(can_group_by(Field::tag));
  CHECK(can_group_by(Field::created));
  CHECK_FALSE(can_group_by(Field::attribute));
  CHECK_FALSE(can_group_by(Field::tokens));
  CHECK_FALSE(can_group_by(Field::id));
}

TEST_CASE("days of a column begin at midnight UTC, before 1970 too") {
  std::vector<Document> documents(5);
  const i64 times[] = {-1, 0, day_us - 1, day_us, -day_us - 1};
  for (u32 i = 0; i < 5; ++i) documents[i].metadata.created_at = {times[i], true};
  const MemoryIndex index(documents);
  const auto values = values_in(index, Field::created);
  const char* const days[] = {"1969-12-31", "1970-01-01", "1970-01-01", "1970-01-02", "1969-12-30"};
  for (u32 i = 0; i < 5; ++i) {
    CHECK(values[i] == days[i]);
    CHECK(group_values(documents[i].metadata, Field::created) == std::vector<std::string>{days[i]});
  }
}

TEST_CASE("the values of a segment without any, and with several tags") {
  Metadata m;
  using Values = std::vector<std::string>;
  CHECK(group_values(m, Field::type) == Values{"note"});
  CHECK(group_values(m, Field::task) == Values{""});
  CHECK(group_values(m, Field::tag) == Values{""});
  CHECK(group_values(m, Field::tier) == Values{"stashed"});
  CHECK(group_values(m, Field::generation) == Values{"young"});
  CHECK(group_values(m, Field::pinned) == Values{"false"});
  m.tags = {"b", "a"};
  m.task = "t";
  m.pinned = true;
  CHECK(group_values(m, Field::tag) == Values{"b", "a"});
  CHECK(group_values(m, Field::task) == Values{"t"});
  CHECK(group_values(m, Field::pinned) == Values{"true"});
}

TEST_CASE("a column of an index that fails is an error") {
  MemoryIndex index(std::vector<Document>(3));
  index.failing = Failing::numbers;
  GroupColumn days = GroupColumn::make(index, Field::created).value();
  u32 numbers[3];
  CHECK(days.read(0, numbers).error().path == "planted.shard");
  std::vector<Document> pinned(1);
  pinned[0].metadata.pinned = true;
  MemoryIndex other(pinned);
  other.failing = Failing::documents;
  CHECK(GroupColumn::make(other, Field::pinned).error().path == "planted.shard");
  CHECK(values_in(other, Field::tier) == std::vector<std::string>{"stashed"});
}

// Lists that name documents beyond the last one.
class Beyond : public MemoryIndex {
 public:
  using MemoryIndex::MemoryIndex;
  Result<DocumentSet> documents(const Term& /*term*/) const override {
    return DocumentSet::range(0, document_count() + 1);
  }
};

TEST_CASE("a list that goes beyond the last document is damage") {
  std::vector<Document> pinned(3);
  pinned[0].metadata.pinned = true;
  const Beyond index(pinned);
  CHECK(GroupColumn::make(index, Field::pinned).error().code == ErrorCode::corrupt);
}

}  // namespace
}  // namespace shale::query::testing

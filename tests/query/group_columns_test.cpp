#include "query/group_columns.hpp"

#include <set>

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("columns hold the values of the metadata") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 20; ++round) {
    const Corpus corpus = maker.corpus(1, 200, 2);
    const MemoryIndex& index = *corpus.indexes[0];
    for (const Field field : {Field::type, Field::task, Field::file, Field::topic, Field::tier,
                              Field::generation, Field::pinned, Field::created}) {
      const GroupColumn column = group_column(index, field).value();
      REQUIRE(column.codes.size() == index.document_count());
      for (u32 doc = 0; doc < index.document_count(); ++doc) {
        const auto expected = group_values(index.document(doc).metadata, field);
        REQUIRE(expected.size() == 1);
        REQUIRE(column.values.at(column.codes[doc]) == expected[0]);
      }
    }
  }
}

TEST_CASE("columns longer than a block") {
  std::vector<Document> documents(5000);
  for (u32 i = 0; i < documents.size(); ++i) {
    documents[i].metadata.type = i < 4500 ? "early" : "late";
    documents[i].metadata.created_at = {i64(i) * 1'000'000'000, true};
  }
  const MemoryIndex index(std::move(documents));
  const GroupColumn days = group_column(index, Field::created).value();
  CHECK(days.values.at(days.codes[0]) == "1970-01-01");
  CHECK(days.values.at(days.codes[4999]) == "1970-02-27");
  const GroupColumn types = group_column(index, Field::type).value();
  CHECK(types.values == std::vector<std::string>{"early", "late"});
  CHECK(types.codes[4999] == 1);
}

TEST_CASE("blocks without a document that is asked for are not read") {
  std::vector<Document> documents(3 * 4096 + 7);
  for (u32 i = 0; i < documents.size(); ++i) {
    documents[i].metadata.type = CorpusMaker::numbered("t", i / 4096);
    documents[i].metadata.created_at = {i64(i / 4096) * day_us, true};
  }
  const MemoryIndex index(std::move(documents));
  const std::vector<u32> wanted = {4096, 3 * 4096 + 6};
  const Bitmap among = Bitmap::from_sorted(wanted);
  for (const Field field : {Field::type, Field::created}) {
    const GroupColumn every = group_column(index, field).value();
    const GroupColumn some = group_column(index, field, &among).value();
    CHECK(every.values.size() == 4);
    CHECK(some.values.size() == 2);
    for (const u32 doc : wanted) {
      CHECK(some.values.at(some.codes[doc]) == every.values.at(every.codes[doc]));
    }
  }
}

// Few codes take the table, many the hash; both are met below.
void fold_randomly(u32 codes_max, u32 rounds) {
  GroupFolder folder;
  std::map<std::vector<u32>, u32> groups;
  std::map<std::vector<u32>, u32> prefixes;
  std::mt19937 random(1);
  for (u32 i = 0; i < rounds; ++i) {
    std::vector<u32> codes(1 + random() % 3);
    u32 group = GroupFolder::root;
    std::vector<u32> prefix;
    for (u32& code : codes) {
      code = u32(random() % codes_max);
      group = folder.fold(group, code);
      prefix.push_back(code);
      REQUIRE(prefixes.try_emplace(prefix, group).first->second == group);
    }
    groups[codes] = group;
  }
  CHECK(folder.size() == prefixes.size());
  for (const auto& [codes, group] : groups) {
    u32 at = group;
    for (usize i = codes.size(); i-- > 0; at = folder.group_before(at)) {
      REQUIRE(folder.last_code(at) == codes[i]);
    }
    REQUIRE(at == GroupFolder::root);
  }
}

TEST_CASE("folding numbers every combination once") {
  fold_randomly(4, 20'000);
  fold_randomly(30, 20'000);
  fold_randomly(200, 20'000);
}

TEST_CASE("which fields make groups") {
  CHECK(can_group_by(Field::tag));
  CHECK(can_group_by(Field::created));
  CHECK_FALSE(can_group_by(Field::attribute));
  CHECK_FALSE(can_group_by(Field::tokens));
  CHECK_FALSE(can_group_by(Field::id));
}

TEST_CASE("folding is the same on both sides of the table's ends") {
  GroupFolder folder;
  std::map<std::pair<u32, u32>, u32> known;
  const auto fold = [&](u32 group, u32 code) {
    const u32 found = folder.fold(group, code);
    REQUIRE(known.try_emplace({group, code}, found).first->second == found);
    REQUIRE(folder.group_before(found) == group);
    REQUIRE(folder.last_code(found) == code);
    return found;
  };
  for (int twice = 0; twice < 2; ++twice) {
    for (const u32 code : {0u, 1u, 63u, 64u, 65u, 0xffff'fffeu}) fold(GroupFolder::root, code);
    // As many groups as the table has rows, and some beyond.
    for (u32 code = 0; code < 4100; ++code) fold(0, code + 100);
    for (const u32 group : {4093u, 4094u, 4095u, 4096u, 4105u}) {
      for (const u32 code : {0u, 63u, 64u}) fold(group, code);
    }
  }
  CHECK(folder.size() == known.size());
}

TEST_CASE("days of a column begin at midnight UTC, before 1970 too") {
  std::vector<Document> documents(5);
  const i64 times[] = {-1, 0, day_us - 1, day_us, -day_us - 1};
  for (u32 i = 0; i < 5; ++i) documents[i].metadata.created_at = {times[i], true};
  const MemoryIndex index(documents);
  const GroupColumn column = group_column(index, Field::created).value();
  const char* const days[] = {"1969-12-31", "1970-01-01", "1970-01-01", "1970-01-02", "1969-12-30"};
  for (u32 i = 0; i < 5; ++i) {
    CHECK(column.values[column.codes[i]] == days[i]);
    CHECK(group_values(documents[i].metadata, Field::created) == std::vector<std::string>{days[i]});
  }
  CHECK(column.values.size() == 4);
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
  CHECK(group_column(index, Field::created).error().path == "planted.shard");
  std::vector<Document> pinned(1);
  pinned[0].metadata.pinned = true;
  MemoryIndex other(pinned);
  other.failing = Failing::documents;
  CHECK(group_column(other, Field::pinned).error().path == "planted.shard");
  CHECK(group_column(other, Field::tier).value().values == std::vector<std::string>{"stashed"});
}

TEST_CASE("an index without documents has columns without codes") {
  const MemoryIndex index({});
  for (const Field field : {Field::type, Field::tier, Field::created}) {
    CHECK(group_column(index, field).value().codes.empty());
  }
}

}  // namespace
}  // namespace shale::query::testing

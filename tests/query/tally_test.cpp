#include "query/tally.hpp"

#include <map>

#include "base/kernel.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

// Three documents: two of one type, two of one task.
std::vector<Document> sample() {
  std::vector<Document> documents(3);
  documents[0].metadata.type = documents[1].metadata.type = "code";
  documents[2].metadata.type = "log";
  documents[1].metadata.task = documents[2].metadata.task = "t";
  documents[0].metadata.tags = {"x", "y"};
  return documents;
}

struct Sample {
  MemoryIndex index{sample()};
  GroupColumn types = GroupColumn::make(index, Field::type).value();
  GroupColumn tasks = GroupColumn::make(index, Field::task).value();
  TagEntries tags = TagEntries::make(index, nullptr, block_documents).value();
  u32 type_keys[3];
  u32 task_keys[3];
  i64 numbers[3] = {5, no_number, 7};
  i64 created[3] = {30, 10, 20};
  i64 touched[3] = {31, 11, 21};
  RunningSums running;

  Sample() {
    types.read(0, type_keys).value();
    tasks.read(0, task_keys).value();
  }
  Tally::Key by_type() { return {&types, type_keys}; }
  Tally::Key by_task() { return {&tasks, task_keys}; }
  BlockValues values(const Picked& picked) {
    running.set(numbers, picked);
    return {&running, created, touched};
  }
};

TEST_CASE("running sums are differences of two places") {
  const i64 numbers[] = {5, no_number, 7, -1};
  RunningSums sums;
  sums.set(numbers, {nullptr, 4});
  CHECK(sums.sum(0, 3) == 12);
  CHECK(sums.sum(3, 4) == u64(-1));
  CHECK(sums.sum(1, 2) == 0);
  CHECK(sums.absent(0, 4) == 1);
  CHECK(sums.absent(2, 4) == 0);
  const u32 offsets[] = {2, 2, 1};
  sums.set(numbers, {offsets, 3});
  CHECK(sums.sum(0, 3) == 14);
  CHECK(sums.absent(0, 2) == 0);
  CHECK(sums.absent(2, 3) == 1);
}

TEST_CASE("what is picked is added up by groups") {
  Sample sample;
  Grouping grouping{.by = {Field::type, Field::task}, .created = true, .touched = true};
  Tally tally(grouping, {sample.by_type(), sample.by_task()}, nullptr);
  CHECK_FALSE(tally.has_tags());
  tally.add({nullptr, 3}, {}, sample.values({nullptr, 3}));
  const u32 last[] = {2};
  tally.add({last, 1}, {}, sample.values({last, 1}));
  tally.add({nullptr, 0}, {}, sample.values({nullptr, 0}));
  CHECK(grouping.sums.empty());
  tally.publish().value();
  REQUIRE(grouping.sums.size() == 3);
  const GroupSum& log = grouping.sums.at({"log", "t"});
  CHECK(log.count == 2);
  CHECK(log.sum == 14);
  CHECK(log.absent == 0);
  CHECK(log.created == Extent{20, 20});
  const GroupSum& code = grouping.sums.at({"code", "t"});
  CHECK(code.count == 1);
  CHECK(code.sum == 0);
  CHECK(code.absent == 1);
  CHECK(code.touched == Extent{11, 11});
  CHECK(grouping.sums.at({"code", ""}).sum == 5);
}

TEST_CASE("a block of one group, with offsets and without") {
  Sample sample;
  const u32 codes[] = {0, 1};
  for (const Picked& picked : {Picked{nullptr, 2}, Picked{codes, 2}}) {
    Grouping grouping{.by = {Field::type}, .created = true};
    Tally tally(grouping, {sample.by_type()}, nullptr);
    tally.add(picked, {}, sample.values(picked));
    tally.publish().value();
    REQUIRE(grouping.sums.size() == 1);
    const GroupSum& code = grouping.sums.at({"code"});
    CHECK(code.count == 2);
    CHECK(code.sum == 5);
    CHECK(code.absent == 1);
    CHECK(code.created == Extent{10, 30});
    CHECK(code.touched == Extent());  // not asked for
  }
}

TEST_CASE("without fields there is one group, without numbers only a count") {
  Sample sample;
  Grouping grouping;
  Tally tally(grouping, {}, nullptr);
  tally.add({nullptr, 3}, {}, {});
  tally.publish().value();
  REQUIRE(grouping.sums.size() == 1);
  CHECK(grouping.sums.at({}).count == 3);
  CHECK(grouping.sums.at({}).absent == 0);
  Grouping by_type{.by = {Field::type}};
  Tally counts(by_type, {sample.by_type()}, nullptr);
  counts.add({nullptr, 3}, {}, {});
  counts.publish().value();
  CHECK(by_type.sums.at({"code"}).count == 2);
  CHECK(by_type.sums.at({"log"}).absent == 0);
}

TEST_CASE("runs are found, and times compared, by either kernel alike") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 40; ++round) {
    const u32 run = 1 + maker.below(40);
    std::vector<Document> documents(1 + maker.below(300));
    for (u32 i = 0; i < documents.size(); ++i) {
      documents[i].metadata.type = CorpusMaker::numbered("t", i / run % 5);
    }
    const MemoryIndex index(documents);
    std::vector<u32> keys(documents.size());
    std::vector<i64> times(documents.size());
    for (i64& time : times) time = i64(maker.below(1000)) - 500;
    const u32 count = u32(documents.size());
    const auto sums_by = [&](Kernel kernel) {
      force_kernel(kernel);
      GroupColumn column = GroupColumn::make(index, Field::type).value();
      column.read(0, keys).value();
      Grouping grouping{.by = {Field::type}, .created = true, .touched = true};
      Tally tally(grouping, {{&column, keys.data()}}, nullptr);
      tally.add({nullptr, count}, {}, {nullptr, times, times});
      tally.publish().value();
      force_kernel(Kernel::automatic);
      return grouping.sums;
    };
    const GroupSums sums = sums_by(Kernel::automatic);
    const GroupSums plain = sums_by(Kernel::scalar);
    REQUIRE(sums.size() == plain.size());
    for (const auto& [key, sum] : sums) {
      Extent expected;
      u64 members = 0;
      for (u32 i = 0; i < count; ++i) {
        if (documents[i].metadata.type != key[0]) continue;
        ++members;
        expected.add({times[i], times[i]});
      }
      REQUIRE(sum.count == members);
      REQUIRE(sum.created == expected);
      REQUIRE(plain.at(key).count == members);
      REQUIRE(plain.at(key).touched == expected);
    }
  }
}

TEST_CASE("entries of tags stand for documents, each with its tag") {
  Sample sample;
  Grouping grouping{.by = {Field::tag, Field::type}};
  Tally tally(grouping, {Tally::Key(), sample.by_type()}, &sample.tags);
  CHECK(tally.has_tags());
  const TagEntries::Block block = sample.tags.of(0);
  const Picked entries{block.offsets.data(), block.offsets.size()};
  tally.add(entries, block.tags, sample.values(entries));
  tally.publish().value();
  std::map<std::vector<std::string>, u64> sums;
  for (const auto& [key, sum] : grouping.sums) sums[key] = sum.sum;
  CHECK(sums == std::map<std::vector<std::string>, u64>{
                    {{"x", "code"}, 5}, {{"y", "code"}, 5}, {{"", "code"}, 0}, {{"", "log"}, 7}});
}

}  // namespace
}  // namespace shale::query::testing

// Pruned ranking in stores of every shape against a naive scan of what went in: ids, order, totals
// and the bits of scores.
#include "tests/query/ranked_store.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

void ask(RankedStore& store, int questions) {
  for (int i = 0; i < questions; ++i) {
    const Asked asked = store.question();
    std::string words;
    for (const std::string& word : asked.words) words.append(word).append(", ");
    INFO((asked.every_word ? "all of " : "any of ")
         << words << "topic " << asked.topic << " limit " << asked.limit);
    REQUIRE(store.difference(asked) == "");
  }
}

// Words at the borders of how postings are kept: short lists, bitmaps, ranges with bounds.
const std::map<std::string, u32> borders = {
    {"df31", 31}, {"df32", 32}, {"df4095", 4095}, {"df4096", 4096}};

TEST_CASE("one shard") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  RankedStore store(seed);
  store.ingest({.documents = 12'000, .filler_max = 20, .exact = borders});
  ask(store, 120);
}

TEST_CASE("documents of more than 65,535 words, frequencies beyond a nibble") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  RankedStore store(seed);
  store.ingest({.documents = 9'000,
                .filler_max = 60,
                .exact = borders,
                .long_documents = {65'534, 65'535, 65'536, 70'000, 200'000}});
  ask(store, 60);
  // By ranges, and one by one; the long documents are among these hits.
  for (const usize limit : {2'000, 100'000}) {
    REQUIRE(store.difference({.words = {"w1"}, .limit = limit}) == "");
    REQUIRE(store.difference({.words = {"w1", "filler"}, .every_word = true, .limit = limit}) ==
            "");
  }
}

TEST_CASE("many shards and a log, their average lengths far apart") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  RankedStore store(seed);
  store.ingest({.documents = 6'000, .filler_max = 0, .exact = borders});
  store.ingest({.documents = 5'000, .filler_max = 400, .exact = borders});
  store.ingest({.documents = 700, .filler_max = 2, .exact = {{"df31", 31}, {"df32", 32}}});
  store.ingest({.documents = 1, .filler_max = 9});
  store.commit({.documents = 900, .filler_max = 90, .exact = {{"df31", 31}, {"df32", 32}}});
  ask(store, 80);
}

TEST_CASE("erased and replaced documents, changed topics") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  RankedStore store(seed);
  store.ingest({.documents = 9'000, .filler_max = 3, .exact = borders});
  store.ingest({.documents = 4'500, .filler_max = 200, .exact = borders});
  store.erase_some(5);
  store.replace_some(8);
  store.move_some(6);
  ask(store, 60);
  store.merge(false);
  ask(store, 30);
  store.erase_some(2);
  ask(store, 30);
  store.merge(true);
  ask(store, 60);
}

TEST_CASE("more is wanted than there is") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  RankedStore store(seed);
  store.commit({.documents = 40, .filler_max = 3, .exact = {{"df31", 31}, {"df32", 32}}});
  store.ingest({.documents = 40, .filler_max = 3, .exact = {{"df31", 31}, {"df32", 32}}});
  for (int i = 0; i < 100; ++i) {
    Asked asked = store.question();
    asked.limit = store.live() * 2;
    REQUIRE(store.difference(asked) == "");
  }
  store.erase_some(1);
  REQUIRE(store.live() == 0);
  ask(store, 10);
}

}  // namespace
}  // namespace shale::query::testing

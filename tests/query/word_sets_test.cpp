// Prefixes and fuzzy words over one index: what they find, and what is not expanded any more.
#include "query/word_sets.hpp"

#include "tests/query/memory_index.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

Unit prefix(std::string text) { return {Unit::Kind::prefix, {}, std::move(text)}; }
Unit fuzzy(std::string text, u32 edits) { return {Unit::Kind::fuzzy, {}, std::move(text), edits}; }

MemoryIndex colours() {
  std::vector<Document> documents(4);
  documents[0].text = "colour";
  documents[1].text = "color cooler";
  documents[2].text = "colouring";
  documents[3].text = "grey";
  return MemoryIndex(std::move(documents));
}

std::vector<u32> found(WordSets& sets, const Index& index, const Unit& unit) {
  return sets.find(index, unit).value()->to_vector();
}

TEST_CASE("word sets: documents by beginning and by likeness, each looked up once") {
  MemoryIndex index = colours();
  WordSets sets;
  CHECK(found(sets, index, prefix("colo")) == std::vector<u32>{0, 1, 2});
  CHECK(found(sets, index, fuzzy("colour", 1)) == std::vector<u32>{0, 1});
  index.failing = Failing::documents;
  CHECK(found(sets, index, prefix("colo")) == std::vector<u32>{0, 1, 2});
  CHECK(found(sets, index, fuzzy("colour", 1)) == std::vector<u32>{0, 1});
  CHECK_FALSE(sets.find(index, fuzzy("colour", 2)));
  CHECK_FALSE(sets.is_partial());
}

TEST_CASE("word sets: fuzzy words beyond the limits are their own spelling, in every index") {
  const MemoryIndex index = colours(), other = colours();
  WordSets sets({.words = 2, .cpu_us = 1'000'000});
  CHECK(found(sets, index, fuzzy("colour", 1)).size() == 2);
  CHECK(found(sets, index, fuzzy("colouring", 2)).size() == 1);
  CHECK_FALSE(sets.is_partial());
  CHECK(found(sets, index, fuzzy("color", 1)) == std::vector<u32>{1});
  CHECK(sets.is_partial());
  CHECK(found(sets, other, fuzzy("color", 1)) == std::vector<u32>{1});
  CHECK(found(sets, other, fuzzy("colour", 1)) == std::vector<u32>{0, 1});
  CHECK(found(sets, index, fuzzy("gray", 1)).empty());
}

TEST_CASE("word sets: the first fuzzy word is expanded whatever time it takes") {
  const MemoryIndex index = colours();
  WordSets sets({.words = 4, .cpu_us = 0});
  CHECK(found(sets, index, fuzzy("colour", 1)).size() == 2);
  CHECK_FALSE(sets.is_partial());
  CHECK(found(sets, index, fuzzy("color", 1)).size() == 1);
  CHECK(sets.is_partial());
}

}  // namespace
}  // namespace shale::query::testing

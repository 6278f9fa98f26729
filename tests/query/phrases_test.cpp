#include "query/phrases.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Lists = std::vector<std::vector<u32>>;

u32 occurrences_in(const Unit& unit, const Lists& positions) {
  const std::vector<std::span<const u32>> lists(positions.begin(), positions.end());
  return occurrences(unit, lists);
}

u32 count(Unit::Kind kind, const std::vector<u32>& offsets, u32 distance, const Lists& positions) {
  Unit unit;
  unit.kind = kind;
  unit.distance = distance;
  for (usize i = 0; i < offsets.size(); ++i) {
    unit.words.push_back({"word " + std::to_string(i), offsets[i]});
  }
  return occurrences_in(unit, positions);
}

TEST_CASE("phrases: words at their offsets") {
  const auto phrase = [](const std::vector<u32>& offsets, const Lists& positions) {
    return count(Unit::Kind::phrase, offsets, 0, positions);
  };
  CHECK(phrase({0, 1}, {{3, 7, 9}, {4, 10}}) == 2);
  CHECK(phrase({0, 1}, {{3}, {2}}) == 0);
  CHECK(phrase({0, 2}, {{3, 7}, {5, 8}}) == 1);
  CHECK(phrase({0, 1, 2}, {{1, 5}, {2, 6}, {3, 9}}) == 1);
  CHECK(phrase({0, 1}, {{1, 2, 3}, {1, 2, 3}}) == 2);  // "a a" in a a a
  CHECK(phrase({0, 1}, {{0xffffffff}, {0}}) == 0);
}

TEST_CASE("phrases: parts in one place or one behind the other") {
  const auto together = [](const Lists& positions) {
    return count(Unit::Kind::together, std::vector<u32>(positions.size()), 0, positions);
  };
  CHECK(together({{4}, {4}}) == 1);
  CHECK(together({{4}, {5}}) == 1);
  CHECK(together({{4}, {6}}) == 0);
  CHECK(together({{5}, {4}}) == 0);
  CHECK(together({{1}, {1, 2}, {3}}) == 1);
  CHECK(together({{1, 9}, {1, 2, 9}, {9}}) == 1);
}

TEST_CASE("phrases: near words in any order") {
  const auto near = [](u32 distance, const Lists& positions) {
    return count(Unit::Kind::near, std::vector<u32>(positions.size()), distance, positions);
  };
  CHECK(near(1, {{4}, {6}}) == 1);
  CHECK(near(1, {{6}, {4}}) == 1);
  CHECK(near(1, {{4}, {7}}) == 0);
  CHECK(near(2, {{1, 20}, {4, 21}, {30}}) == 0);
  CHECK(near(1, {{1, 20}, {3, 21}}) == 2);
  CHECK(near(5, {{1, 2, 3}, {4}}) == 1);  // none overlaps another
  Unit twice{Unit::Kind::near, {{"a", 0}, {"a", 1}, {"b", 2}}};
  twice.distance = 1;
  CHECK(occurrences_in(twice, Lists{{1, 9}, {1, 9}, {2}}) == 0);
  CHECK(occurrences_in(twice, Lists{{1, 4, 9}, {1, 4, 9}, {2}}) == 1);
}

TEST_CASE("phrases: candidates of an index") {
  std::vector<Document> documents;
  for (const char* text : {"the quick brown fox", "brown quick fox", "quick brown, quick brown"}) {
    documents.emplace_back().text = text;
  }
  const MemoryIndex index(std::move(documents));
  const std::vector<Term> terms = {*index.find_term("quick").value(),
                                   *index.find_term("brown").value()};
  Unit unit;
  unit.kind = Unit::Kind::phrase;
  unit.words = {{"quick", 0}, {"brown", 1}};
  std::vector<u32> docs, tfs;
  match_positions(index, unit, terms, std::vector<u32>{0, 1, 2}, docs, tfs).value();
  CHECK(docs == std::vector<u32>{0, 2});
  CHECK(tfs == std::vector<u32>{1, 2});
}

// As the definition says, one document at a time.
u32 begins_in(const Index& index, const Unit& unit, std::span<const Term> terms, u32 doc) {
  u32 count = 0;
  std::vector<std::vector<u32>> positions(terms.size());
  for (usize i = 0; i < terms.size(); ++i) {
    const auto cursor = index.position_cursor(terms[i]).value();
    cursor->read(doc, positions[i]).value();
  }
  for (const u32 first : positions[0]) {
    bool all = true;
    for (usize i = 1; i < terms.size() && all; ++i) {
      const auto& others = positions[i];
      all = std::count(others.begin(), others.end(), first + unit.words[i].offset) > 0;
    }
    count += all ? 1 : 0;
  }
  return count;
}

TEST_CASE("phrases: of random texts, in blocks, against their definition") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> words = {"aa", "bb", "cc", "aa_aa", "bb_aa_bb", "dd", "dd", "dd"};
  std::vector<Document> documents(700);
  for (Document& document : documents) {
    document.text = "aa bb cc ";
    const usize kinds = 1 + random() % words.size();
    for (u32 i = u32(random() % 50); i-- > 0;) document.text += words[random() % kinds] + " ";
  }
  // There a word and its parts stand in one place.
  const bool is_english = GENERATE(false, true);
  const Analysis analysis = is_english ? Analysis{Analysis::Kind::english} : Analysis();
  const MemoryIndex index(std::move(documents), analysis);
  std::vector<u32> candidates(700);
  std::iota(candidates.begin(), candidates.end(), 0u);
  for (int round = 0; round < 30; ++round) {
    Unit unit;
    unit.kind = Unit::Kind::phrase;
    std::vector<Term> terms;
    for (u32 i = 0; i < 2 + u32(round) % 3; ++i) {
      unit.words.push_back({words[random() % 3], i == 0 ? 0 : i + u32(random() % 2)});
      terms.push_back(*index.find_term(unit.words.back().term).value());
    }
    std::vector<u32> docs, tfs, expected, expected_tfs;
    match_positions(index, unit, terms, candidates, docs, tfs).value();
    for (const u32 doc : candidates) {
      const u32 tf = begins_in(index, unit, terms, doc);
      if (tf > 0) expected.push_back(doc), expected_tfs.push_back(tf);
    }
    CHECK(docs == expected);
    CHECK(tfs == expected_tfs);
  }
}

}  // namespace
}  // namespace shale::query::testing

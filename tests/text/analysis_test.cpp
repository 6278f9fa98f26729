#include "text/analysis.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;
using Positions = std::map<std::string, std::vector<u32>>;

// The analysis as a map, with the terms in order of first occurrence.
struct PlainAnalysis {
  Positions positions;
  Strings order;
  u32 word_count = 0;
};

PlainAnalysis plain_analysis(std::string_view text) {
  PlainAnalysis plain;
  for (const SourceWord& word : source_words(text)) {
    std::vector<u32>& places = plain.positions[word.folded];
    if (places.empty()) plain.order.push_back(word.folded);
    places.push_back(plain.word_count++);
  }
  return plain;
}

PlainAnalysis analysis_by(Analyser& analyser, std::string_view text) {
  analyser.analyse(text);
  PlainAnalysis result;
  result.word_count = analyser.word_count();
  for (const AnalysedTerm& t : analyser.terms()) {
    const std::string term(analyser.term(t));
    REQUIRE(t.hash == term_hash(term));
    const auto places = analyser.positions(t);
    REQUIRE(result.positions.emplace(term, std::vector(places.begin(), places.end())).second);
    result.order.push_back(term);
  }
  return result;
}

void check_same(Analyser& analyser, std::string_view text) {
  const PlainAnalysis expected = plain_analysis(text);
  const PlainAnalysis got = analysis_by(analyser, text);
  REQUIRE(got.word_count == expected.word_count);
  REQUIRE(got.order == expected.order);
  REQUIRE(got.positions == expected.positions);
}

TEST_CASE("terms, frequencies and positions of a small text") {
  Analyser analyser;
  const PlainAnalysis got = analysis_by(analyser, "To be, or not to be: to_be?");
  CHECK(got.word_count == 7);
  CHECK(got.order == Strings{"to", "be", "or", "not", "to_be"});
  CHECK(got.positions ==
        Positions{{"to", {0, 4}}, {"be", {1, 5}}, {"or", {2}}, {"not", {3}}, {"to_be", {6}}});
  analyser.analyse("");
  CHECK(analyser.terms().empty());
  CHECK(analyser.word_count() == 0);
}

TEST_CASE("terms that differ in a byte, a length or beyond 16 bytes are kept apart") {
  std::string text;
  for (usize bytes = 1; bytes <= 40; ++bytes) {
    const std::string base(bytes, 'a');
    text += base + " ";
    for (usize i = 0; i < bytes; ++i) {
      std::string other = base;
      other[i] = 'b';
      text += other + " ";
    }
  }
  Analyser analyser;
  check_same(analyser, text);
  check_same(analyser, text + text);
}

TEST_CASE("analysis equals a map, over many texts with one analyser") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  Analyser analyser;
  for (int round = 0; round < 400; ++round) {
    check_same(analyser, testing::random_text(random, below(random, 3000)));
  }
}

TEST_CASE("the table grows within a text and small texts after a large one are right") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  Analyser analyser;
  std::string many;
  for (u32 i = 0; i < 60000; ++i) many.append("t").append(std::to_string(i)).append(" ");
  for (int round = 0; round < 3; ++round) {
    check_same(analyser, many);
    check_same(analyser, testing::random_code_text(random, 500));
    check_same(analyser, "");
  }
}

TEST_CASE("the hash of a term is fixed: these values are in stored indexes' tests") {
  // Computed once from the definition (analysis.cpp) with other code: 128-bit multiplication in
  // Python over the term's bytes as two little-endian numbers.
  CHECK(term_hash("a") == 0x7FDCECC2B2B87C7E);
  CHECK(term_hash("merge") == 0xCC8C6328C2388AFE);
  CHECK(term_hash("identifi") == 0x039C1ED5511B764A);
  CHECK(term_hash("some_identifier_") == 0xE114DD28DC36C5C7);
}

TEST_CASE("hashes of many terms are distinct, in their low and in their high half too") {
  std::set<u64> whole;
  std::set<u32> high;
  constexpr u32 count = 20000;
  for (u32 i = 0; i < count; ++i) {
    const u64 hash = term_hash(std::string("name").append(std::to_string(i)));
    whole.insert(hash);
    high.insert(u32(hash >> 32));
  }
  CHECK(whole.size() == count);
  CHECK(high.size() > count - 10);  // by chance .05 pairs
  CHECK(term_hash("") != term_hash(std::string_view("\0", 1)));
  CHECK(term_hash(std::string(16, 'a')) != term_hash(std::string(17, 'a')));
  CHECK(term_hash(std::string(300, 'a')) != term_hash(std::string(301, 'a')));
}

TEST_CASE("query terms are distinct and in order") {
  CHECK(query_terms("Slow search, slow SEARCH index") == Strings{"slow", "search", "index"});
  CHECK(query_terms("!!!") == Strings{});
}

TEST_CASE("known analyses") {
  CHECK(is_known_analysis("plain"));
  CHECK_FALSE(is_known_analysis(""));
  CHECK_FALSE(is_known_analysis("Plain"));
  CHECK_FALSE(is_known_analysis("stemmed"));
}

}  // namespace
}  // namespace shale

#include "text/query_words.hpp"

#include <map>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;

struct Row {
  std::string source;
  std::string term;
  Strings parts;
  bool operator==(const Row&) const = default;
};

std::vector<Row> rows(std::string_view text, Analysis analysis) {
  std::vector<Row> found;
  for (const QueryWord& word : query_words(text, analysis)) {
    CHECK(word.position == found.size());
    const SourceRange source = word.source;
    found.push_back(
        {std::string(text.substr(source.begin, source.end - source.begin)), word.term, word.parts});
  }
  return found;
}

TEST_CASE("the examples of english") {
  const auto check = [](std::string_view text, const std::vector<Row>& expected) {
    CAPTURE(text);
    CHECK(rows(text, english) == expected);
  };
  check("getUserName2", {{"getUserName2", "getusername2", {"get", "user", "name", "2"}}});
  check("get_user_name", {{"get_user_name", "get_user_nam", {"get", "user", "name"}}});
  check("HTTPServer", {{"HTTPServer", "httpserver", {"http", "server"}}});
  check("std::vector", {{"std", "std", {}}, {"vector", "vector", {}}});
  check("foo-bar", {{"foo", "foo", {}}, {"bar", "bar", {}}});
  check("v2.1", {{"v2", "v2", {"v", "2"}}, {"1", "1", {}}});
  check("don't", {{"don", "don", {}}, {"t", "t", {}}});
  check("C++", {{"C", "c", {}}});
  check("漢字かな", {{"漢字", "漢字", {}}, {"字か", "字か", {}}, {"かな", "かな", {}}});
  check("한국어", {{"한국", "한국", {}}, {"국어", "국어", {}}});
  check("ภาษาไทย", {{"ภา", "ภา", {}},
                    {"าษ", "าษ", {}},
                    {"ษา", "ษา", {}},
                    {"าไ", "าไ", {}},
                    {"ไท", "ไท", {}},
                    {"ทย", "ทย", {}}});
  check("Cafe\xCC\x81s", {{"Cafe\xCC\x81s", "caf\xC3\xA9", {}}});
  check("", {});
}

TEST_CASE("the examples of plain") {
  const auto check = [](std::string_view text, const std::vector<Row>& expected) {
    CAPTURE(text);
    CHECK(rows(text, {}) == expected);
  };
  check("getUserName2 don't",
        {{"getUserName2", "getusername2", {}}, {"don", "don", {}}, {"t", "t", {}}});
  check("漢字x", {{"漢字", "漢字", {}}, {"x", "x", {}}});
  check("Cafe\xCC\x81s", {{"Cafe\xCC\x81s", "caf\xC3\xA9s", {}}});
}

TEST_CASE("a query word has its surface and says whether it is a stop word") {
  const std::vector<QueryWord> words = query_words("The Runners", english);
  REQUIRE(words.size() == 2);
  CHECK(words[0].is_stop_word);
  CHECK(words[0].term == "the");
  CHECK_FALSE(words[1].is_stop_word);
  CHECK(words[1].surface == "runners");
  CHECK(words[1].term == "runner");
  CHECK(words[1].source.begin == 4);
  CHECK(words[1].source.end == 11);
  CHECK_FALSE(query_words("the", {})[0].is_stop_word);
  CHECK(query_words("Runners", {})[0].surface == "runners");
  CHECK(query_words("How", english)[0].is_function_word);
  CHECK_FALSE(words[1].is_function_word);
  CHECK_FALSE(query_words("how", {})[0].is_function_word);
}

TEST_CASE("query terms are distinct, in order and without stop words beside others") {
  CHECK(query_terms("Slow search, slow SEARCH index", {}) == Strings{"slow", "search", "index"});
  CHECK(query_terms("the index", {}) == Strings{"the", "index"});
  CHECK(query_terms("!!!", {}) == Strings{});
  CHECK(query_terms("the slow searches, slowed", english) == Strings{"slow", "search"});
  CHECK(query_terms("to be or not to be", english) == Strings{"to", "be", "or", "not"});
  CHECK(query_terms("userName of user", english) == Strings{"usernam", "user", "name"});
  CHECK(query_terms("!!!", english) == Strings{});
}

// Every term of every query word stands in the index of the text at the word's position, and the
// index has no other term.
TEST_CASE("query words of a text are its terms") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  const Analysis analyses[] = {{}, {Analysis::Kind::plain, 1}, english};
  std::vector<Analyser> analysers;
  for (const Analysis analysis : analyses) analysers.emplace_back(analysis);
  for (int round = 0; round < 300; ++round) {
    const std::string text = testing::random_text(random, below(random, 2000));
    Analyser& analyser = analysers[below(random, 3)];
    std::map<std::string, std::set<u32>> expected;
    for (const QueryWord& word : query_words(text, analyser.analysis())) {
      expected[word.term].insert(word.position);
      for (const std::string& part : word.parts) expected[part].insert(word.position);
    }
    analyser.analyse(text);
    std::map<std::string, std::set<u32>> indexed;
    for (const AnalysedTerm& term : analyser.terms()) {
      const std::span<const u32> positions = analyser.positions(term);
      std::set<u32>& set = indexed[std::string(analyser.term(term))];
      set.insert(positions.begin(), positions.end());
      REQUIRE(set.size() == term.tf);
    }
    CAPTURE(text);
    REQUIRE(indexed == expected);
  }
}

}  // namespace
}  // namespace shale

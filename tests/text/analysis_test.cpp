#include "text/analysis.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"
#include "text/query_words.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;
using Positions = std::map<std::string, std::vector<u32>>;

constexpr Analysis first_version{Analysis::Kind::plain, 1};

// The analysis as a map, with the terms in order of first occurrence.
struct PlainAnalysis {
  Positions positions;
  Strings order;
  Strings forms;
  u32 word_count = 0;
};

PlainAnalysis plain_analysis(std::string_view text, Analysis analysis) {
  PlainAnalysis plain;
  const auto add = [&](const std::string& term, const QueryWord& word) {
    std::vector<u32>& places = plain.positions[term];
    if (places.empty()) plain.order.push_back(term);
    places.push_back(word.position);
    if (!word.is_stop_word) ++plain.word_count;
  };
  for (const QueryWord& word : query_words(text, analysis)) {
    add(word.term, word);
    for (const std::string& part : word.parts) add(part, word);
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
  for (const AnalysedForm& form : analyser.forms()) result.forms.emplace_back(analyser.form(form));
  return result;
}

void check_same(Analyser& analyser, std::string_view text) {
  const PlainAnalysis expected = plain_analysis(text, analyser.analysis());
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
  Analyser analysers[] = {Analyser(), Analyser(first_version), Analyser(english)};
  for (int round = 0; round < 400; ++round) {
    const std::string text = testing::random_text(random, below(random, 3000));
    for (Analyser& analyser : analysers) check_same(analyser, text);
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

TEST_CASE("english: stems, parts, forms and stop words") {
  Analyser analyser(english);
  const PlainAnalysis got =
      analysis_by(analyser, "The getUserNames of running: NAMES, user_running");
  CHECK(got.order == Strings{"the", "getusernam", "get", "user", "name", "of", "run", "user_run"});
  CHECK(got.positions == Positions{{"the", {0}},
                                   {"getusernam", {1}},
                                   {"get", {1}},
                                   {"user", {1, 5}},
                                   {"name", {1, 4}},
                                   {"of", {2}},
                                   {"run", {3, 5}},
                                   {"user_run", {5}}});
  CHECK(got.forms == Strings{"getusernames", "names", "running", "user_running"});
  CHECK(got.word_count == 9);  // four of getUserNames, running, names, three of user_running
  CHECK(analyser.occurrences() == 11);
}

TEST_CASE("spellings that differ in case are one term, with all their occurrences") {
  Analyser analyser(english);
  const PlainAnalysis got = analysis_by(analyser, "Merge merge MERGE fileMerge merges Merge");
  CHECK(got.positions.at("merg") == std::vector<u32>{0, 1, 2, 3, 4, 5});
  CHECK(got.positions.at("filemerg") == std::vector<u32>{3});
  CHECK(got.positions.at("file") == std::vector<u32>{3});
  CHECK(got.forms == Strings{"merge", "filemerge", "merges"});
  CHECK(got.word_count == 8);
  analyser.analyse("x");
  CHECK(analyser.forms().empty());
  CHECK(analysis_by(analyser, "merges").forms == Strings{"merges"});  // a form known from before
}

TEST_CASE("a text of more than 65,535 words, each many times") {
  std::string text;
  constexpr u32 repeats = 70'000;
  for (u32 i = 0; i < repeats; ++i) text += "fileName running ";
  for (const Analysis analysis : {Analysis{}, english}) {
    Analyser analyser(analysis);
    const PlainAnalysis got = analysis_by(analyser, text);
    const bool is_english = analysis == english;
    CHECK(got.positions.size() == (is_english ? 4 : 2));
    CHECK(got.word_count == repeats * (is_english ? 4 : 2));
    for (const auto& [term, positions] : got.positions) {
      CAPTURE(term);
      CHECK(positions.size() == repeats);
      CHECK(positions.back() == 2 * repeats - (term.starts_with("run") ? 1 : 2));
    }
  }
}

TEST_CASE("words with their sources, as snippets want them") {
  Analyser analyser(english);
  Strings seen;
  const std::string_view text = "a getName, \xC3\x89t\xC3\xA9";
  analyser.for_each_word(text, [&](SourceRange source, auto terms, auto forms) {
    seen.emplace_back(text.substr(source.begin, source.end - source.begin));
    seen.insert(seen.end(), terms.begin(), terms.end());
    for (const std::string_view form : forms) seen.push_back("form " + std::string(form));
  });
  CHECK(seen == Strings{"a", "a", "getName", "getnam", "get", "name", "form getname",
                        "\xC3\x89t\xC3\xA9", "\xC3\xA9t\xC3\xA9"});
  CHECK(analyser.terms().empty());
}

TEST_CASE("an analyser gives back what a large text took, and goes on") {
  std::string many;
  for (u32 i = 0; i < 300'000; ++i) many.append("t").append(std::to_string(i)).append(" ");
  for (const Analysis analysis : {Analysis{}, english}) {
    Analyser analyser(analysis);
    analyser.analyse("small text");
    analyser.trim();
    const u64 known = analyser.memo().expansions();
    CHECK(known == (analysis == english ? 2 : 0));
    analyser.analyse(many);
    CHECK(analyser.memory_bytes() > usize(16) << 20);
    analyser.trim();
    CHECK(analyser.memory_bytes() < usize(1) << 20);
    check_same(analyser, "Another small text");
  }
}

TEST_CASE("a thread's analysers are its own and are kept") {
  Analyser& mine = thread_analyser(english);
  CHECK(&thread_analyser(english) == &mine);
  CHECK(thread_analyser({}).analysis() == Analysis{});
  CHECK(thread_analyser(english).analysis() == english);
  const Analyser* other = nullptr;
  std::thread([&] { other = &thread_analyser(english); }).join();
  CHECK(other != &thread_analyser(english));
}

TEST_CASE("known analyses") {
  CHECK(analysis_of("plain") == Analysis{});
  CHECK(analysis_of("plain", 1) == first_version);
  CHECK(analysis_of("english") == english);
  for (const std::string_view name : {"", "Plain", "stemmed"}) CHECK_FALSE(analysis_of(name));
  CHECK_FALSE(analysis_of("english", 1));  // there was none
  CHECK_FALSE(analysis_of("plain", 0));
  CHECK_FALSE(analysis_of("plain", words_version + 1));
  CHECK(analysis_name(english) == "english");
  CHECK(analysis_name(first_version) == "plain");
}

}  // namespace
}  // namespace shale

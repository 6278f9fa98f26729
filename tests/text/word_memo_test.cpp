#include "text/word_memo.hpp"

#include "tests/support/catch.hpp"
#include "text/term_hash.hpp"

namespace shale {
namespace {

using Strings = std::vector<std::string>;

u32 place_of(WordMemo& memo, std::string_view word) {
  std::string padded(word);
  padded.append(short_bytes_max, '\0');  // readable behind the word
  return memo.find_or_add(std::string_view(padded).substr(0, word.size()), term_hash(word));
}

Strings terms_of(WordMemo& memo, std::string_view word) {
  Strings terms;
  for (const u32 number : memo.word_at(place_of(memo, word)).terms) {
    terms.emplace_back(memo.all_terms().text(number));
  }
  return terms;
}

TEST_CASE("a word is expanded once") {
  WordMemo memo;
  memo.begin_text();
  CHECK(terms_of(memo, "getNames") == Strings{"getnam", "get", "name"});
  CHECK(memo.expansions() == 1);
  memo.begin_text();
  CHECK(terms_of(memo, "getNames") == Strings{"getnam", "get", "name"});
  CHECK(memo.expansions() == 1);
  CHECK(terms_of(memo, "getnames") == Strings{"getnam"});
  CHECK(memo.expansions() == 2);
  const WordMemo::Word word = memo.word_at(place_of(memo, "getNames"));
  REQUIRE(word.forms.size() == 2);
  CHECK(memo.all_forms().text(word.forms[0]) == "getnames");
  CHECK(memo.all_forms().text(word.forms[1]) == "names");
  CHECK_FALSE(word.is_stop_word);
  CHECK(memo.word_at(place_of(memo, "The")).is_stop_word);
}

TEST_CASE("words share their terms, and long words are told apart") {
  WordMemo memo;
  memo.begin_text();
  const auto first_term = [&](std::string_view word) {
    return memo.word_at(place_of(memo, word)).terms[0];
  };
  CHECK(first_term("Running") == first_term("runs"));
  for (usize bytes = 1; bytes < 60; ++bytes) {
    const std::string word(bytes, 'q');
    CHECK(terms_of(memo, word) == Strings{word});
    CHECK(terms_of(memo, word + "x") == Strings{word + "x"});
  }
}

TEST_CASE("words of one hash are told apart, and known again") {
  WordMemo memo;
  memo.begin_text();
  const std::string long_word(40, 'q');
  for (const std::string& base : {std::string("wor"), long_word}) {
    CAPTURE(base);
    const u64 before = memo.expansions();
    std::vector<u32> places;
    for (int round = 0; round < 2; ++round) {
      for (const char last : {'k', 'x'}) {
        std::string padded = base + last;
        const usize bytes = padded.size();
        padded.append(short_bytes_max, '\0');
        places.push_back(memo.find_or_add(std::string_view(padded).substr(0, bytes), 7));
      }
    }
    CHECK(memo.expansions() == before + 2);
    CHECK(places[0] != places[1]);
    CHECK(places[0] == places[2]);
    CHECK(places[1] == places[3]);
  }
}

TEST_CASE("the words of a text are looked up together") {
  std::string text;
  std::vector<AnalysedTerm> words;
  for (u32 i = 0; i < 3000; ++i) {
    const std::string word = "fileName" + std::to_string(i % 2000);
    words.push_back({term_hash(word), u32(text.size()), u16(word.size()), 1, 0});
    text += word;
  }
  text.append(short_bytes_max, '\0');
  WordMemo memo;
  std::vector<u32> places;
  for (int round = 0; round < 2; ++round) {
    memo.begin_text();
    memo.find_or_add(text.data(), words, places);
    REQUIRE(places.size() == words.size());
    CHECK(memo.expansions() == 2000);
    for (u32 i = 0; i < places.size(); ++i) {
      const WordMemo::Word word = memo.word_at(places[i]);
      REQUIRE(word.terms.size() == 4);
      REQUIRE(memo.all_terms().text(word.terms[3]) == std::to_string(i % 2000));
    }
  }
}

TEST_CASE("the memo is bounded: it starts anew between texts, and only there") {
  WordMemo memo;
  u64 word = 0;
  usize largest = 0;
  bool has_started_anew = false;
  for (int text = 0; text < 400; ++text) {
    const usize before = memo.memory_bytes();
    memo.begin_text();
    if (memo.memory_bytes() < before) has_started_anew = true;
    for (int i = 0; i < 500; ++i, ++word) terms_of(memo, "wordNumber" + std::to_string(word));
    largest = std::max(largest, memo.memory_bytes());
    CHECK(terms_of(memo, "wordNumber" + std::to_string(word - 500))[1] == "word");
  }
  CHECK(has_started_anew);
  // A table that doubles may stand at twice the bound for a moment.
  CHECK(largest < 2 * WordMemo::bytes_max + (usize(1) << 20));
}

}  // namespace
}  // namespace shale

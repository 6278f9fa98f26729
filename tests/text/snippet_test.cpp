#include "text/snippet.hpp"

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"
#include "text/query_words.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;

constexpr Analysis plain{};

// Of every word, its parts behind it.
Strings terms_of(std::string_view text, Analysis analysis) {
  Strings terms;
  for (const QueryWord& word : query_words(text, analysis)) {
    terms.push_back(word.term);
    terms.insert(terms.end(), word.parts.begin(), word.parts.end());
  }
  return terms;
}

// For words alone, all of one weight.
Snippet make_snippet(std::string_view text, const Strings& terms, Analysis analysis,
                     usize bytes_max = 160) {
  Highlights highlights;
  for (const std::string& term : terms) highlights.words.push_back({term});
  return make_snippet(text, highlights, analysis, bytes_max);
}

Highlights phrase_of(const Strings& words) {
  Highlights highlights;
  Highlights::Phrase& phrase = highlights.phrases.emplace_back();
  for (const std::string& word : words) phrase.words.push_back({word, u32(phrase.words.size())});
  return highlights;
}

Highlights prefix_of(const std::string& prefix, float weight = 1) {
  Highlights highlights;
  highlights.patterns.push_back(
      {[prefix](std::string_view word) { return word.starts_with(prefix); }, weight});
  return highlights;
}

Strings marked(const Snippet& snippet) {
  Strings texts;
  for (const Span span : snippet.spans) {
    texts.push_back(snippet.text.substr(span.begin, span.end - span.begin));
  }
  return texts;
}

bool is_well_formed(std::string_view text) {
  while (!text.empty()) {
    const Character character = decode_utf8(text);
    if (character.bytes == 0) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

TEST_CASE("a short text is shown whole with its matches") {
  const Snippet snippet =
      make_snippet("Why is search slow? Search!", Strings{"search", "slow"}, plain);
  CHECK(snippet.text == "Why is search slow? Search!");
  CHECK(marked(snippet) == Strings{"search", "slow", "Search"});
}

TEST_CASE("without a match the start is shown") {
  CHECK(make_snippet("", Strings{"x"}, plain).text.empty());
  CHECK(make_snippet("one two", Strings{}, plain).text == "one two");
  const std::string text = "first words " + std::string(500, '-');
  const Snippet snippet = make_snippet(text, Strings{"absent"}, plain, 20);
  CHECK(snippet.text.starts_with("first words"));
  CHECK(snippet.text.size() <= 20);
  CHECK(snippet.spans.empty());
}

TEST_CASE("white space and control bytes become one blank") {
  const Snippet snippet = make_snippet(std::string("  a\t\n\r b\0\x01 c\x7F"
                                                   "d \xC2\xA0 e\n",
                                                   20),
                                       Strings{"b", "d"}, plain);
  CHECK(snippet.text == "a b c d e");
  CHECK(marked(snippet) == Strings{"b", "d"});
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD and shift the spans behind them") {
  const Snippet snippet = make_snippet("\xFFok \xC3", Strings{"ok"}, plain);
  CHECK(snippet.text == "\xEF\xBF\xBDok \xEF\xBF\xBD");
  CHECK(snippet.spans == std::vector<Span>{{3, 5}});
}

TEST_CASE("the window holds the most distinct terms, then the most matches, then the first") {
  const std::string gap(400, '.');
  const Strings terms{"alpha", "beta"};
  const auto shown = [&](const std::string& text) {
    return marked(make_snippet(text, terms, plain, 60));
  };
  CHECK(shown("alpha alpha alpha " + gap + " alpha beta " + gap) == Strings{"alpha", "beta"});
  CHECK(shown("alpha beta " + gap + " beta alpha beta " + gap) == Strings{"beta", "alpha", "beta"});
  CHECK(shown("Alpha Beta " + gap + " alpha beta") == Strings{"Alpha", "Beta"});
}

TEST_CASE("one rare word outweighs several common ones") {
  const std::string gap(400, '.');
  Highlights highlights;
  highlights.words = {{"alpha", 0.5f}, {"beta", 0.5f}, {"rare", 3}};
  const std::string text = "alpha beta alpha " + gap + " rare " + gap + " alpha";
  CHECK(marked(make_snippet(text, highlights, plain, 60)) == Strings{"rare"});
  highlights.words[2].weight = 0.5f;
  CHECK(marked(make_snippet(text, highlights, plain, 60)) == Strings{"alpha", "beta", "alpha"});
  highlights.words[2].weight = 0;  // of a word that every document has
  highlights.words.resize(3);
  CHECK(marked(make_snippet("... rare", highlights, plain, 60)) == Strings{"rare"});
}

TEST_CASE("a phrase is marked where it stands, its words elsewhere are not") {
  const auto shown = [](std::string_view text, const Strings& words) {
    return marked(make_snippet(text, phrase_of(words), plain));
  };
  CHECK(shown("slow, then search; slow search. Search slow", {"slow", "search"}) ==
        Strings{"slow", "search"});
  CHECK(shown("slow search slow", {"search", "slow"}) == Strings{"search", "slow"});
  CHECK(shown("slow", {"slow", "search"}).empty());
  CHECK(shown("a a a", {"a", "a"}) == Strings{"a", "a", "a"});
  CHECK(shown("a b a c", {"a", "c"}) == Strings{"a", "c"});
  CHECK(shown("漢字かな", {"漢字", "字か", "かな"}) == Strings{"漢字かな"});
  // The window goes to the phrase, not to where more of its words stand.
  const std::string text = "slow slow slow " + std::string(400, '.') + " slow search";
  CHECK(marked(make_snippet(text, phrase_of({"slow", "search"}), plain, 60)) ==
        Strings{"slow", "search"});
  Highlights gap = phrase_of({"a", "b"});
  gap.phrases[0].words[1].offset = 2;
  CHECK(marked(make_snippet("a b a x b", gap, plain)) == Strings{"a", "b"});
  CHECK(make_snippet("a b a x b", gap, plain).spans[0].begin == 4);
}

TEST_CASE("two phrases are told apart, and a word may be one's own and a phrase's") {
  Highlights highlights = phrase_of({"a", "b"});
  highlights.phrases.push_back(phrase_of({"b", "c"}).phrases[0]);
  highlights.words = {{"c"}};
  CHECK(marked(make_snippet("a c b c, a b", highlights, plain)) ==
        Strings{"c", "b", "c", "a", "b"});
}

TEST_CASE("an expanded word marks all that it stands for, stems and forms alike") {
  const auto shown = [](std::string_view text, const std::string& prefix, Analysis analysis) {
    return marked(make_snippet(text, prefix_of(prefix), analysis));
  };
  CHECK(shown("merge Merging, submerge", "merg", plain) == Strings{"merge", "Merging"});
  CHECK(shown("He merges what getMerged", "merg", english) == Strings{"merges", "getMerged"});
  // Only the form has these letters: the stem is shorter.
  CHECK(shown("the merges of it", "merges", english) == Strings{"merges"});
  CHECK(shown("nothing here", "merg", english).empty());
}

TEST_CASE("the best window is shown from anywhere in the text") {
  for (const usize before : {0u, 10u, 100u, 1000u, 100000u}) {
    CAPTURE(before);
    std::string text;
    while (text.size() < before) text += "filler words, ";
    text += "the needle here";
    for (int i = 0; i < 100; ++i) text += " and more";
    const Snippet snippet = make_snippet(text, Strings{"needle"}, plain);
    CHECK(marked(snippet) == Strings{"needle"});
    CHECK(snippet.text.size() <= 160);
    CHECK(snippet.text.size() >= 120);
    CHECK(snippet.text.find("the needle here and more") != std::string::npos);
    if (before >= 100) {
      // There is something before it, and it begins with a whole word.
      CHECK(snippet.spans[0].begin > 30);
      CHECK((snippet.text.starts_with("filler") || snippet.text.starts_with("words")));
    }
  }
}

TEST_CASE("what stands beyond 256 KB is not looked at, whatever is looked for") {
  const std::string text = "start " + std::string(300 << 10, '.') + " needle";
  const Snippet snippet = make_snippet(text, Strings{"needle"}, plain);
  CHECK(snippet.spans.empty());
  CHECK(snippet.text.starts_with("start"));
  usize asked = 0;
  Highlights counting;
  counting.patterns.push_back({[&](std::string_view) { return ++asked == 0; }});
  std::string many;
  while (many.size() < (1 << 20)) many += "word ";
  make_snippet(many, counting, plain);
  CHECK(asked <= (256 << 10) / 5 + 1);
}

TEST_CASE("the best stretch goes from the first match of the best window to the end of the last") {
  const std::string far(500, '.');
  const std::string text = "red " + far + " red and green, red " + far + " green";
  const auto stretch = [&](const Strings& terms, usize bytes_max) -> std::string {
    Highlights highlights;
    for (const std::string& term : terms) highlights.words.push_back({term});
    const auto found = best_stretch(text, highlights, plain, bytes_max);
    return found ? text.substr(found->begin, found->end - found->begin) : "none";
  };
  CHECK(stretch({"red", "green"}, 100) == "red and green, red");
  CHECK(stretch({"green"}, 100) == "green");
  CHECK(stretch({"red", "green"}, 5000) == text);
  CHECK(stretch({"green"}, 2) == "green");
  CHECK(stretch({"blue"}, 100) == "none");
  CHECK(stretch({}, 100) == "none");
}

TEST_CASE("in english stems and parts mark the words of the source") {
  const auto shown = [&](std::string_view text, const Strings& terms) {
    return marked(make_snippet(text, terms, english));
  };
  CHECK(shown("He merges what merged.", {"merg"}) == Strings{"merges", "merged"});
  CHECK(shown("call getUserName now", {"user", "name"}) == Strings{"getUserName"});
  CHECK(shown("the others", {"the"}) == Strings{"the"});
  CHECK(shown("getUserName", {"username"}).empty());
}

TEST_CASE("pairs of characters that overlap are marked as one") {
  CHECK(marked(make_snippet("見た漢字かなだ", Strings{"漢字", "字か", "かな"}, plain)) ==
        Strings{"漢字かな"});
  CHECK(marked(make_snippet("漢字かな", Strings{"字か"}, plain)) == Strings{"字か"});
  CHECK(marked(make_snippet("漢字x漢字", Strings{"漢字"}, plain)) == Strings{"漢字", "漢字"});
}

TEST_CASE("a match longer than the window is cut with its span") {
  const Snippet snippet =
      make_snippet(std::string(200, 'a'), Strings{std::string(200, 'a')}, plain, 50);
  CHECK(snippet.text == std::string(50, 'a'));
  CHECK(snippet.spans == std::vector<Span>{{0, 50}});
}

TEST_CASE("the cut end drops half a word") {
  CHECK(make_snippet("one two three four", Strings{}, plain, 12).text == "one two");
  CHECK(make_snippet("one two three four", Strings{}, plain, 13).text == "one two");
  CHECK(make_snippet("one two three", Strings{}, plain, 13).text == "one two three");
  CHECK(make_snippet("one two three", Strings{"two"}, plain, 7).text == "two");
}

TEST_CASE("bytes that are no UTF-8 before a match leave room for it") {
  const std::string text = std::string(300, '\xff') + " word " + std::string(300, '\xff');
  const Snippet snippet = make_snippet(text, Strings{"word"}, plain, 100);
  REQUIRE(snippet.spans == std::vector<Span>{{0, 4}});
  CHECK(snippet.text.starts_with("word "));
}

TEST_CASE("any text and terms: one clean line within its size, spans on words that matched") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  usize spans = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string text = testing::random_text(random, below(random, 3000));
    const Analysis analysis = below(random, 2) == 0 ? plain : english;
    const Strings words = terms_of(text, analysis);
    Strings terms;
    for (u32 i = 0; i < 3 && !words.empty(); ++i) {
      terms.push_back(words[below(random, words.size())]);
    }
    const usize bytes_max = below(random, 300);
    CAPTURE(text, terms, bytes_max);
    const Snippet snippet = make_snippet(text, terms, analysis, bytes_max);
    REQUIRE(snippet.text.size() <= bytes_max);
    REQUIRE(is_well_formed(snippet.text));
    REQUIRE(snippet.text.find("  ") == std::string::npos);
    REQUIRE(std::none_of(snippet.text.begin(), snippet.text.end(),
                         [](char c) { return u8(c) < 0x20 || c == 0x7F; }));
    u32 end = 0;
    for (const Span span : snippet.spans) {
      REQUIRE(span.begin >= end);
      REQUIRE(span.end > span.begin);
      end = span.end;
      REQUIRE(end <= snippet.text.size());
      const Strings found =
          terms_of(snippet.text.substr(span.begin, span.end - span.begin), analysis);
      const bool matched = std::any_of(found.begin(), found.end(), [&](const std::string& word) {
        return std::find(terms.begin(), terms.end(), word) != terms.end();
      });
      REQUIRE((matched || end == snippet.text.size()));  // the last one may be cut
      ++spans;
    }
    if (bytes_max >= 260 && !terms.empty()) REQUIRE_FALSE(snippet.spans.empty());
  }
  CHECK(spans > 1000);
}

}  // namespace
}  // namespace shale

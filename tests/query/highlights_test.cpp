#include "query/highlights.hpp"

#include "query/parser.hpp"
#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

using Strings = std::vector<std::string>;

Strings marked(std::string_view query, std::string_view text, Analysis analysis = english,
               bool every_word = true) {
  PatternSearch patterns(analysis);
  const auto accepts = [&](std::string_view pattern) { return patterns.accepts(pattern); };
  const ParsedQuery parsed = parse_query(query, 0, accepts);
  const Plan plan = make_plan(parsed.root, analysis, every_word);
  const std::vector<float> weights(plan.units.size(), 1);
  const Snippet snippet = make_snippet(text, highlights_of(plan, weights, patterns), analysis);
  Strings texts;
  for (const Span span : snippet.spans) {
    texts.push_back(snippet.text.substr(span.begin, span.end - span.begin));
  }
  return texts;
}

TEST_CASE("what the analysis matches is marked: stems, parts, wholes") {
  CHECK(marked("merging", "merges, merged and submerged") == Strings{"merges", "merged"});
  CHECK(marked("user", "getUserName of users") == Strings{"getUserName", "users"});
  CHECK(marked("getUserName", "get user name; getUserName") ==
        Strings{"get", "user", "name", "getUserName"});
  CHECK(marked("std::vector", "a std::vector") == Strings{"std", "vector"});
  CHECK(marked("the index", "the index of it") == Strings{"index"});
}

TEST_CASE("phrases are marked where they stand, near words anywhere") {
  CHECK(marked("\"slow search\"", "a search, slow searches") == Strings{"slow", "searches"});
  CHECK(marked("\"the merge\"", "the log, the merge") == Strings{"the", "merge"});
  CHECK(marked("\"slow search\"~5", "search is slow") == Strings{"search", "slow"});
}

TEST_CASE("expanded words mark all that they stand for") {
  CHECK(marked("merg*", "Mergers merge, submerge") == Strings{"Mergers", "merge"});
  CHECK(marked("colour~", "color colour colours dolor") == Strings{"color", "colour", "colours"});
  CHECK(marked("colr~2", "color dolour", Analysis{}) == Strings{"color"});
}

TEST_CASE("a regular expression marks what it matches, whole stretches of it") {
  CHECK(marked("/merg\\w+/", "Merging, emerged; merg") == Strings{"Merging", "merged"});
  CHECK(marked("/foo\\(.*?\\)/", "a foo(bar, x) and foo()") == Strings{"foo(bar, x)", "foo()"});
  CHECK(marked("/x*/", "a xx b x") == Strings{"xx", "x"});  // not what is empty
  CHECK(marked("/a b/ b", "a b c b", Analysis{}) == Strings{"a b", "b"});
  CHECK(marked("c -/a b/", "a b c", Analysis{}) == Strings{"c"});
  CHECK(marked("/é+/", "caféé", Analysis{}) == Strings{"éé"});
}

TEST_CASE("what is negated, and clauses, mark nothing") {
  CHECK(marked("index -draft", "a draft of the index") == Strings{"index"});
  CHECK(marked("index type:code", "type code index") == Strings{"index"});
  CHECK(marked("index -(a OR \"b c\")", "a b c index", Analysis{}) == Strings{"index"});
  CHECK(marked("a OR b", "a b c", Analysis{}) == Strings{"a", "b"});
  CHECK(marked("-a", "a b", Analysis{}).empty());
}

TEST_CASE("weights are those of the units, shared by the words of one") {
  const ParsedQuery parsed = parse_query("a \"b c\" d*", 0, nullptr);
  const Plan plan = make_plan(parsed.root, {}, true);
  const std::vector<float> weights = {1, 2, 3};
  const Highlights highlights = highlights_of(plan, weights, PatternSearch({}));
  REQUIRE(highlights.words.size() == 1);
  CHECK(highlights.words[0].weight == 1);
  REQUIRE(highlights.phrases.size() == 1);
  CHECK(highlights.phrases[0].weight == 2);
  CHECK(highlights.phrases[0].words[1].offset == 1);
  REQUIRE(highlights.patterns.size() == 1);
  CHECK(highlights.patterns[0].weight == 3);
  const ParsedQuery near = parse_query("\"a b\"~3", 0, nullptr);
  const std::vector<float> one = {5};
  CHECK(highlights_of(make_plan(near.root, {}, true), one, PatternSearch({})).words[1].weight ==
        2.5f);
}

}  // namespace
}  // namespace shale::query

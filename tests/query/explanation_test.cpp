#include "query/explanation.hpp"

#include "query/engine.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("lines stand below each other, times come last and add up by step") {
  Explanation explanation;
  { const Explanation::Timed timed(&explanation, "parse"); }
  { const Explanation::Timed timed(&explanation, "score"); }
  { const Explanation::Timed timed(&explanation, "parse"); }
  explanation.add("plan", "(word \"a\")");
  explanation.add("", "more");
  const std::string text = explanation.text();
  CHECK(text.starts_with("plan       (word \"a\")\n           more\ntime       parse 0.0"));
  CHECK(text.ends_with(" ms\n"));
  CHECK(text.find("parse") == text.rfind("parse"));
  CHECK(has(text, " ms, score "));
  explanation.clear();
  CHECK(explanation.text().starts_with("time       parse "));
  const Explanation::Timed nothing(nullptr, "parse");
}

TEST_CASE("a search tells tree, plan, frequencies, what it read and every step") {
  CorpusMaker maker(3);
  const Corpus corpus = maker.corpus(2, 200, 10);
  const Query query{.text = "w0 \"w1 w2\" -w3", .match = Match::any, .facets = {"type"}};
  Explanation explanation;
  const RankedAnswer answer = search(corpus.views, query, {}, nullptr, &explanation).value();
  const std::string text = explanation.text();
  CHECK(has(text, "query      (sequence (words \"w0\") (phrase \"w1 w2\") (not (words \"w3\")))"));
  CHECK(has(text, "(not (word \"w3\"))"));
  u64 holders = 0;
  for (const Live& live : corpus.live) holders += live.tfs.contains("w0") ? 1 : 0;
  CHECK(has(text, "(word \"w0\") in " + std::to_string(holders) + " documents, weighs "));
  CHECK(has(text, "(phrase \"w1\" \"w2\"+1) 2 lists, at most "));
  CHECK(has(text, "(word \"w3\") decides only"));
  CHECK(has(text, std::to_string(corpus.live.size()) + " live, "));
  for (const char* step :
       {"parse ", "plan ", "look up ", "match ", "score ", "order ", "facets "}) {
    CHECK(has(text.substr(text.find("time ")), step));
  }
  REQUIRE(answer.total > 0);
  const RankedAnswer plain = search(corpus.views, query, {}).value();
  CHECK(plain.total == answer.total);
}

TEST_CASE("both plans of a widened search are told, and a damaged view in neither") {
  CorpusMaker maker(4);
  Corpus corpus = maker.corpus(2, 100, 10);
  corpus.indexes[0]->failing = Failing::frequencies;
  const Query query{.text = "w1 nowhere", .match = Match::auto_};
  Explanation explanation;
  const RankedAnswer answer = search(corpus.views, query, {}, nullptr, &explanation).value();
  CHECK(answer.widened);
  const std::string text = explanation.text();
  const usize first = text.find("plan       (all ");
  CHECK(first != std::string::npos);
  CHECK(text.find("plan       (any ") > first);
  CHECK(text.find("query ") == text.rfind("query "));
}

}  // namespace
}  // namespace shale::query::testing

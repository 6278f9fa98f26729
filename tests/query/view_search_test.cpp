// Conditions over one index against reading every text: phrases, prefixes, groups, negations.
#include "query/view_search.hpp"

#include <functional>
#include <random>
#include <set>

#include "query/parser.hpp"
#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Words = std::vector<std::string>;
using Holds = std::function<bool(const Words&)>;

// A query text and what it says of a document's words.
struct Asked {
  std::string text;
  Holds holds;
};

class Questions {
 public:
  explicit Questions(u32 seed) : random_(seed) {}

  std::string word() { return "w" + std::to_string(below(14)); }
  Words document() {
    Words words;
    for (u32 i = below(12); i-- > 0;) words.push_back(word());
    return words;
  }

  Asked leaf() {
    const std::string a = word(), b = word();
    switch (below(5)) {
      case 0:
        return {'"' + a + ' ' + b + '"', [=](const Words& w) { return follows(w, a, b, 1); }};
      case 1:
        return {a + "::" + b, [=](const Words& w) { return follows(w, a, b, 1); }};
      case 2:
        return {'"' + a + ' ' + b + "\"~2",
                [=](const Words& w) { return follows(w, a, b, 3) || follows(w, b, a, 3); }};
      case 3:
        return {"w1*", [](const Words& w) { return any(w, [](auto& x) { return x[1] == '1'; }); }};
      default:
        return {a, [=](const Words& w) { return any(w, [&](auto& x) { return x == a; }); }};
    }
  }

  Asked question(u32 depth) {
    if (depth == 0) return leaf();
    const Asked a = question(depth - 1), b = question(depth - 1);
    const Holds left = a.holds, right = b.holds;
    switch (below(4)) {
      case 0:
        return {'(' + a.text + " OR " + b.text + ')',
                [=](const Words& w) { return left(w) || right(w); }};
      case 1:
        return {'(' + a.text + " -" + b.text + ')',
                [=](const Words& w) { return left(w) && !right(w); }};
      case 2:
        return {'(' + a.text + " AND " + b.text + ')',
                [=](const Words& w) { return left(w) && right(w); }};
      default:
        return {'(' + a.text + ' ' + b.text + ')',
                [=](const Words& w) { return left(w) && right(w); }};
    }
  }

  u32 below(u32 n) { return u32(random_() % n); }

 private:
  template <class Test>
  static bool any(const Words& words, Test test) {
    return std::any_of(words.begin(), words.end(), test);
  }
  static bool follows(const Words& words, const std::string& a, const std::string& b, usize far) {
    for (usize i = 0; i < words.size(); ++i) {
      for (usize j = i + 1; j <= i + far && j < words.size(); ++j) {
        if (words[i] == a && words[j] == b) return true;
      }
    }
    return false;
  }

  std::mt19937 random_;
};

void compare_once(Questions& questions) {
  std::vector<Words> texts(1 + questions.below(60));
  std::vector<Document> documents;
  for (Words& words : texts) {
    words = questions.document();
    documents.emplace_back();
    for (const std::string& word : words) documents.back().text.append(word).append(" ");
  }
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents)));
  for (int round = 0; round < 20; ++round) {
    const Asked asked = questions.question(questions.below(4));
    INFO(asked.text);
    const ParsedQuery parsed = parse_query(asked.text, 0, nullptr);
    const Plan plan = make_plan(parsed.root, {}, true);
    INFO(to_string(plan));
    std::vector<u32> expected;
    for (u32 doc = 0; doc < texts.size(); ++doc) {
      if (asked.holds(texts[doc])) expected.push_back(doc);
    }
    REQUIRE(plan.condition.has_value());
    WordSets words;
    ViewSearch search(view, plan, &words);
    search.look_up().value();
    const Matches matches = search.matches({}).value();
    REQUIRE(matches.count == expected.size());
    if (matches.docs) REQUIRE(matches.docs->to_vector() == expected);
  }
}

TEST_CASE("view search: conditions hold of what they say they hold of") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  Questions questions(seed);
  for (int round = 0; round < 200; ++round) compare_once(questions);
}

// Identifiers of one part and more, in english.
TEST_CASE("view search: what is counted is what is listed and what is ranked") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> names = {"isValid", "valid",   "toString", "string", "fooFoo",
                                          "foo",     "foo_bar", "bar",      "__init", "init"};
  const auto text_of = [&](u32 most, const char* between) {
    std::string text = names[random() % names.size()];
    for (u32 i = u32(random() % most); i-- > 0;) text += between + names[random() % names.size()];
    return text;
  };
  const Analysis english{Analysis::Kind::english};
  std::vector<Document> documents(200);
  for (Document& document : documents) document.text = text_of(4, " ");
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents), english));
  for (int round = 0; round < 200; ++round) {
    const std::string text = text_of(3, random() % 2 == 0 ? " OR " : " ");
    const bool is_every_word = random() % 2 == 0;
    INFO(text << ", every word " << is_every_word);
    const Plan plan = make_plan(parse_query(text, 0, nullptr).root, english, is_every_word);
    INFO(to_string(plan));
    ViewSearch search(view, plan);
    search.look_up().value();
    const Matches matches = search.matches({}).value();
    const std::vector<u32> listed = search.matches({}, true).value().docs.value().to_vector();
    CHECK(matches.count == listed.size());
    BestScores best(200);
    std::vector<ScoredDocument> ranked;
    const std::vector<float> weights(plan.units.size(), 1.f);
    search.score(matches, weights, 3, 200, best, ranked).value();
    std::set<u32> docs;
    for (const ScoredDocument& one : ranked) docs.insert(one.doc);
    CHECK(docs == std::set<u32>(listed.begin(), listed.end()));
    CHECK(ranked.size() == listed.size());
  }
}

TEST_CASE("view search: an identifier of one part is asked for as a whole") {
  const Analysis english{Analysis::Kind::english};
  std::vector<Document> documents(3);
  documents[0].text = "isValid";
  documents[1].text = "valid things";
  documents[2].text = "container_of(is_valid)";
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents), english));
  const auto count = [&](const char* text, bool is_every_word) {
    const Plan plan = make_plan(parse_query(text, 0, nullptr).root, english, is_every_word);
    ViewSearch search(view, plan);
    search.look_up().value();
    return search.matches({}).value().count;
  };
  CHECK(count("isValid", true) == 1);
  CHECK(count("isValid", false) == 3);
  CHECK(count("container_of OR isValid", true) == 2);
}

TEST_CASE("view search: fuzzy words") {
  std::vector<Document> documents(3);
  documents[0].text = "colour";
  documents[1].text = "color cooler";
  documents[2].text = "colouring";
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents)));
  const auto found = [&](const char* text) {
    const Plan plan = make_plan(parse_query(text, 0, nullptr).root, {}, true);
    WordSets words;
    ViewSearch search(view, plan, &words);
    search.look_up().value();
    return search.matches({}).value().docs.value().to_vector();
  };
  CHECK(found("Colour~") == std::vector<u32>{0, 1});
  CHECK(found("colouring~1") == std::vector<u32>{2});
  CHECK(found("xyz~2").empty());
}

}  // namespace
}  // namespace shale::query::testing

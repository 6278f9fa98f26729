// Regular expressions over an index against matching every text.
#include "query/pattern_search.hpp"

#include <random>

#include "query/engine.hpp"
#include "query/parser.hpp"
#include "query/view_search.hpp"
#include "tests/query/memory_index.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr Analysis plain{};
constexpr PatternLimits no_limits{1000, ~u32(0), ~u64(0), ~u64(0)};

class Texts {
 public:
  explicit Texts(u32 seed) : random_(seed) {}
  u32 below(u32 n) { return u32(random_() % n); }
  const std::string& pick(const std::vector<std::string>& from) {
    return from[below(u32(from.size()))];
  }

  // Words that share pieces, in any case, some with marks of their own, some cut, all around signs.
  std::string text() {
    static const std::vector<std::string> pieces = {"get",
                                                    "User",
                                                    "name",
                                                    "merge",
                                                    "delta",
                                                    "Slow",
                                                    "_",
                                                    "x",
                                                    "cafe",
                                                    "caf\xC3\xA9",
                                                    "cafe\xCC\x81",
                                                    "\xC5\xBFlow",
                                                    "0x12ab",
                                                    "\xE6\xBC\xA2\xE5\xAD\x97",
                                                    "na\xC3\xAFve"};
    static const std::vector<std::string> signs = {" ", "(", "->", ".", "\n", "-", "\xff", ", "};
    std::string made;
    for (u32 words = below(7); words-- > 0;) {
      for (u32 left = 1 + below(3); left-- > 0;) made += pick(pieces);
      if (below(200) == 0) made += std::string(255, 'l') + "merge";
      made += pick(signs);
    }
    return made;
  }

  std::string pattern() {
    static const std::vector<std::string> parts = {
        "get", "user", "name", "merge", "delta",       "slow", "[a-z]*", "\\w+",
        "x",   "_?",   "caf",  "e",     "(get|merge)", "ab",   "[0-9]+", "low"};
    static const std::vector<std::string> others = {
        "\\(",  ".",   "->",     "\\b",          "^",    "$",   " ", "User", "\xC3\xA9", ".*",
        "(?i)", "\\n", "[^a-z]", "\xE6\xBC\xA2", "Slow", "\\s+"};
    std::string made = below(2) == 0 ? pick(parts) : "";
    for (u32 left = 1 + below(4); left-- > 0;) made += below(3) == 0 ? pick(others) : pick(parts);
    return made;
  }

  std::vector<Document> documents() {
    std::vector<Document> documents(1 + below(80));
    for (Document& document : documents) document.text = text();
    return documents;
  }

 private:
  std::mt19937 random_;
};

TEST_CASE("patterns: a document is found if its text has a match") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  Texts texts(seed);
  usize found_some = 0, within = 0;
  for (int round = 0; round < 150; ++round) {
    const std::vector<Document> documents = texts.documents();
    Overlay overlay;
    if (round % 3 == 0) overlay.dead.add(texts.below(u32(documents.size())));
    const IndexView view = view_of(std::make_shared<MemoryIndex>(documents), overlay);
    PatternSearch search(plain, no_limits);
    PatternSearch distrustful(english, no_limits);  // to which terms are no words: it reads texts
    for (int i = 0; i < 20; ++i) {
      const std::string pattern = texts.pattern();
      INFO(pattern);
      const auto regex = Regex::make(pattern);
      REQUIRE(search.accepts(pattern) == (regex != nullptr));
      REQUIRE(distrustful.accepts(pattern) == (regex != nullptr));
      if (regex == nullptr) continue;
      const auto found = search.find(view, pattern).value();
      const auto same = distrustful.find(view, pattern).value();
      for (u32 doc = 0; doc < documents.size(); ++doc) {
        if (overlay.dead.contains(doc)) continue;
        INFO("document " << doc << ": " << documents[doc].text);
        const bool expected = regex->matches(documents[doc].text);
        REQUIRE(found->docs.contains(doc) == expected);
        REQUIRE(same->docs.contains(doc) == expected);
        found_some += expected ? 1 : 0;
      }
      within += regex->is_within_word() ? 1 : 0;
      REQUIRE(found->count == found->docs.count());
      REQUIRE(found->unknown.count() == 0);
    }
    REQUIRE_FALSE(search.is_partial());
  }
  CHECK(found_some > 500);
  CHECK(within > 100);
}

std::vector<Document> numbered(u32 count) {
  std::vector<Document> documents(count);
  for (u32 i = 0; i < count; ++i) {
    documents[i].metadata.id = "d" + std::to_string(i);
    documents[i].text = "call (a" + std::to_string(i) + ")";
  }
  return documents;
}

TEST_CASE("patterns: a limit of texts leaves the rest unknown") {
  const IndexView view = view_of(std::make_shared<MemoryIndex>(numbered(100)));
  PatternLimits limits = no_limits;
  limits.texts = 30;
  PatternSearch search(plain, limits);
  REQUIRE(search.accepts("l \\(a"));
  const auto found = search.find(view, "l \\(a").value();
  CHECK(found->docs.count() == 30);
  CHECK(found->unknown.count() == 70);
  CHECK(search.is_partial());
  CHECK(search.find(view, "l \\(a").value() == found);  // not looked for twice
  limits = no_limits;
  limits.bytes = 50;
  PatternSearch narrow(plain, limits);
  REQUIRE(narrow.accepts("l \\(a"));
  CHECK(narrow.find(view, "l \\(a").value()->docs.count() == 6);
  CHECK(narrow.is_partial());
}

TEST_CASE("patterns: words need no texts") {
  const IndexView view = view_of(std::make_shared<MemoryIndex>(numbered(100)));
  PatternLimits limits = no_limits;
  limits.texts = 0;
  PatternSearch search(plain, limits);
  for (const char* pattern : {"a1[0-9]", "cal[l]", "a*"}) REQUIRE(search.accepts(pattern));
  CHECK(search.find(view, "a1[0-9]").value()->docs.count() == 10);
  CHECK(search.find(view, "cal[l]").value()->docs.count() == 100);
  CHECK(search.find(view, "a*").value()->docs.count() == 100);
  CHECK_FALSE(search.is_partial());
}

TEST_CASE("patterns: time spent leaves the rest unknown") {
  const IndexView view = view_of(std::make_shared<MemoryIndex>(numbered(2000)));
  PatternLimits limits = no_limits;
  limits.cpu_us = 0;
  PatternSearch search(plain, limits);
  REQUIRE(search.accepts("a1[0-9]+7"));
  const auto found = search.find(view, "a1[0-9]+7").value();
  CHECK(found->unknown.count() + found->docs.count() == 2000);
  CHECK(search.is_partial());
}

TEST_CASE("patterns: so many in a query") {
  PatternSearch search(plain);
  for (int i = 0; i < 8; ++i) CHECK(search.accepts("a" + std::to_string(i)));
  CHECK_FALSE(search.accepts("b"));
  CHECK(search.accepts("a3"));
}

RankedAnswer ask(const IndexView& view, const std::string& text, usize limit = 1000) {
  Query query;
  query.text = text;
  query.limit = limit;
  return search(std::span(&view, 1), query, plain).value();
}

TEST_CASE("patterns: in a query, with others, negated, filtered") {
  std::vector<Document> documents = numbered(20);
  documents[3].metadata.type = "code";
  documents[4].text = "call [a4]";
  const IndexView view = view_of(std::make_shared<MemoryIndex>(documents));
  CHECK(ask(view, "/\\(a1/").total == 11);
  CHECK(ask(view, "/a1$|\\[/").total == 1);
  CHECK(ask(view, "call -/\\(a/").total == 1);
  CHECK(ask(view, "call /\\(a1/ -/1\\)/").total == 9);
  CHECK(ask(view, "(/\\[a/ OR a7) call").total == 2);
  CHECK(ask(view, "/\\(a/ type:code").total == 1);
  CHECK(ask(view, "-/\\(a/").total == 0);  // nothing but negations
  CHECK(ask(view, "/(/").total == 0);      // words, none of them
  const RankedAnswer scored = ask(view, "/\\(a1/", 3);
  REQUIRE(scored.hits.size() == 3);
  CHECK(scored.hits[0].score > 0);
  CHECK(scored.hits[0].score == scored.hits[2].score);
  CHECK_FALSE(scored.is_partial);
}

TEST_CASE("patterns: what is unknown is in no answer") {
  const IndexView view = view_of(std::make_shared<MemoryIndex>(numbered(100)));
  PatternLimits limits = no_limits;
  limits.texts = 30;
  for (const char* text : {"call -/\\(a9/", "call -(call /\\(a9/)", "call -(call -/\\(a/)"}) {
    INFO(text);
    PatternSearch patterns(plain, limits);
    const auto accepts = [&](std::string_view pattern) { return patterns.accepts(pattern); };
    const ParsedQuery parsed = parse_query(text, 0, accepts);
    const Plan plan = make_plan(parsed.root, plain, true);
    ViewSearch view_search(view, plan, nullptr, &patterns);
    view_search.look_up().value();
    for (const u32 doc : view_search.matches({}).value().docs.value().to_vector()) {
      CHECK(doc < 30);
    }
  }
}

TEST_CASE("patterns: a text that cannot be read is a fault, the others answer") {
  class Torn : public MemoryIndex {
   public:
    using MemoryIndex::MemoryIndex;
    Result<std::string> text(DocNo doc) const override {
      if (to_index(doc) == 5) return fail_at(ErrorCode::corrupt, "Torn.", "torn.shard", 77);
      return MemoryIndex::text(doc);
    }
  };
  const IndexView view = view_of(std::make_shared<Torn>(numbered(10)));
  const RankedAnswer answer = ask(view, "/\\(a/");
  CHECK(answer.total == 9);
  CHECK(answer.is_partial);
  REQUIRE(answer.faults.size() == 1);
  CHECK(answer.faults[0].file == "torn.shard");
  CHECK(answer.faults[0].offset == 77);
  CHECK(answer.faults[0].ids == std::vector<std::string>{"d5"});
}

}  // namespace
}  // namespace shale::query::testing

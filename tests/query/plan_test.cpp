// Texts -> plans, as printed.
#include "query/plan.hpp"

#include "query/parser.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

std::string plan_of(std::string_view text, Analysis analysis, bool every_word) {
  return to_string(make_plan(parse_query(text, 0, nullptr).root, analysis, every_word));
}
std::string all(std::string_view text) { return plan_of(text, english, true); }
std::string any(std::string_view text) { return plan_of(text, english, false); }
std::string plain(std::string_view text) { return plan_of(text, {}, true); }

TEST_CASE("plan: words") {
  CHECK(all("") == "(nothing)");
  CHECK(all("!!! -") == "(nothing)");
  CHECK(all("Merges") == R"((word "merg"), scoring: (word "merg"))");
  CHECK(all("slow searches") ==
        R"((all (word "slow") (word "search")), scoring: (word "slow") (word "search"))");
  CHECK(any("slow searches") ==
        R"((any (word "slow") (word "search")), scoring: (word "slow") (word "search"))");
  CHECK(all("cat dog cat") ==
        R"((all (word "cat") (word "dog") (word "cat")), scoring: (word "cat")x2 (word "dog"))");
  CHECK(plain("the Merges") ==
        R"((all (word "the") (word "merges")), scoring: (word "the") (word "merges"))");
}

TEST_CASE("plan: stop words count where there is nothing else, and in phrases") {
  CHECK(all("the cat") == R"((word "cat"), scoring: (word "cat"))");
  CHECK(all("to be") == R"((all (word "to") (word "be")), scoring: (word "to") (word "be"))");
  CHECK(all("\"the cat\"") == R"((phrase "the" "cat"+1), scoring: (phrase "the" "cat"+1))");
  CHECK(all("to -cat") == R"((all (word "to") (not (word "cat"))), scoring: (word "to"))");
}

TEST_CASE("plan: function words count for less beside others, and in full alone") {
  CHECK(any("how merges") ==
        R"((any (word "how") (word "merg")), scoring: (word "how")x0.4 (word "merg"))");
  CHECK(all("how merges") ==
        R"((all (word "how") (word "merg")), scoring: (word "how")x0.4 (word "merg"))");
  CHECK(any("how do") == R"((any (word "how") (word "do")), scoring: (word "how") (word "do"))");
  CHECK(any("how -merges") == R"((all (not (word "merg")) (word "how")), scoring: (word "how"))");
  CHECK(any("how mer*") ==
        R"((any (word "how") (prefix "mer")), scoring: (word "how")x0.4 (prefix "mer"))");
  CHECK(any("how getHow") == R"((any (word "how") (any (word "gethow") (word "get") (word "how"))))"
                             R"(, scoring: (word "how")x1.4 (word "gethow") (word "get"))");
  CHECK(any("\"how\" how") == R"((any (word "how") (word "how")), scoring: (word "how")x1.4)");
  CHECK(plain("how merges") ==
        R"((all (word "how") (word "merges")), scoring: (word "how") (word "merges"))");
}

TEST_CASE("plan: identifiers score as a whole and by part, which stand together") {
  CHECK(all("getUserName") ==
        R"((together "get" "user" "name"), scoring: (word "getusernam") (word "get") )"
        R"((word "user") (word "name"))");
  CHECK(any("getUser") == R"((any (word "getus") (word "get") (word "user")), scoring: )"
                          R"((word "getus") (word "get") (word "user"))");
}

TEST_CASE("plan: words of one piece follow each other and score one by one") {
  CHECK(all("std::vector") ==
        R"((phrase "std" "vector"+1), scoring: (word "std") (word "vector"))");
  CHECK(any("read-only") ==
        R"((any (word "read") (word "onli")), scoring: (word "read") (word "onli")x0.4)");
  CHECK(all("C++") == R"((word "c"), scoring: (word "c"))");
  CHECK(plain("don't") == R"((phrase "don" "t"+1), scoring: (word "don") (word "t"))");
}

TEST_CASE("plan: words of a name score together where they need not follow each other") {
  CHECK(any("std::vector") == R"((any (word "std") (word "vector")), scoring: )"
                              R"((word "std") (word "vector") (phrase "std" "vector"+1)x0.5)");
  CHECK(any("out.of.x") == R"((any (word "out") (word "x")), scoring: )"
                           R"((word "out")x0.4 (word "x") (phrase "out" "of"+1 "x"+2)x0.5)");
  CHECK(any("q->r") == R"((any (word "q") (word "r")), scoring: )"
                       R"((word "q") (word "r") (phrase "q" "r"+1)x0.5)");
  for (const char* text :
       {"q-r", "q--r", "q_r,s", "q,r", "q:(r", "\xE6\xBC\xA2\xE5\xAD\x97\xE8\xAA\x9E"}) {
    INFO(text);
    CHECK(any(text).find("phrase") == std::string::npos);
  }
  CHECK(any("-std::vector a").find("x0.5") == std::string::npos);
  const Plan plain_plan = make_plan(parse_query("std::vector", 0, nullptr).root, {}, false);
  CHECK(to_string(plain_plan) ==
        R"((any (word "std") (word "vector")), scoring: (word "std") (word "vector"))");
}

TEST_CASE("plan: negations and clauses hold in every match mode and never score") {
  CHECK(any("cat dog -bird type:code") ==
        R"((all (not (word "bird")) (clause type) (any (word "cat") (word "dog"))), scoring: )"
        R"((word "cat") (word "dog"))");
  CHECK(all("-cat") == "(nothing)");
  CHECK(all("-(cat dog)") == "(nothing)");
  CHECK(all("type:code") == "(clause type), scoring:");
  CHECK(all("-type:code") == "(nothing)");
  CHECK(any("cat -std::vector") ==
        R"((all (not (phrase "std" "vector"+1)) (word "cat")), scoring: (word "cat"))");
  CHECK(all("cat -(dog OR bird)") ==
        R"((all (word "cat") (not (any (word "dog") (word "bird")))), scoring: (word "cat"))");
}

TEST_CASE("plan: phrases, near words, prefixes, groups") {
  CHECK(all("\"a b\"~3") == R"((near "a" "b"+1 ~3), scoring: (near "a" "b"+1 ~3))");
  CHECK(all("\"cats\"") == R"((word "cat"), scoring: (word "cat"))");
  CHECK(all("Merges*") == R"((prefix "merges"), scoring: (prefix "merges"))");
  CHECK(all("foo-ba*") ==
        R"((all (word "foo") (prefix "ba")), scoring: (word "foo") (prefix "ba"))");
  CHECK(all("colour~2") == R"((fuzzy "colour" ~2), scoring: (fuzzy "colour" ~2))");
  CHECK(all("(cat OR dog) fish") ==
        R"((all (any (word "cat") (word "dog")) (word "fish")), scoring: (word "cat") )"
        R"((word "dog") (word "fish"))");
  CHECK(any("cat AND dog fish") ==
        R"((any (all (word "cat") (word "dog")) (word "fish")), scoring: (word "cat") )"
        R"((word "dog") (word "fish"))");
  CHECK(all("cat OR !!!") == R"((word "cat"), scoring: (word "cat"))");
}

}  // namespace
}  // namespace shale::query::testing

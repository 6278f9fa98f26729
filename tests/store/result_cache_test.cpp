#include "store/result_cache.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

struct Place {
  TestStore store;
  std::shared_ptr<Project::State> state = store.state();
  Project project{state};

  LruCounters counters() const { return state->caches->results.counters(); }
  Answer ask(const Query& query) const { return project.snapshot().value().search(query).value(); }
};

TEST_CASE("the same question to the same state is answered from what is kept") {
  Place place;
  stash_many(place.project, "a", 30);
  Query query{.text = "number", .limit = 5, .facets = {"type"}};
  const Answer first = place.ask(query);
  const Answer again = place.ask(query);
  CHECK(place.counters().hits == 1);
  CHECK(place.counters().entries == 1);
  REQUIRE(again.hits.size() == 5);
  for (usize i = 0; i < 5; ++i) {
    CHECK(again.hits[i].id == first.hits[i].id);
    CHECK(again.hits[i].snippet == first.hits[i].snippet);
    CHECK(again.hits[i].score == first.hits[i].score);
  }
  CHECK(again.total == first.total);
  CHECK(again.facets == first.facets);
  CHECK(again.cursor == first.cursor);
}

TEST_CASE("whatever is committed or merged, the answer is that of the state that is asked") {
  Place place;
  stash(place.project, "a", "words");
  const Snapshot before = place.project.snapshot().value();
  const Query query{.text = "words"};
  CHECK(before.search(query).value().total == 1);
  stash(place.project, "b", "words");
  CHECK(place.ask(query).total == 2);
  CHECK(before.search(query).value().total == 1);
  place.project.merge(true).value();
  CHECK(place.ask(query).total == 2);
  update(place.project, "a", {.type = "code"});
  CHECK(place.ask({.text = "words", .where = "type:code"}).total == 1);
  erase(place.project, "a");
  CHECK(place.ask(query).total == 1);
  CHECK(place.ask({.text = "words", .where = "type:code"}).total == 0);
  CHECK(before.search(query).value().total == 1);
  CHECK(place.counters().hits == 2);  // the ones of `before`
}

TEST_CASE("every part of a question makes it another") {
  Place place;
  stash_many(place.project, "a", 3);
  const Query plain{.text = "number", .limit = 2};
  std::vector<Query> questions(10, plain);
  questions[1].text = "number ";
  questions[2].where = "type:note";
  questions[3].match = Match::any;
  questions[4].limit = 3;
  questions[5].snippets = false;
  questions[6].widen_below = 1;
  questions[7].facets = {"type"};
  questions[8].facet_rows = 1;
  questions[9].cursor = place.ask(plain).cursor;
  REQUIRE(!questions[9].cursor.empty());
  for (const Query& query : questions) place.ask(query);
  CHECK(place.counters().entries == 10);
  CHECK(place.counters().hits == 1);  // the first was asked for its cursor
  // What belongs to one field is not taken for the next one's.
  const View& view = *view_of(place.state);
  const ResultCache& results = place.state->caches->results;
  CHECK(results.key_of(view, false, {.text = "a", .where = "b"}) !=
        results.key_of(view, false, {.text = "a1 b", .where = ""}));
  CHECK(results.key_of(view, false, plain) != results.key_of(view, true, plain));
}

TEST_CASE("what depends on the moment, or is asked to be explained, is computed each time") {
  Place place;
  stash(place.project, "a", "words");
  Query recent{.text = "words"};
  recent.recency = std::chrono::hours(1);
  Query explained{.text = "words"};
  explained.explain = true;
  for (const Query& query :
       {recent, explained, Query{.text = "words", .where = "created:7d"},
        Query{.text = "words touched:<2h"}, Query{.text = "(nothing OR -created:1h) words"}}) {
    place.ask(query);
    place.ask(query);
  }
  CHECK(place.counters().hits == 0);
  CHECK(place.counters().entries == 0);
  place.ask({.text = "words", .where = "created:>=2020-01-01"});
  CHECK(place.counters().entries == 1);
}

TEST_CASE("who reads what changes no state, and answers that ask for it are computed each time") {
  Place place;
  stash(place.project, "a", "words");
  const Query query{.text = "words", .where = "accesses:>=1"};
  CHECK(place.ask(query).total == 0);
  CHECK(text_of(place.project, "a") == "words");
  CHECK(place.ask(query).total == 1);
  CHECK(place.counters().entries == 0);
}

TEST_CASE("an answer with faults is not kept") {
  Place place;
  stash(place.project, "a", std::string(5000, 'x') + " words");
  flip_byte(place.store.active_log(), delta::log_header_bytes + 2000);
  CHECK(place.ask({.text = "words"}).faults.size() == 1);
  CHECK(place.counters().entries == 0);
  flip_byte(place.store.active_log(), delta::log_header_bytes + 2000);
  CHECK(place.ask({.text = "words"}).faults.empty());
}

TEST_CASE("a page from what is kept leads to the next one, in the same state") {
  Place place;
  stash_many(place.project, "a", 9);
  const Query query{.text = "number", .limit = 4};
  place.ask(query);
  Query next = query;
  next.cursor = place.ask(query).cursor;
  CHECK(place.counters().hits == 1);
  stash(place.project, "b", "number number");
  const Answer page = place.ask(next);
  CHECK_FALSE(page.moved);
  CHECK(page.total == 9);
}

TEST_CASE("a budget in bytes, a time to live, none at all") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "words");
  const View& view = *view_of(state);
  const auto number = [](int n) { return Query{.text = "q" + std::to_string(n)}; };
  SECTION("bytes") {
    ResultCache results(20'000, {});
    for (int n = 0; n < 1000; ++n) results.keep(*results.key_of(view, false, number(n)), Answer{});
    CHECK(results.counters().bytes <= 20'000);
    CHECK(results.counters().entries > 5);
    CHECK(results.find(*results.key_of(view, false, number(999))) != nullptr);
    CHECK(results.find(*results.key_of(view, false, number(0))) == nullptr);
    results.clear();
    CHECK(results.counters().entries == 0);
  }
  SECTION("a time to live") {
    ResultCache results(20'000, std::chrono::milliseconds(50));
    results.keep(*results.key_of(view, false, number(1)), Answer{});
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    CHECK(results.find(*results.key_of(view, false, number(1))) == nullptr);
  }
  SECTION("none") {
    const ResultCache results(0, {});
    CHECK(!results.key_of(view, false, number(1)).has_value());
  }
}

}  // namespace
}  // namespace shale::store

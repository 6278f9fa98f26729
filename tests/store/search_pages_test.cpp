// Searches page by page while the project changes under them.
#include "store/search_pages.hpp"

#include <set>

#include "query/cursor.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;

using Ids = std::vector<std::string>;

Ids ids_of(const Answer& answer) {
  Ids ids;
  for (const Hit& hit : answer.hits) ids.push_back(hit.id);
  return ids;
}

Answer search(const Project& project, const Query& query) {
  return project.snapshot().value().search(query).value();
}

void fill(Project& project, int count, const std::string& prefix = "s") {
  for (int i = 0; i < count; ++i) {
    NewSegment one = segment(prefix + std::to_string(i), i % 3 == 0 ? "some words" : "words");
    one.created_at = Time{some_moment + i % 5, true};
    one.type = i % 2 == 0 ? "even" : "odd";
    stash(project, one);
  }
}

Query words(usize limit) { return {.text = "words", .limit = limit, .facets = {"type"}}; }

// Beyond the few that are scored one by one: what matches without a word has no posting to be
// found by.
TEST_CASE("what holds no word of the query is a hit all the same where the query says so") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  Batch batch;
  for (int i = 0; i < 1200; ++i) {
    NewSegment one = segment("s" + std::to_string(i), i == 7 ? "rare words" : "words");
    one.type = i % 2 == 1 ? "odd" : "even";
    batch.stash(one);
  }
  project.commit(batch).value();
  for (const bool is_merged : {false, true}) {
    if (is_merged) project.merge(true).value();
    CHECK(search(project, {.text = "nowhere OR type:odd"}).hits.size() == 10);
    CHECK(search(project, {.text = "nowhere OR -nowhere"}).total == 1200);
    Query query{.text = "rare OR type:odd", .limit = 250};
    Answer answer = search(project, query);
    CHECK(answer.hits[0].id == "s7");
    CHECK(answer.hits[1].score == 0);
    std::set<std::string> all;
    for (;;) {
      for (const Hit& hit : answer.hits) all.insert(hit.id);
      if (answer.cursor.empty()) break;
      query.cursor = answer.cursor;
      answer = search(project, query);
    }
    CHECK(all.size() == 600);
    CHECK(answer.total == 600);
  }
}

TEST_CASE("pages show the state of the first while others write, erase and merge") {
  const TestStore store(sealing_after(12));
  const auto state = store.state();
  Project project(state);
  fill(project, 40);
  const Answer whole = search(project, words(1000));
  REQUIRE(whole.total == 40);
  CHECK(whole.cursor.empty());
  CHECK_FALSE(whole.page.empty());

  Query query = words(7);
  Answer answer = search(project, query);
  Ids all = ids_of(answer);
  for (int round = 0; !answer.cursor.empty(); ++round) {
    erase(project, "s" + std::to_string(round));
    stash(project, "new" + std::to_string(round), "words words words");
    stash(project, "s" + std::to_string(10 + round), "of other text");
    Project other = store.open();
    stash(other, "other" + std::to_string(round), "words");
    if (round % 2 == 0) other.merge(true).value();
    if (round % 2 == 1) project.merge(false).value();
    query.cursor = answer.cursor;
    answer = search(project, query);
    CHECK_FALSE(answer.moved);
    CHECK(answer.total == 40);
    CHECK(answer.facets == whole.facets);
    const Ids more = ids_of(answer);
    CHECK_FALSE(more.empty());
    all.insert(all.end(), more.begin(), more.end());
  }
  CHECK(all == ids_of(whole));
  CHECK(state->kept_views.size() > 0);
}

TEST_CASE("pages are exact while another process writes, erases and merges") {
  const TestStore store(sealing_after(12));
  {
    Project project = store.open();
    fill(project, 60);
  }
  Child child([&](int pipe) {
    Project other = store.open();
    for (int i = 0;; ++i) {
      const std::string number = std::to_string(i % 60);
      stash(other, "c" + number, i % 2 == 0 ? "words" : "some other words");
      if (i % 3 == 0) erase(other, "s" + number);
      if (i % 8 == 7) other.merge(i % 16 == 15).value();
      Child::say(pipe);
    }
  });
  REQUIRE(child.hears(3));
  const Project project = store.open();
  for (int round = 0; round < 6; ++round) {
    const Snapshot start = project.snapshot().value();
    const Answer whole = start.search(words(1000)).value();
    Query query = words(usize(3 + round * 2));
    Answer answer = start.search(query).value();
    Ids all = ids_of(answer);
    while (!answer.cursor.empty()) {
      REQUIRE(child.hears(4));
      query.cursor = answer.cursor;
      answer = search(project, query);
      REQUIRE_FALSE(answer.moved);
      REQUIRE(answer.total == whole.total);
      const Ids more = ids_of(answer);
      all.insert(all.end(), more.begin(), more.end());
    }
    CHECK(all == ids_of(whole));
  }
  child.kill();
}

TEST_CASE("a page can be asked for again, and gone on with behind any of its hits") {
  const TestStore store;
  Project project = store.open();
  fill(project, 30);
  const Ids whole = ids_of(search(project, words(100)));
  Query query = words(10);
  query.cursor = search(project, query).cursor;
  const Answer second = search(project, query);
  stash(project, "new", "words words");
  query.cursor = second.page;
  CHECK(ids_of(search(project, query)) == ids_of(second));
  for (usize count : {0u, 1u, 5u, 10u}) {
    query.cursor = cursor_behind(second, count);
    query.limit = 1;
    CHECK(ids_of(search(project, query)) == Ids{whole[10 + count]});
  }
}

TEST_CASE("elsewhere a search goes on behind the same place, and says that it moved") {
  const TestStore store;
  Project project = store.open();
  fill(project, 20);
  const Project other = store.open();
  const Ids whole = ids_of(search(project, words(100)));
  Query query = words(6);
  query.cursor = search(project, query).cursor;
  // Nothing has changed yet: it is the same state, kept or not.
  const Answer same = search(other, query);
  CHECK_FALSE(same.moved);
  CHECK(ids_of(same) == Ids(whole.begin() + 6, whole.begin() + 12));

  // What is erased is told no more, except by those who paged through the state that had it.
  erase(project, whole[7]);
  CHECK_FALSE(search(other, query).moved);
  const Project third = store.open();
  const Answer moved = search(third, query);
  CHECK(moved.moved);
  CHECK(moved.total == 19);
  const Ids ids = ids_of(moved);
  CHECK(std::find(ids.begin(), ids.end(), whole[7]) == ids.end());
  // From there on the pages are those of the new state.
  query.cursor = moved.cursor;
  CHECK_FALSE(search(third, query).moved);
}

TEST_CASE("what is no cursor of the search is refused with a reason") {
  const TestStore store;
  Project project = store.open();
  fill(project, 20);
  Query query = words(5);
  const std::string cursor = search(project, query).cursor;
  const Snapshot now = project.snapshot().value();
  const auto refused = [&](const Query& asked) {
    const auto answer = now.search(asked);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::invalid_argument);
    return answer.error().message;
  };
  query.cursor = "garbage";
  CHECK(refused(query).find("no cursor") != std::string::npos);
  query.cursor = cursor + "A";
  CHECK(refused(query).find("no cursor") != std::string::npos);
  query.cursor = cursor;
  query.text = "some words";
  CHECK(refused(query).find("another query") != std::string::npos);
  query = words(5);
  query.cursor = cursor;
  query.recency = std::chrono::hours(1);
  CHECK(refused(query).find("another query") != std::string::npos);
  query = words(50);
  query.cursor = cursor;
  CHECK(now.search(query).value().hits.size() == 15);
  const auto elsewhere = store.try_state({}, "other project").value();
  CHECK_FALSE(Project(elsewhere).snapshot().value().search(query));
}

TEST_CASE("the moment ages count from is that of the first page") {
  const TestStore store;
  Project project = store.open();
  fill(project, 20);
  Query query = words(5);
  query.recency = std::chrono::hours(24);
  query.where = "created:7d";
  CHECK(search(project, query).total == 0);
  query.where = "-created:7d";
  const Answer first = search(project, query);
  const auto cursor = query::decode_cursor(first.cursor).value();
  query.cursor = first.cursor;
  const Answer second = search(project, query);
  CHECK(query::decode_cursor(second.cursor).value().now == cursor.now);
  CHECK(second.hits[0].score <= first.hits.back().score);
  CHECK(first.hits[0].score > 0);
}

TEST_CASE("a view is kept where a page follows, and no longer than the store it is of") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  fill(project, 8);
  search(project, words(8));
  search(project, words(0));
  CHECK(state->kept_views.size() == 0);
  search(project, words(7));
  CHECK(state->kept_views.size() == 1);
  search(project, words(6));
  CHECK(state->kept_views.size() == 1);
}

TEST_CASE("an explanation is there where it is asked for, with steps of the store's own") {
  const TestStore store;
  Project project = store.open();
  fill(project, 8);
  Query query = words(5);
  CHECK(search(project, query).explanation.empty());
  query.explain = true;
  const std::string text = search(project, query).explanation;
  INFO(text);
  for (const char* part : {"query ", "plan ", "(word \"words\") in 8 documents", "edition ", "LSN ",
                           "snippets ", " ms"}) {
    CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace shale

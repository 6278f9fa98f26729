#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;

struct Answers {
  Contents contents;
  u64 count = 0;
  std::vector<std::string> found;
  u64 pinned = 0;
  bool operator==(const Answers&) const = default;
};

Answers answers_of(const Snapshot& snapshot) {
  return {testing::contents(snapshot), snapshot.count().value().count, found_ids(snapshot, "text"),
          snapshot.count("pinned:true").value().count};
}

// B1, B3: nothing that happens later changes what a snapshot answers.
TEST_CASE("a snapshot keeps its answers through commits, merges and bulk ingests") {
  const TestStore store(sealing_after(12));
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 5);
  project.merge(false).value();
  stash_many(project, "b", 5);
  update(project, "a0", {.pinned = true});
  const Snapshot kept = project.snapshot().value();
  const Answers before = answers_of(kept);
  REQUIRE(before.count == 10);
  REQUIRE(before.found.size() == 10);
  REQUIRE(before.pinned == 1);
  const auto check = [&](const char* after) {
    INFO(after);
    CHECK((answers_of(kept) == before));
  };
  stash(project, "a1", "text changed");
  erase(project, "b1");
  update(project, "b2", {.pinned = true});
  check("commits");
  project.merge(false).value();
  check("a fold");
  ingest(project, {segment("a2", "text by bulk"), segment("c", "text by bulk")});
  check("a bulk ingest");
  project.merge(true).value();
  check("a full merge");
  Project other = store.open();
  for (int i = 0; i < 30; ++i) stash(other, "a0", "text of another process");
  other.merge(true).value();
  check("another process");
  const Answers now = answers_of(project.snapshot().value());
  CHECK(now.count == 10);
  CHECK(now.contents.at("a2") == "text by bulk");
  CHECK(now.contents.at("a0") == "text of another process");
  CHECK(now.pinned == 1);
}

TEST_CASE("updates over shards show at once, in every kind of answer") {
  const TestStore store;
  Project project = store.open();
  NewSegment one = segment("a", "some words");
  one.file = "src/a.cpp";
  one.tags = {"x"};
  one.tokens = 5;
  stash(project, one);
  project.merge(true).value();
  Update changes;
  changes.file = std::optional<std::string>("lib/b.cpp");
  changes.tags_added = {"y"};
  changes.tags_removed = {"x"};
  changes.tokens = 7;
  changes.type = "code";
  update(project, "a", changes);
  const Snapshot now = project.snapshot().value();
  for (const char* where : {"file:lib/b.cpp", "tag:y", "-tag:x", "tokens:7", "type:code",
                            "-file:src/a.cpp", "-type:note"}) {
    INFO(where);
    CHECK(now.count(where).value().count == 1);
  }
  const Hit hit = now.search({.text = "words"}).value().hits.at(0);
  CHECK(hit.file == "lib/b.cpp");
  CHECK(hit.type == "code");
  CHECK(hit.tokens == 7u);
  const Metadata listed = now.list({}).value().segments.at(0);
  CHECK(listed.tags == std::vector<std::string>{"y"});
  CHECK(listed == now.get("a").value()->metadata());
  const std::vector<std::string> by = {"type"};
  CHECK(now.sum("tokens", by).value().rows == std::vector<SumRow>{{{"code"}, 1, 7}});
}

TEST_CASE("get_many answers in the order asked for and names what is missing") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 3);
  project.merge(true).value();
  stash_many(project, "b", 3);
  const std::vector<std::string> ids = {"b2", "nobody", "a1", "b0", "a1"};
  const Fetched fetched = project.snapshot().value().get_many(ids).value();
  std::vector<std::string> order;
  for (const Segment& one : fetched.segments) order.push_back(one.id());
  CHECK(order == std::vector<std::string>{"b2", "a1", "b0", "a1"});
  CHECK(fetched.missing == std::vector<std::string>{"nobody"});
  CHECK(fetched.faults.empty());
}

TEST_CASE("list sorts and cuts, sum adds up, over shards and logs alike") {
  const TestStore store;
  Project project = store.open();
  for (int n = 0; n < 10; ++n) {
    NewSegment one = segment("s" + std::to_string(n), "text");
    one.created_at = Time{some_moment + n, true};
    one.tokens = unsigned(n);
    one.type = n % 2 == 0 ? "even" : "odd";
    stash(project, one);
    if (n == 4) project.merge(true).value();
  }
  const Snapshot now = project.snapshot().value();
  const Page newest = now.list({.limit = 3}).value();
  CHECK(newest.total == 10);
  REQUIRE(newest.segments.size() == 3);
  CHECK(newest.segments[0].id == "s9");
  CHECK(newest.segments[2].id == "s7");
  Listing further{.limit = 3};
  further.after = newest.last;
  const Page next = now.list(further).value();
  CHECK(next.segments.at(0).id == "s6");
  CHECK(next.total == 10);
  REQUIRE(next.last);
  CHECK(next.last->id == "s4");
  CHECK(now.list({.where = "type:odd", .sort = "-tokens", .limit = 1}).value().segments[0].id ==
        "s1");
  const std::vector<std::string> by = {"type"};
  const Sum sum = now.sum("tokens", by, "tokens:>=2").value();
  CHECK(sum.rows == std::vector<SumRow>{{{"odd"}, 4, 3 + 5 + 7 + 9}, {{"even"}, 4, 2 + 4 + 6 + 8}});
}

TEST_CASE("search answers with snippets, totals and widening") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "the quick brown fox");
  project.merge(true).value();
  stash(project, "b", "the slow brown bear");
  const Snapshot now = project.snapshot().value();
  const Answer one = now.search({.text = "brown fox", .match = Match::all}).value();
  REQUIRE(one.hits.size() == 1);
  CHECK(one.hits[0].id == "a");
  CHECK(one.hits[0].snippet.find("fox") != std::string::npos);
  CHECK(one.hits[0].spans.size() == 2);
  CHECK(one.hits[0].score > 0);
  const Answer many = now.search({.text = "quick bear", .match = Match::auto_}).value();
  CHECK(many.widened);
  CHECK(many.total == 2);
  const Answer plain = now.search({.text = "brown", .limit = 1, .snippets = false}).value();
  CHECK(plain.total == 2);
  CHECK(plain.hits.size() == 1);
  CHECK(plain.hits[0].snippet.empty());
  CHECK(now.search({.text = "!!!"}).value().total == 0);
  CHECK(now.search({}).value().total == 2);
}

TEST_CASE("a bad filter, sort or field is the caller's error") {
  const TestStore store;
  const Snapshot now = store.open().snapshot().value();
  const std::vector<std::string> none;
  CHECK(now.count("colour:red").error().code == ErrorCode::invalid_argument);
  CHECK(now.list({.sort = "colour"}).error().code == ErrorCode::invalid_argument);
  CHECK(now.search({.where = "tokens:many"}).error().code == ErrorCode::invalid_argument);
  CHECK(now.sum("file", none).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a snapshot tells its edition and LSN") {
  const TestStore store;
  Project project = store.open();
  const Committed done = stash(project, "a", "text");
  const Snapshot one = project.snapshot().value();
  CHECK(one.lsn() == done.lsn);
  project.merge(true).value();
  const Snapshot two = project.snapshot().value();
  CHECK(two.edition() > one.edition());
  CHECK(two.lsn() >= one.lsn());
}

Snapshot durable(const Project& project) {
  return project.snapshot({.durable_only = true}).value();
}

TEST_CASE("a durable snapshot shows nothing that a power cut could take back") {
  const TestStore store;
  Project project = store.open();
  const Project other = store.open();
  stash(project, "a", "text", Durability::full);
  const Committed kept = stash(project, "b", "text one", Durability::full);
  CHECK(durable(project).lsn() == kept.lsn);
  stash(project, "b", "text two");
  stash(project, "c", "text");
  update(project, "a", {.pinned = true});
  erase(project, "a");
  for (const Project* one : {&std::as_const(project), &other}) {
    const Snapshot now = durable(*one);
    CHECK(now.lsn() == kept.lsn);
    CHECK(testing::contents(now) == Contents{{"a", "text"}, {"b", "text one"}});
    CHECK(found_ids(now, "text") == std::vector<std::string>{"a", "b"});
    CHECK(now.count("pinned:true").value().count == 0);
    CHECK(testing::contents(*one) == Contents{{"b", "text two"}, {"c", "text"}});
  }
  const Snapshot before = durable(project);
  project.sync().value();
  for (const Project* one : {&std::as_const(project), &other}) {
    CHECK(testing::contents(durable(*one)) == Contents{{"b", "text two"}, {"c", "text"}});
    CHECK(durable(*one).lsn() == one->snapshot().value().lsn());
  }
  CHECK(testing::contents(before).at("b") == "text one");
}

TEST_CASE("a durable snapshot grows step by step, and never back") {
  const TestStore store;
  Project project = store.open();
  u64 last = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string number = std::to_string(round);
    stash(project, "x", "round " + number);
    if (round % 3 == 0) stash(project, "y", "round " + number, Durability::full);
    stash(project, "z" + number, "text");
    const Snapshot now = durable(project);
    CHECK(now.lsn() >= last);
    last = now.lsn();
    CHECK(text_of(now, "z" + number) == "(none)");
    const std::string synced = "round " + std::to_string(round / 3 * 3);
    CHECK(text_of(now, "y") == synced);
    CHECK(text_of(now, "x") == synced);
    CHECK(now.count().value().count == usize(round / 3 * 3 + 2));
  }
}

TEST_CASE("an edition is durable up to where it was made") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "in the log");
  ingest(project, {segment("a", "by bulk"), segment("b", "by bulk")});
  CHECK(durable(project).lsn() == project.snapshot().value().lsn());
  stash(project, "a", "not durable");
  CHECK(testing::contents(durable(project)) == Contents{{"a", "by bulk"}, {"b", "by bulk"}});
  project.merge(true).value();  // syncs before it makes anything of the logs
  CHECK(text_of(durable(project), "a") == "not durable");
  stash(project, "c", "text");
  CHECK(durable(project).edition() == project.snapshot().value().edition());
  CHECK(text_of(durable(project), "c") == "(none)");
  // A view of an edition that is gone is not kept.
  CHECK(state->durable_view != nullptr);
  project.merge(true).value();
  CHECK(text_of(project, "c") == "text");
  CHECK(state->durable_view == nullptr);
}

TEST_CASE("where nothing is left to be synced both snapshots are one") {
  const TestStore store;
  const auto state = store.state();
  const Project project(state);
  CHECK(durable(project).state().view == project.snapshot().value().state().view);
  stash(project, "a", "text", Durability::full);
  CHECK(durable(project).state().view == project.snapshot().value().state().view);
  stash(project, "b", "text");
  CHECK(durable(project).state().view == durable(project).state().view);  // made once
}

TEST_CASE("an empty project answers everything with nothing") {
  const TestStore store;
  const Snapshot now = store.open().snapshot().value();
  CHECK(now.count().value().count == 0);
  CHECK(now.search({.text = "word"}).value().hits.empty());
  CHECK(now.list({}).value().segments.empty());
  CHECK(!now.get("a").value().has_value());
}

}  // namespace
}  // namespace shale

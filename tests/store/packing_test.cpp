// Packs of a store: their order, that they stay the same, what becomes of damage.
#include "store/packing.hpp"

#include <algorithm>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;

using Ids = std::vector<std::string>;

// A token for every four bytes: a whole is less than its parts.
std::uint64_t quarters(std::string_view text) { return (text.size() + 3) / 4; }

PackQuery asked(const std::string& text, u64 tokens) {
  return {.text = text, .tokens = tokens, .count = quarters};
}

Pack pack(const Project& project, const PackQuery& query) {
  return project.snapshot().value().pack(query).value();
}

Ids ids_of(const Pack& pack) {
  Ids ids;
  for (const PackedSegment& one : pack.segments) ids.push_back(one.id);
  return ids;
}

std::string other_words(int seed, int count) {
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "w" + std::to_string(random() % 5000) + (i % 8 ? " " : "\n");
  return text;
}

NewSegment dated(const std::string& id, const std::string& text, int minute) {
  NewSegment one = segment(id, text);
  one.created_at = Time{some_moment + minute * 60'000'000LL, true};
  return one;
}

Ids pinned_first(const Snapshot& now, const std::string& text) {
  Ids ids;
  const Answer found = now.search({.text = text, .limit = 100}).value();
  for (const bool pinned : {true, false}) {
    for (const Hit& hit : found.hits) {
      if (now.get(hit.id).value()->metadata().pinned == pinned) ids.push_back(hit.id);
    }
  }
  return ids;
}

TEST_CASE("pinned segments come first, then the order is that of a search") {
  const TestStore store;
  Project project = store.open();
  for (int i = 0; i < 30; ++i) {
    std::string text = other_words(i, 40);
    for (int j = 0; j <= i % 7; ++j) text += "needle ";
    NewSegment one = dated("s" + std::to_string(i), text, i % 3);
    one.pinned = i % 10 == 4;
    stash(project, one);
  }
  stash(project, segment("other", "no such word here"));
  const Snapshot now = project.snapshot().value();
  const Ids expected = pinned_first(now, "needle");
  const Pack all = now.pack(asked("needle", 100'000)).value();
  CHECK(ids_of(all) == expected);
  CHECK(all.matched == 30);
  CHECK(all.skipped.empty());
  CHECK(all.used == quarters(all.body));
  CHECK(all.segments[0].pinned);
  CHECK_FALSE(all.segments[3].pinned);
  CHECK(all.segments[3].score > 0);
  PackQuery filtered = asked("needle", 100'000);
  filtered.where = "pinned:true";
  CHECK(ids_of(now.pack(filtered).value()) == Ids(expected.begin(), expected.begin() + 3));
  CHECK(ids_of(now.pack(asked("", 100'000)).value()) == pinned_first(now, ""));
}

TEST_CASE("a pack stays the same through merges, other pages, and counts that are filled in") {
  const TestStore store;
  Project project = store.open();
  for (int i = 0; i < 80; ++i) {
    const std::string needles = i % 5 == 0 ? "needle needle\n" : "needle\n";
    stash(project, dated("s" + std::to_string(i), other_words(i, 20 + i % 60) + needles, i % 9));
  }
  const std::vector<u64> budgets = {60, 300, 1000, 3000, 9000};
  std::vector<Pack> before;
  for (const u64 budget : budgets) before.push_back(pack(project, asked("needle", budget)));
  const auto check = [&](const char* after) {
    INFO(after);
    for (usize i = 0; i < budgets.size(); ++i) {
      const Pack now = pack(project, asked("needle", budgets[i]));
      CHECK(now.body == before[i].body);
      CHECK(now.hash == before[i].hash);
      CHECK(now.used <= budgets[i]);
    }
  };
  check("nothing");
  project.merge(true).value();
  check("a merge");
  for (int i = 0; i < 80; i += 3) {
    update(project, "s" + std::to_string(i), {.tokens = 7, .tokenizer = "o200k_base"});
  }
  check("counts");
  project.merge(true).value();
  check("counts in a shard");
}

// 16 hits a page: what fits stands on the third.
TEST_CASE("pages are read on until the budget is filled") {
  const TestStore store;
  Project project = store.open();
  Batch batch;
  for (int i = 0; i < 10; ++i) {
    batch.stash(dated("long" + std::to_string(i), other_words(i, 3) + std::string(4000, 'x'), 100));
  }
  for (int i = 0; i < 40; ++i) batch.stash(dated("twin" + std::to_string(i), "the same text", 50));
  batch.stash(dated("short", "fits here", 0));
  project.commit(batch).value();
  const Pack found = pack(project, asked("", 100));
  CHECK(found.segments.size() == 2);
  CHECK(found.segments.back().id == "short");
  CHECK(found.skipped.size() == 49);
  CHECK(found.matched == 51);
}

TEST_CASE("a long segment is cut around what matched") {
  const TestStore store;
  Project project = store.open();
  std::string text;
  for (int i = 1; i <= 2000; ++i) {
    text += "line " + std::to_string(i) + (i == 1500 ? " needle\n" : " of it\n");
  }
  NewSegment one = segment("a", text);
  one.file = "src/a.cpp";
  one.line_range = LineRange{101, 2100};
  stash(project, one);
  const Pack found = pack(project, asked("needle", 200));
  REQUIRE(found.segments.size() == 1);
  const PackedSegment& cut = found.segments[0];
  CHECK(cut.is_cut);
  CHECK(cut.text.find("line 1500 needle\n") != std::string::npos);
  CHECK(cut.text.starts_with("line " + std::to_string(cut.lines.first - 100) + " "));
  CHECK(found.body.starts_with("# src/a.cpp:" + std::to_string(cut.lines.first) + "-" +
                               std::to_string(cut.lines.last) + "\n"));
  CHECK(found.left < 8);
}

TEST_CASE("since: the same body is not given again") {
  const TestStore store;
  Project project = store.open();
  stash(project, segment("a", "some needle"));
  const Pack first = pack(project, asked("needle", 100));
  REQUIRE(first.body == "# a\nsome needle\n\n");
  PackQuery again = asked("needle", 100);
  again.since = first.hash;
  const Pack unchanged = pack(project, again);
  CHECK(unchanged.unchanged);
  CHECK(unchanged.body.empty());
  CHECK(unchanged.hash == first.hash);
  CHECK(unchanged.used == first.used);
  REQUIRE(unchanged.segments.size() == 1);
  CHECK(unchanged.segments[0].text.empty());
  stash(project, segment("b", "another needle"));
  const Pack changed = pack(project, again);
  CHECK_FALSE(changed.unchanged);
  CHECK(changed.segments.size() == 2);
  again.format = PackFormat::markdown;
  again.since = first.hash;
  CHECK(pack(project, again).body.starts_with("### "));
}

TEST_CASE("auto takes any of the words where all of them fill too little") {
  const TestStore store;
  Project project = store.open();
  stash(project, segment("both", "red green " + other_words(1, 50)));
  for (int i = 2; i < 8; ++i) {
    const char* word = i % 2 == 0 ? "red " : "green ";
    stash(project, segment("one" + std::to_string(i), word + other_words(i, 50)));
  }
  PackQuery query = asked("red green", 2000);
  CHECK(ids_of(pack(project, query)) == Ids{"both"});
  query.match = Match::auto_;
  const Pack wide = pack(project, query);
  CHECK(wide.widened);
  CHECK(wide.segments.size() == 7);
  CHECK(wide.segments[0].id == "both");
  query.tokens = 50;
  const Pack narrow = pack(project, query);
  CHECK_FALSE(narrow.widened);
  CHECK(ids_of(narrow) == Ids{"both"});
  query.text = "red";
  query.tokens = 2000;
  CHECK_FALSE(pack(project, query).widened);
  query.text = "red green";
  query.match = Match::any;
  CHECK(ids_of(pack(project, query)) == ids_of(wide));
}

TEST_CASE("what is asked wrongly is the caller's error") {
  const TestStore store;
  Project project = store.open();
  stash(project, segment("a", "text"));
  const auto code_of = [&](const PackQuery& query) {
    const auto answer = project.snapshot().value().pack(query);
    return answer ? std::optional<ErrorCode>() : answer.error().code;
  };
  PackQuery query = asked("text", 100);
  query.where = "nosuchfield:1";
  CHECK(code_of(query) == ErrorCode::invalid_argument);
  query.where = "type:a foo";
  CHECK(project.snapshot().value().pack(query).error().message ==
        project.snapshot().value().count(query.where).error().message);
  query.where = "type:\"a";
  CHECK(code_of(query) == ErrorCode::invalid_argument);
  query = asked("text", 100);
  query.since = "no hash";
  CHECK(code_of(query) == ErrorCode::invalid_argument);
  query = {.text = "text", .tokenizer = "no such tokenizer"};
  CHECK(code_of(query) == ErrorCode::invalid_argument);
  CHECK_FALSE(code_of(asked("text", 0)).has_value());
}

TEST_CASE("a damaged text is a fault, and the rest is packed") {
  const TestStore store;
  {
    Project project = store.open();
    for (int i = 0; i < 4; ++i) {
      stash(project, segment("s" + std::to_string(i), "needle " + other_words(i, 4000)));
    }
    project.merge(true).value();
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.path() / "projects" /
                                                                         "default" / "shards")) {
    if (entry.path().extension() == ".shard") flip_byte(entry.path(), 9000);
  }
  Project project = store.open();
  const Pack rest = pack(project, asked("needle", 100'000));
  REQUIRE(rest.faults.size() == 1);
  CHECK(rest.faults[0].project == project.name());
  REQUIRE(rest.faults[0].ids.size() == 1);
  CHECK(rest.segments.size() == 3);
}

}  // namespace
}  // namespace shale

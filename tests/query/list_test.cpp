#include <cerrno>

#include "query/engine.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

std::optional<i64> sort_value(const Live& live, const std::string& field) {
  const Metadata& m = live.metadata;
  if (field == "created") return m.created_at.microseconds;
  if (field == "touched") return m.touched_at.microseconds;
  if (field == "refcount") return m.refcount;
  if (field == "bytes") return i64(live.text.size());
  if (field == "words") return live.words;
  if (field == "line_first" && m.line_range) return m.line_range->first;
  if (field == "tokens" && m.tokens) return *m.tokens;
  return std::nullopt;
}

std::vector<std::string> by_oracle(const Corpus& corpus, const Wanted& wanted,
                                   const std::string& field, bool ascending) {
  std::vector<const Live*> found;
  for (const Live& live : corpus.live) {
    if (wanted.holds(live)) found.push_back(&live);
  }
  std::sort(found.begin(), found.end(), [&](const Live* a, const Live* b) {
    const std::string& a_id = a->metadata.id;
    const std::string& b_id = b->metadata.id;
    if (field == "id") return ascending ? a_id < b_id : a_id > b_id;
    const auto x = sort_value(*a, field);
    const auto y = sort_value(*b, field);
    if (x.has_value() != y.has_value()) return x.has_value();  // absent ones last
    if (x != y) return ascending ? x < y : x > y;
    const i64 a_time = a->metadata.created_at.microseconds;
    const i64 b_time = b->metadata.created_at.microseconds;
    return a_time != b_time ? a_time > b_time : a_id < b_id;
  });
  std::vector<std::string> ids;
  for (const Live* live : found) ids.push_back(live->metadata.id);
  return ids;
}

TEST_CASE("lists agree with sorting everything") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 150; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 6);
    const Wanted wanted = random_filter(maker);
    const auto field = maker.pick<std::string>(
        {"created", "touched", "refcount", "bytes", "words", "line_first", "tokens", "id"});
    const bool ascending = maker.chance(50);
    Listing listing{wanted.text, (ascending ? "-" : "") + field, maker.pick<usize>({1, 7, 1000})};
    INFO("where" << listing.where << " sort " << listing.sort << " limit " << listing.limit);

    const ListedAnswer answer = list(corpus.views, listing).value();
    std::vector<std::string> expected = by_oracle(corpus, wanted, field, ascending);
    REQUIRE(answer.total == expected.size());
    REQUIRE(count(corpus.views, wanted.text).value().count == expected.size());
    expected.resize(std::min(expected.size(), listing.limit));
    std::vector<std::string> ids;
    for (const Place& place : answer.places) {
      ids.push_back(corpus.at(place.view, place.doc).metadata.id);
    }
    REQUIRE(ids == expected);
    REQUIRE(answer.keys.size() == ids.size());
    REQUIRE(std::is_sorted(answer.keys.rbegin(), answer.keys.rend()));
  }
}

TEST_CASE("pages of a list, put together, are the whole of it") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 6);
    const auto field = maker.pick<std::string>({"created", "refcount", "line_first", "id"});
    const bool ascending = maker.chance(50);
    Listing listing{"", (ascending ? "-" : "") + field, 1 + maker.below(9)};
    INFO("sort " << listing.sort << " limit " << listing.limit);
    Wanted everything;
    everything.holds = [](const Live&) { return true; };
    const std::vector<std::string> expected = by_oracle(corpus, everything, field, ascending);
    std::vector<std::string> ids;
    while (true) {
      const ListedAnswer answer = list(corpus.views, listing).value();
      REQUIRE(answer.total == expected.size());
      REQUIRE(answer.last.has_value() == !answer.places.empty());
      if (!answer.last) break;
      for (const Place& place : answer.places) {
        ids.push_back(corpus.at(place.view, place.doc).metadata.id);
      }
      REQUIRE(answer.last->id == ids.back());
      listing.after = answer.last;
    }
    REQUIRE(ids == expected);
  }
}

TEST_CASE("unsortable and unknown fields are refused") {
  for (const char* sort : {"colour", "", "-", "type", "tag", "attr", "--created"}) {
    INFO(sort);
    CHECK(list({}, Listing{"", sort, 10}).error().code == ErrorCode::invalid_argument);
  }
  CHECK(count({}, "colour:red").error().code == ErrorCode::invalid_argument);
}

TEST_CASE("lists and counts go on without a damaged view") {
  CorpusMaker maker(2);
  Corpus corpus = maker.corpus(2, 100, 3);
  const std::vector<IndexView> sound = {corpus.views[1]};
  corpus.indexes[0]->failing = Failing::numbers;
  const ListedAnswer answer = list(corpus.views, Listing{}).value();
  REQUIRE(answer.faults.size() == 1);
  CHECK(answer.total == list(sound, Listing{}).value().total);
  CHECK(std::all_of(answer.places.begin(), answer.places.end(),
                    [](const Place& place) { return place.view == 1; }));
  const Count counted = count(corpus.views, "tokens:>=0").value();
  CHECK(counted.faults.size() == 1);
  CHECK(counted.count == count(sound, "tokens:>=0").value().count);
}

TEST_CASE("where a view fails because memory is short, nothing is answered") {
  CorpusMaker maker(3);
  Corpus corpus = maker.corpus(2, 100, 3);
  corpus.indexes[0]->failing = Failing::numbers;
  corpus.indexes[0]->failing_code = ErrorCode::io;
  CHECK(list(corpus.views, Listing{}).value().faults.size() == 1);
  corpus.indexes[0]->failing_errno = ENOMEM;
  const auto listed = list(corpus.views, Listing{});
  REQUIRE_FALSE(listed);
  CHECK(listed.error().errno_value == ENOMEM);
}

}  // namespace
}  // namespace shale::query::testing

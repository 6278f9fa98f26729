// Ranked search against a brute-force oracle: a linear scan with BM25 of its own, in double.
#include <cmath>
#include <set>

#include "query/engine.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

struct Expected {
  std::string id;
  double score = 0;
  i64 created = 0;
};

struct Oracle {
  const Corpus& corpus;

  double length_average() const {
    double words = 0;
    for (const Live& live : corpus.live) words += live.words;
    return words == 0 ? 1 : words / double(corpus.live.size());
  }
  double df(const std::string& term) const {
    double holders = 0;
    for (const Live& live : corpus.live) holders += live.tfs.contains(term) ? 1 : 0;
    return holders;
  }
  double score(const Live& live, const std::vector<std::string>& terms) const {
    double sum = 0;
    for (const std::string& term : terms) {
      if (!live.tfs.contains(term)) continue;
      const double tf = live.tfs.at(term);
      const double d = df(term);
      const double idf = std::log(1 + (double(corpus.live.size()) - d + 0.5) / (d + 0.5));
      sum += idf * tf / (tf + 1.2 * (0.25 + 0.75 * live.words / length_average()));
    }
    return sum;
  }

  std::vector<Expected> find(const std::vector<std::string>& terms, bool every_word,
                             const Wanted& wanted) const {
    std::vector<Expected> found;
    for (const Live& live : corpus.live) {
      usize held = 0;
      for (const std::string& term : terms) held += live.tfs.contains(term) ? 1 : 0;
      const bool matches = terms.empty() || (every_word ? held == terms.size() : held > 0);
      if (!matches || !wanted.holds(live)) continue;
      found.push_back(
          {live.metadata.id, score(live, terms), live.metadata.created_at.microseconds});
    }
    return found;
  }
};

// Hits are in their own order, belong to the expected ones with their scores, and none that is
// clearly better was left out. Scores within 1e-5 are the same to a double.
void compare(const RankedAnswer& answer, const std::vector<Expected>& expected, usize limit) {
  REQUIRE(answer.faults.empty());
  REQUIRE(answer.total == expected.size());
  REQUIRE(answer.hits.size() == std::min(limit, expected.size()));
  std::map<std::string, Expected> by_id;
  for (const Expected& e : expected) by_id[e.id] = e;
  std::set<std::string> seen;
  for (usize i = 0; i < answer.hits.size(); ++i) {
    const Ranked& hit = answer.hits[i];
    REQUIRE(by_id.contains(hit.id));
    REQUIRE(seen.insert(hit.id).second);
    REQUIRE(std::abs(hit.score - by_id[hit.id].score) < 1e-5);
    REQUIRE(hit.created == by_id[hit.id].created);
    if (i == 0) continue;
    const Ranked& before = answer.hits[i - 1];
    const bool in_order = before.score != hit.score       ? before.score > hit.score
                          : before.created != hit.created ? before.created > hit.created
                                                          : before.id < hit.id;
    REQUIRE(in_order);
  }
  if (answer.hits.empty()) return;
  const Ranked& last = answer.hits.back();
  for (const Expected& e : expected) {
    if (seen.contains(e.id)) continue;
    REQUIRE(e.score < last.score + 1e-5);
    // Far from any rounding: nothing else in the answer's order may be violated.
    const bool same_score = std::abs(e.score - last.score) < 1e-9;
    if (same_score && e.score == 0) {
      REQUIRE((e.created < last.created || (e.created == last.created && e.id > last.id)));
    }
  }
}

std::vector<std::string> random_words(CorpusMaker& maker) {
  std::vector<std::string> words;
  for (u32 i = 1 + maker.below(3); i-- > 0;) {
    const std::string word = maker.chance(5) ? "nowhere" : maker.word();
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

void search_once(CorpusMaker& maker, const Corpus& corpus) {
  const Oracle oracle{corpus};
  const std::vector<std::string> words = random_words(maker);
  const Wanted wanted =
      maker.chance(50) ? random_filter(maker) : Wanted{"", [](const Live&) { return true; }};
  Query query;
  for (const std::string& word : words) query.text += " " + word;
  query.where = wanted.text;
  query.limit = maker.pick<usize>({0, 1, 3, 10, 1000});
  INFO("text" << query.text << " where" << query.where << " limit " << query.limit);

  query.match = Match::all;
  const auto all = oracle.find(words, true, wanted);
  compare(search(corpus.views, query, {}).value(), all, query.limit);
  query.match = Match::any;
  const auto any = oracle.find(words, false, wanted);
  const RankedAnswer any_answer = search(corpus.views, query, {}).value();
  compare(any_answer, any, query.limit);
  std::vector<std::string> marked;
  for (const Highlights::Word& word : any_answer.highlights.words) marked.push_back(word.term);
  CHECK(marked == words);

  query.match = Match::auto_;
  const RankedAnswer automatic = search(corpus.views, query, {}).value();
  const bool widened = all.size() < query.limit && words.size() > 1;
  REQUIRE(automatic.widened == widened);
  compare(automatic, widened ? any : all, query.limit);
}

TEST_CASE("search agrees with a linear scan") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(4), 100, 20);
    for (int i = 0; i < 10; ++i) search_once(maker, corpus);
  }
}

TEST_CASE("ties beyond the collector's room are told apart by id") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  const Corpus corpus = maker.corpus(3, 6000, 1);  // few scores, few times, thousands of ids
  for (int i = 0; i < 6; ++i) search_once(maker, corpus);
  Query query;
  query.limit = 700;
  compare(search(corpus.views, query, {}).value(),
          Oracle{corpus}.find({}, true, Wanted{"", [](const Live&) { return true; }}), 700);
}

TEST_CASE("empty text lists what passes, newest first") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 40; ++round) {
    const Corpus corpus = maker.corpus(3, 60, 4);
    const Wanted wanted = random_filter(maker);
    Query query;
    query.where = wanted.text;
    query.limit = 1 + maker.below(30);
    const RankedAnswer answer = search(corpus.views, query, {}).value();
    auto expected = Oracle{corpus}.find({}, true, wanted);
    std::sort(expected.begin(), expected.end(), [](const Expected& a, const Expected& b) {
      return a.created != b.created ? a.created > b.created : a.id < b.id;
    });
    compare(answer, expected, query.limit);
    for (usize i = 0; i < answer.hits.size(); ++i) {
      REQUIRE(answer.hits[i].id == expected[i].id);
      REQUIRE(answer.hits[i].score == 0);
    }
  }
}

TEST_CASE("text without a word finds nothing") {
  CorpusMaker maker(3);
  const Corpus corpus = maker.corpus(2, 50, 5);
  for (const char* text : {"!!!", " ", "\xff\xfe", "- - -"}) {
    for (const Match match : {Match::all, Match::any, Match::auto_}) {
      Query query;
      query.text = text;
      query.match = match;
      const RankedAnswer answer = search(corpus.views, query, {}).value();
      CHECK(answer.total == 0);
      CHECK(answer.hits.empty());
      CHECK_FALSE(answer.widened);
    }
  }
}

TEST_CASE("equal documents get equal bits, whatever the match mode") {
  CorpusMaker maker(5);
  const Corpus corpus = maker.corpus(3, 200, 20);
  Query query;
  query.text = "w0 w1";
  query.limit = 100'000;
  std::map<std::string, float> scores;
  const RankedAnswer all = search(corpus.views, query, {}).value();
  for (const Ranked& hit : all.hits) scores[hit.id] = hit.score;
  REQUIRE(scores.size() > 10);
  query.match = Match::any;
  usize met = 0;
  const RankedAnswer any = search(corpus.views, query, {}).value();
  for (const Ranked& hit : any.hits) {
    if (!scores.contains(hit.id)) continue;
    ++met;
    CHECK(scores[hit.id] == hit.score);
  }
  CHECK(met == scores.size());
}

TEST_CASE("a damaged view is a fault and leaves no other trace") {
  CorpusMaker maker(11);
  Corpus corpus = maker.corpus(3, 200, 10);
  const std::vector<IndexView> sound = {corpus.views[0], corpus.views[2]};
  Query query;
  query.text = "w0 w1";
  const RankedAnswer expected = search(sound, query, {}).value();
  REQUIRE(expected.total > 0);
  for (const Failing failing : {Failing::documents, Failing::numbers, Failing::frequencies}) {
    corpus.indexes[1]->failing = failing;
    const RankedAnswer answer = search(corpus.views, query, {}).value();
    REQUIRE(answer.faults.size() == 1);
    CHECK(answer.faults[0].file == "planted.shard");
    CHECK(answer.faults[0].offset == 42);
    CHECK(answer.faults[0].message == "A planted failure.");
    CHECK(answer.total == expected.total);
    REQUIRE(answer.hits.size() == expected.hits.size());
    for (usize i = 0; i < answer.hits.size(); ++i) {
      CHECK(answer.hits[i].id == expected.hits[i].id);
      CHECK(answer.hits[i].score == expected.hits[i].score);
    }
  }
  corpus.indexes[1]->failing_code = ErrorCode::no_space;  // no damage: the caller must know
  CHECK(search(corpus.views, query, {}).error().code == ErrorCode::no_space);
}

TEST_CASE("a bad filter is the caller's error") {
  Query query;
  query.where = "colour:red";
  CHECK(search({}, query, {}).error().code == ErrorCode::invalid_argument);
  query.where = "";
  query.text = "word";
  CHECK(search({}, query, {}).value().total == 0);
}

}  // namespace
}  // namespace shale::query::testing

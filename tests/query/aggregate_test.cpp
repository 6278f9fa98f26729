#include "query/aggregate.hpp"

#include "query/engine.hpp"
#include "query/filter_time.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

std::vector<std::string> values_of(const Live& live, const std::string& name) {
  const Metadata& m = live.metadata;
  if (name == "type") return {m.type};
  if (name == "task") return {m.task.value_or("")};
  if (name == "file") return {m.file.value_or("")};
  if (name == "topic") return {m.topic.value_or("")};
  if (name == "tier") {
    return {m.tier == Tier::working ? "working" : m.tier == Tier::stashed ? "stashed" : "archive"};
  }
  if (name == "generation") return {m.generation == Generation::young ? "young" : "old"};
  if (name == "pinned") return {m.pinned ? "true" : "false"};
  if (name == "tag") return m.tags.empty() ? std::vector<std::string>{""} : m.tags;
  // Times of the corpus lie in 2026-02-02 and the days after it.
  const i64 day = (m.created_at.microseconds - 1'769'990'400'000'000) / day_us;
  return {std::string("2026-02-0").append(std::to_string(2 + day))};
}

std::optional<u64> number_of(const Live& live, const std::string& field) {
  if (field == "tokens") return live.metadata.tokens;
  if (field == "refcount") return live.metadata.refcount;
  if (field == "gc_survival_count") return live.metadata.gc_survival_count;
  if (field == "words") return live.words;
  return live.text.size();
}

using Rows = std::map<std::vector<std::string>, SumRow>;

void widen(std::optional<TimeRange>& range, i64 time) {
  if (!range) range = TimeRange{time, time};
  range->first = std::min(range->first, time);
  range->last = std::max(range->last, time);
}

void add(Rows& rows, const Live& live, const Aggregation& asked, std::vector<std::string> key) {
  if (key.size() < asked.by.size()) {
    for (const std::string& value : values_of(live, asked.by[key.size()])) {
      std::vector<std::string> longer = key;
      longer.push_back(value);
      add(rows, live, asked, longer);
    }
    return;
  }
  SumRow& row = rows[key];
  row.key = key;
  ++row.count;
  if (asked.times) {
    widen(row.created, live.metadata.created_at.microseconds);
    widen(row.touched, live.metadata.touched_at.microseconds);
  }
  if (asked.field.empty()) return;
  const std::optional<u64> number = number_of(live, asked.field);
  row.sum += number.value_or(0);
  row.absent += number ? 0 : 1;
}

Aggregation random_aggregation(CorpusMaker& maker) {
  Aggregation asked;
  asked.field =
      maker.pick<std::string>({"tokens", "bytes", "words", "refcount", "gc_survival_count", ""});
  asked.times = maker.chance(50);
  std::vector<std::string> names = {"type", "task",       "file",   "topic", "tag",
                                    "tier", "generation", "pinned", "day"};
  for (u32 i = maker.below(4); i-- > 0;) {
    const usize at = maker.below(u32(names.size()));
    asked.by.push_back(names[at]);
    names.erase(names.begin() + std::ptrdiff_t(at));
  }
  return asked;
}

void check_rows(const Sum& answer, const Rows& expected) {
  Rows found;
  for (const SumRow& row : answer.rows) found[row.key] = row;
  REQUIRE(found == expected);
  REQUIRE(found.size() == answer.rows.size());
  for (usize i = 1; i < answer.rows.size(); ++i) {
    const SumRow& a = answer.rows[i - 1];
    const SumRow& b = answer.rows[i];
    const bool in_order = a.sum != b.sum       ? a.sum > b.sum
                          : a.count != b.count ? a.count > b.count
                                               : a.key < b.key;
    REQUIRE(in_order);
  }
}

TEST_CASE("sums, counts and times agree with a linear scan") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 200; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 6);
    const Wanted wanted = random_filter(maker);
    Aggregation asked = random_aggregation(maker);
    asked.where = wanted.text;
    Rows expected;
    if (asked.by.empty()) expected[{}] = {};
    for (const Live& live : corpus.live) {
      if (wanted.holds(live)) add(expected, live, asked, {});
    }
    INFO("where" << wanted.text << " field " << asked.field << " keys " << asked.by.size());
    check_rows(aggregate(corpus.views, asked, {}).value(), expected);
  }
}

TEST_CASE("a query text restricts what is summed to what a search finds") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 200; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 6);
    Aggregation asked = random_aggregation(maker);
    asked.text = maker.word() + " " + maker.word();
    if (maker.chance(20)) asked.text += " -" + maker.word();
    if (maker.chance(20)) asked.text = "\"" + maker.word() + " " + maker.word() + "\"";
    if (maker.chance(20)) asked.text = "/" + maker.word() + " w/";
    if (maker.chance(50)) asked.where = random_filter(maker).text;
    asked.match = maker.pick<Match>({Match::all, Match::any, Match::auto_});
    asked.widen_below = maker.pick<usize>({0, 1, 10, 1000});
    Query query{.text = asked.text, .where = asked.where, .match = asked.match, .limit = 1000};
    query.widen_below = asked.widen_below;
    const RankedAnswer all = search(corpus.views, query, {}).value();
    Rows expected;
    if (asked.by.empty()) expected[{}] = {};
    for (const Ranked& hit : all.hits) {
      add(expected, corpus.at(hit.place.view, hit.place.doc), asked, {});
    }
    INFO("text " << asked.text << " where " << asked.where);
    const Sum answer = aggregate(corpus.views, asked, {}).value();
    check_rows(answer, expected);
    CHECK(answer.widened == all.widened);
  }
}

Result<Sum> sum(std::span<const IndexView> views, const std::string& field,
                std::vector<std::string> by, const std::string& where) {
  return aggregate(views, {.field = field, .by = std::move(by), .where = where}, {});
}

TEST_CASE("fields that cannot be summed or grouped by are refused") {
  const auto code = [](const char* field, std::vector<std::string> by) {
    return sum({}, field, by, "").error().code;
  };
  CHECK(code("colour", {}) == ErrorCode::invalid_argument);
  CHECK(code("type", {}) == ErrorCode::invalid_argument);
  CHECK(code("tokens", {"colour"}) == ErrorCode::invalid_argument);
  CHECK(code("tokens", {"attr"}) == ErrorCode::invalid_argument);
  CHECK(code("tokens", {"id"}) == ErrorCode::invalid_argument);
  CHECK(code("tokens", {"project"}) == ErrorCode::invalid_argument);
  CHECK(code("tokens", {"tag", "type", "tag"}) == ErrorCode::invalid_argument);
}

TEST_CASE("a sum of nothing is one row of nothing, in no group none") {
  const Sum all = sum({}, "tokens", {}, "").value();
  CHECK(all.rows == std::vector<SumRow>{{{}, 0, 0}});
  CHECK(sum({}, "tokens", {"type"}, "").value().rows.empty());
  CHECK(aggregate({}, {.field = "tokens", .text = "word"}, {}).value().rows == all.rows);
}

TEST_CASE("sums go on without a damaged view") {
  CorpusMaker maker(2);
  Corpus corpus = maker.corpus(2, 100, 3);
  const std::vector<IndexView> sound = {corpus.views[0]};
  corpus.indexes[1]->failing = Failing::documents;
  const std::vector<std::string> by = {"tier"};
  const Sum answer = sum(corpus.views, "tokens", by, "").value();
  CHECK(answer.faults.size() == 1);
  CHECK(answer.rows == sum(sound, "tokens", by, "").value().rows);
}

Document document_of(const std::string& type, std::optional<u32> tokens) {
  Document document;
  document.metadata.type = type;
  document.metadata.tokens = tokens;
  return document;
}

std::vector<SumRow> rows_of(std::span<const IndexView> views, const std::string& field,
                            const std::vector<std::string>& by, const std::string& where = "") {
  return sum(views, field, by, where).value().rows;
}

TEST_CASE("the largest sum comes first, then the larger count, then the key") {
  std::vector<Document> documents{document_of("b", 5),    document_of("a", 5),
                                  document_of("few", 9),  document_of("many", 4),
                                  document_of("many", 5), document_of("none", {})};
  const std::vector<IndexView> views{view_of(std::make_shared<MemoryIndex>(documents))};
  const std::vector<SumRow> expected{
      {{"many"}, 2, 9}, {{"few"}, 1, 9}, {{"a"}, 1, 5}, {{"b"}, 1, 5}, {{"none"}, 1, 0, 1}};
  CHECK(rows_of(views, "tokens", {"type"}) == expected);
  CHECK(rows_of(views, "tokens", {}) == std::vector<SumRow>{{{}, 6, 28, 1}});
  CHECK(rows_of(views, "tokens", {}, "type:no*") == std::vector<SumRow>{{{}, 1, 0, 1}});
  CHECK(rows_of(views, "tokens", {}, "type:x") == std::vector<SumRow>{{{}, 0, 0}});
  CHECK(rows_of(views, "tokens", {"type"}, "type:x").empty());
}

TEST_CASE("groups of several views are one, and an empty value is as good as none") {
  std::vector<Document> first{document_of("a", 1), document_of("b", 2)};
  first[0].metadata.task = "";
  std::vector<Document> second{document_of("a", 3)};
  const std::vector<IndexView> views{view_of(std::make_shared<MemoryIndex>(first)),
                                     view_of(std::make_shared<MemoryIndex>(second))};
  CHECK(rows_of(views, "tokens", {"type"}) == std::vector<SumRow>{{{"a"}, 2, 4}, {{"b"}, 1, 2}});
  CHECK(rows_of(views, "tokens", {"task"}) == std::vector<SumRow>{{{""}, 3, 6}});
}

TEST_CASE("a segment counts in the group of each of its tags, patched ones too") {
  std::vector<Document> documents{document_of("a", 1), document_of("a", 2), document_of("a", 4)};
  documents[0].metadata.tags = {"x", "y"};
  documents[1].metadata.tags = {"y"};
  Overlay overlay;
  overlay.patches[2].tags_added = {"x", "z"};
  overlay.patches[1].tokens = 10;
  const std::vector<IndexView> views{view_of(std::make_shared<MemoryIndex>(documents), overlay)};
  CHECK(rows_of(views, "tokens", {"tag"}) ==
        std::vector<SumRow>{{{"y"}, 2, 11}, {{"x"}, 2, 5}, {{"z"}, 1, 4}});
  CHECK(rows_of(views, "tokens", {"type", "tag"}, "tag:x") ==
        std::vector<SumRow>{{{"a", "x"}, 2, 5}, {{"a", "z"}, 1, 4}, {{"a", "y"}, 1, 1}});
}

TEST_CASE("what is refused is named, with what may be asked instead") {
  const auto message = [](const char* field, std::vector<std::string> by, const char* where = "") {
    const auto answer = sum({}, field, by, where);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::invalid_argument);
    return answer.error().message;
  };
  CHECK(message("type", {}).find("Cannot sum \"type\": numbers are tokens") == 0);
  CHECK(message("created", {}).find("Cannot sum \"created\": numbers are tokens") == 0);
  CHECK(message("touched", {}).find("Cannot sum \"touched\": numbers are tokens") == 0);
  CHECK(message("colour", {}) == "There is no field \"colour\".");
  CHECK(message("tokens", {"type", "attr"}).find("Cannot group by \"attr\": groups are") == 0);
  CHECK(message("tokens", {"created"}).find("Cannot group by \"created\": groups are") == 0);
  CHECK(message("tokens", {"colour"}).find("Cannot group by \"colour\": groups are") == 0);
  CHECK(message("tokens", {"words"}).find("Cannot group by \"words\"") == 0);
  CHECK(message("tokens", {}, "colour:red").find("clause 1") != std::string::npos);
}

}  // namespace
}  // namespace shale::query::testing

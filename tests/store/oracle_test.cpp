// The oracle script over the whole store: random changes, seals, merges, bulk ingests and re-opens,
// compared with a plain map and a linear scan. 100,000 steps in all, seeds printed.
#include <functional>
#include <random>

#include "tests/store/store_oracle.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using testing::StoreOracle;

enum class Shape { delta_only, shards_only, mixed };
enum class Place { disk, memory };

class Script {
 public:
  Script(Shape shape, unsigned seed, Place place, std::string index)
      : shape_(shape), place_(place), index_(std::move(index)), random_(seed) {
    reopen();
  }

  void run(int steps, int compare_every) {
    for (int step = 1; step <= steps; ++step) {
      change();
      if (shape_ == Shape::mixed) shake();
      if (step % compare_every == 0) {
        if (shape_ == Shape::shards_only) project_->merge(true).value();
        compare();
      }
    }
    compare();
  }

 private:
  unsigned pick(unsigned below) { return unsigned(random_() % below); }
  std::string pick_id() { return "id-" + std::to_string(pick(300)); }
  std::string pick_word() {
    static const char* words[] = {"alpha", "beta", "gamma", "delta", "merge", "shard",
                                  "Index", "log",  "frame", "X1",    "rare",  "the"};
    const unsigned at = std::min(pick(12), pick(12));
    return at == 10 ? "rare" + std::to_string(pick(50)) : words[at];
  }

  NewSegment new_segment(const std::string& id) {
    NewSegment segment;
    segment.id = id;
    for (unsigned i = pick(30); i > 0; --i) segment.text += pick_word() + (pick(5) ? " " : ".\n");
    segment.type = pick(3) ? "note" : "code";
    if (pick(2)) segment.file = "src/f" + std::to_string(pick(9)) + ".cpp";
    if (pick(3) == 0) segment.task = "task" + std::to_string(pick(4));
    if (pick(2)) segment.line_range = LineRange{pick(900) + 1, pick(900) + 901};
    for (unsigned i = pick(3); i > 0; --i) segment.tags.push_back("t" + std::to_string(pick(5)));
    segment.created_at = Time{1'700'000'000'000'000 + i64_of(pick(1'000'000)), pick(2) == 0};
    segment.touched_at = segment.created_at;
    if (pick(2)) segment.tokens = pick(500);
    if (pick(4) == 0) segment.attrs["n"] = std::int64_t(pick(9));
    segment.pinned = pick(10) == 0;
    return segment;
  }
  static std::int64_t i64_of(unsigned value) { return std::int64_t(value) * 1'000'003; }

  Update new_update() {
    Update update;
    if (pick(2)) update.pinned = pick(2) == 0;
    if (pick(4) == 0) update.tier = Tier::archive;
    if (pick(4) == 0) update.tags_added = {"t" + std::to_string(pick(5))};
    if (pick(4) == 0) update.tags_removed = {"t" + std::to_string(pick(5))};
    if (pick(4) == 0) update.refcount_added = 1;
    if (pick(6) == 0) update.file = std::optional<std::string>("moved.cpp");
    if (pick(6) == 0) update.type = "log";
    if (pick(6) == 0) update.tokens = pick(500);
    return update;
  }

  void change() {
    Batch batch;
    for (unsigned n = 1 + pick(pick(8) == 0 ? 40 : 4); n > 0; --n) {
      const std::string id = pick_id();
      const unsigned kind = pick(10);
      if (kind < 6) {
        const NewSegment segment = new_segment(id);
        oracle_.stash(segment, {});
        batch.stash(segment);
      } else if (kind < 8) {
        const Update update = new_update();
        oracle_.update(id, update);
        batch.update(id, update);
      } else {
        oracle_.erase(id);
        batch.erase(id);
      }
    }
    project_->commit(batch, Durability::relaxed).value();
  }

  // What must change no answer: seals, merges, bulk ingests, a new process.
  void shake() {
    const unsigned what = pick(400);
    if (what < 2) project_->merge(false).value();
    if (what == 2) project_->merge(true).value();
    if (what == 3) reopen();
    if (what == 4 && pick(4) == 0) {
      REQUIRE(project_->recount_tokens().value() == oracle_.entries().size());
      oracle_.recount();
    }
    if (what > 5) return;
    Batch batch;
    for (unsigned n = pick(60) + 1; n > 0; --n) {
      const NewSegment segment = new_segment(pick_id());
      oracle_.stash(segment, {});
      batch.stash(segment);
    }
    project_->ingest(batch).value();
  }

  void reopen() {
    project_.reset();
    // In memory the store before is kept meanwhile: it would be gone.
    const std::optional<Store> before =
        place_ == Place::memory ? std::exchange(store_, std::nullopt) : std::nullopt;
    store_.reset();
    const StoreOptions options{.create = true, .analysis = "plain", .index = index_};
    if (place_ == Place::memory && !before) {
      store_.emplace(Store::in_memory(options).value());
    } else {
      store_.emplace(Store::open(before ? before->path() : folder_ / "store", options).value());
    }
    project_.emplace(store_->project("default").value());
  }

  void compare() {
    const Snapshot now = project_->snapshot().value();
    REQUIRE(now.count().value().count == oracle_.entries().size());
    compare_segments(now);
    compare_filters(now);
    compare_sums(now);
    for (int i = 0; i < 3; ++i) index_ == "none" ? check_refused(now) : compare_search(now);
    REQUIRE(project_->verify().value().faults.empty());
  }

  void check_refused(const Snapshot& now) {
    for (const std::string& text : {pick_word(), "-" + pick_word(), pick_word() + "~"}) {
      REQUIRE(now.search({.text = text}).error().code == ErrorCode::invalid_argument);
    }
    const Answer notes = now.search({.where = "type:note", .limit = 0}).value();
    REQUIRE(notes.total == oracle_.count_if([](const Metadata& m) { return m.type == "note"; }));
  }

  void compare_segments(const Snapshot& now) {
    for (int n = 0; n < 300; ++n) {
      const std::string id = "id-" + std::to_string(n);
      const auto segment = now.get(id).value();
      const auto expected = oracle_.entries().find(id);
      REQUIRE(segment.has_value() == (expected != oracle_.entries().end()));
      if (!segment) continue;
      REQUIRE(segment->text() == expected->second.text);
      Metadata metadata = segment->metadata();
      if (metadata.tokenizer == "o200k_base") metadata.tokens_computed_at.reset();
      REQUIRE(metadata == expected->second.metadata);
    }
  }

  void compare_filters(const Snapshot& now) {
    const auto check = [&](const char* where, const std::function<bool(const Metadata&)>& passes) {
      INFO(where);
      REQUIRE(now.count(where).value().count == oracle_.count_if(passes));
    };
    check("type:code", [](const Metadata& m) { return m.type == "code"; });
    check("pinned:true", [](const Metadata& m) { return m.pinned; });
    check("-tag:t1", [](const Metadata& m) {
      return std::find(m.tags.begin(), m.tags.end(), "t1") == m.tags.end();
    });
    check("file:src/f*.cpp",
          [](const Metadata& m) { return m.file && m.file->starts_with("src"); });
    check("tokens:100..200",
          [](const Metadata& m) { return m.tokens && *m.tokens >= 100 && *m.tokens <= 200; });
    check("tier:stashed task:task2",
          [](const Metadata& m) { return m.tier == Tier::stashed && m.task == "task2"; });
    check("attr.n:>=4", [](const Metadata& m) {
      const auto found = m.attrs.find("n");
      return found != m.attrs.end() && std::get<std::int64_t>(found->second) >= 4;
    });
    check("refcount:>=1", [](const Metadata& m) { return m.refcount >= 1; });
  }

  // Rows by their keys, and nothing else in them: a line for each.
  static std::set<std::string> lines_of(const std::vector<SumRow>& rows) {
    std::set<std::string> lines;
    for (const SumRow& row : rows) {
      std::string line;
      for (const std::string& value : row.key) line += value + '|';
      for (const std::uint64_t number : {row.count, row.sum, row.absent}) {
        line += std::to_string(number) + '|';
      }
      for (const auto& range : {row.created, row.touched}) {
        line += std::to_string(range->first) + ".." + std::to_string(range->last) + '|';
      }
      lines.insert(line);
    }
    return lines;
  }

  static void widen(std::optional<TimeRange>& range, std::int64_t time) {
    if (!range) range = TimeRange{time, time};
    range = TimeRange{std::min(range->first, time), std::max(range->last, time)};
  }

  void compare_sums(const Snapshot& now) {
    std::map<std::vector<std::string>, SumRow> groups;
    for (const auto& [id, entry] : oracle_.entries()) {
      const Metadata& m = entry.metadata;
      if (m.refcount > 1) continue;
      std::vector<std::string> tags = m.tags;
      if (tags.empty()) tags.emplace_back();
      for (const std::string& tag : tags) {
        SumRow& row = groups[{m.type, tag, m.file.value_or(""), "default",
                              m.tier == Tier::archive ? "archive" : "stashed"}];
        ++row.count;
        row.sum += m.tokens.value_or(0);
        row.absent += m.tokens ? 0 : 1;
        widen(row.created, m.created_at.microseconds);
        widen(row.touched, m.touched_at.microseconds);
      }
    }
    std::vector<SumRow> expected;
    for (auto& [key, row] : groups) {
      row.key = key;
      expected.push_back(row);
    }
    const Sum sum = now.aggregate({.field = "tokens",
                                   .by = {"type", "tag", "file", "project", "tier"},
                                   .where = "refcount:<=1",
                                   .times = true})
                        .value();
    REQUIRE(sum.faults.empty());
    REQUIRE(sum.rows.size() == expected.size());
    REQUIRE(lines_of(sum.rows) == lines_of(expected));
    compare_usage(now);
  }

  void compare_usage(const Snapshot& now) {
    std::uint64_t tokens = 0, uncounted = 0, pinned = 0;
    std::map<std::string, std::uint64_t> tasks;
    for (const auto& [id, entry] : oracle_.entries()) {
      tokens += entry.metadata.tokens.value_or(0);
      uncounted += entry.metadata.tokens ? 0 : 1;
      pinned += entry.metadata.pinned ? 1 : 0;
      ++tasks[entry.metadata.task.value_or("")];
    }
    const Usage usage = now.usage().value();
    REQUIRE(usage.segments == oracle_.entries().size());
    REQUIRE(usage.tokens == tokens);
    REQUIRE(usage.uncounted == uncounted);
    REQUIRE(usage.pinned == pinned);
    REQUIRE(usage.tasks.size() == tasks.size());
    for (const UsageShare& share : usage.tasks) REQUIRE(share.count == tasks.at(share.value));
  }

  void compare_search(const Snapshot& now) {
    std::set<std::string> distinct;
    while (distinct.size() < 1 + pick(3)) distinct.insert(pick_word());
    std::string text;
    std::vector<std::string> words;
    for (const std::string& word : distinct) {
      text += word + " ";
      words.push_back(testing::plain_words(word).front());
    }
    const bool all = pick(2) == 0;
    INFO(text << (all ? "all" : "any"));
    Query query{.text = text, .match = all ? Match::all : Match::any, .limit = 1000};
    const Answer answer = now.search(query).value();
    const auto expected = oracle_.search(words, all);
    REQUIRE(answer.faults.empty());
    REQUIRE(answer.total == expected.size());
    REQUIRE(answer.hits.size() == expected.size());
    float last = 1e9f;
    for (const Hit& hit : answer.hits) {
      REQUIRE(expected.contains(hit.id));
      REQUIRE(std::abs(double(hit.score) - expected.at(hit.id)) < 1e-4);
      REQUIRE(hit.score <= last);
      last = hit.score;
    }
  }

  Shape shape_;
  Place place_;
  std::string index_;
  std::mt19937 random_;
  testing::TemporaryFolder folder_;
  std::optional<Store> store_;
  std::optional<Project> project_;
  StoreOracle oracle_{true};
};

void run(Shape shape, int steps, int compare_every, Place place = Place::disk,
         const std::string& index = "positions") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  WARN("seed " << seed);
  Script(shape, seed, place, index).run(steps, compare_every);
}

TEST_CASE("the delta agrees with the oracle", "[oracle]") { run(Shape::delta_only, 30'000, 1000); }
TEST_CASE("shards agree with the oracle", "[oracle]") { run(Shape::shards_only, 20'000, 500); }
TEST_CASE("the whole store agrees with the oracle", "[oracle]") { run(Shape::mixed, 50'000, 500); }
TEST_CASE("a store in memory agrees with the oracle", "[oracle]") {
  run(Shape::mixed, 30'000, 500, Place::memory);
}
TEST_CASE("a store without positions agrees with the oracle", "[oracle]") {
  run(Shape::mixed, 10'000, 500, Place::memory, "terms");
}
TEST_CASE("a store without an index of words agrees with the oracle", "[oracle]") {
  run(Shape::mixed, 20'000, 500, Place::disk, "none");
  run(Shape::mixed, 10'000, 500, Place::memory, "none");
}

}  // namespace
}  // namespace shale

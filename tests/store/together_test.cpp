// All that changes a project, in any order, against a plain map: stashes, updates, erases, batches
// that nobody waits for, gc and retention as plans say, merges, restarts, cleared caches, a copy
// in memory. After each step a handful of questions, and at the end all of them, to one snapshot
// of now and one of some time ago.
#include <map>
#include <random>
#include <set>

#include <shale/gc.hpp>
#include <shale/retention.hpp>
#include <shale/working_set.hpp>

#include "store/async_commits.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plain_gc.hpp"
#include "tests/support/slow_retention.hpp"

namespace shale::store {
namespace {

using namespace testing;

constexpr i64 day = 86'400'000'000;
constexpr i64 first_day = 1'700'000'000'000'000;

struct Known {
  NewSegment segment;
  u64 reads = 0;  // of this id since it was stashed first
};
using Model = std::map<std::string, Known>;

store::StoreConfig by_month() {
  store::StoreConfig config = sealing_after(40);
  config.shard_by = "month";
  return config;
}

// A store and the map it must agree with.
class Together {
 public:
  Together(u64 seed, const store::StoreConfig& config) : random_(seed), store_(config) { open(); }

  void step() {
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        return stash_some();
      case 3:
        return update_some();
      case 4:
        return erase_one();
      case 5:
        return stash_without_waiting();
      case 6:
        return collect();
      case 7:
        return retain();
      case 8:
        project_->merge(pick(3) == 0).value();
        return;
      case 9:
        return open();
      case 10:
        state_->caches->segments.clear();
        state_->caches->results.clear();
        state_->caches->pages->clear();
        return;
      default:
        return keep_snapshot();
    }
  }

  void ask_some() {
    for (int n = 0; n < 5; ++n) ask_id(any_id());
    ask_task(any_task());
    ask_accesses();
  }

  void ask_all() {
    for (const auto& [id, known] : model_) ask_id(id);
    for (int task = 0; task < 4; ++task) ask_task("t" + std::to_string(task));
    REQUIRE(count_of(*project_) == model_.size());
    ask_accesses();
    if (kept_) {
      REQUIRE(contents(*kept_) == kept_contents_);
    }
    REQUIRE(project_->verify().value().faults.empty());
  }

 private:
  u64 pick(u64 below) { return random_() % below; }
  std::string any_id() { return "s" + std::to_string(pick(60)); }
  std::string any_task() { return "t" + std::to_string(pick(4)); }
  i64 any_time() { return first_day + i64(pick(120)) * day; }

  void open() {
    project_.reset();
    state_.reset();
    StoreOptions options;
    options.active_segments = 1 + pick(20);
    options.result_bytes = pick(2) * 20'000;
    state_ = store_.state(options);
    project_.emplace(state_);
  }

  NewSegment any_segment() {
    NewSegment one;
    one.id = any_id();
    one.text = "text " + std::to_string(++texts_) + " of " + one.id + std::string(pick(300), 'x');
    one.type = pick(3) == 0 ? "message" : pick(2) == 0 ? "log" : "note";
    if (pick(4) != 0) one.task = any_task();
    if (pick(3) == 0) one.topic = "topic" + std::to_string(pick(5));
    if (pick(3) == 0) one.tags = {"ref:" + any_id()};
    one.created_at = Time{any_time(), true};
    one.touched_at = Time{any_time(), true};
    one.pinned = pick(8) == 0;
    one.tier = Tier(pick(3));
    one.tokens = u32(pick(100));
    one.tokenizer = "unknown";
    if (pick(6) == 0) one.attrs[std::string(expires_attribute)] = any_time();
    return one;
  }

  void know(const NewSegment& one) { model_[one.id].segment = one; }

  void stash_some() {
    Batch batch;
    for (u64 n = pick(12) + 1; n > 0; --n) {
      const NewSegment one = any_segment();
      batch.stash(one);
      know(one);
    }
    project_->commit(batch, pick(2) == 0 ? Durability::full : Durability::relaxed).value();
  }

  void update_some() {
    Batch batch;
    for (u64 n = pick(5) + 1; n > 0; --n) {
      const std::string id = any_id();
      const auto found = model_.find(id);
      if (found == model_.end()) continue;
      NewSegment& known = found->second.segment;
      known.tier = Tier(pick(3));
      batch.set_tier(id, known.tier);
      Update change;
      change.pinned = known.pinned = pick(6) == 0;
      known.touched_at = Time{any_time(), true};
      change.touched_at = known.touched_at;
      batch.update(id, change);
    }
    if (batch.size() > 0) project_->commit(batch).value();
  }

  void erase_one() {
    const std::string id = any_id();
    Batch batch;
    batch.erase(id);
    CHECK(project_->commit(batch).value().erased == model_.erase(id));
  }

  void stash_without_waiting() {
    AsyncCommits commits;
    for (u64 n = pick(6); n > 0; --n) {
      const NewSegment one = any_segment();
      Batch batch;
      batch.stash(one);
      const auto done = [](const Result<Committed>& result) { REQUIRE(result.has_value()); };
      commits.add({state_, std::move(batch), done}, std::chrono::seconds(10)).value();
      know(one);
    }
  }

  std::vector<Metadata> all_metadata(const std::string& where) const {
    const Snapshot now = project_->snapshot().value();
    return now.list({.where = where, .sort = "id", .limit = 100'000}).value().segments;
  }

  void collect() {
    GcOptions options;
    options.task = any_task();
    options.target_tokens = pick(3) * 200;
    options.now_us = first_day + i64(pick(140)) * day;
    const GcPlan plan = project_->snapshot().value().plan_gc(options).value();
    const GcPlan plain = plain_gc_plan(all_metadata(options.where), options);
    REQUIRE(difference_of(plan, plain) == "");
    project_->run_gc(plan).value();
    for (const GcCandidate& one : plain.candidates) {
      if (one.action == GcAction::erase) {
        model_.erase(one.id);
      } else {
        model_.at(one.id).segment.tier = Tier::stashed;
      }
    }
  }

  void retain() {
    RetentionRules rules;
    rules.now_us = first_day + i64(pick(100)) * day;
    if (pick(2) == 0) rules.max_age_seconds = (20 + pick(90)) * 86'400;
    if (pick(2) == 0) rules.keep_last_per_task = 3 + pick(10);
    if (pick(3) == 0) rules.max_bytes = 2000 + pick(9000);
    rules.expire = pick(2) == 0;
    std::vector<KeptSegment> all;
    for (const Metadata& one : all_metadata("")) {
      all.push_back({one, model_.at(one.id).segment.text.size()});
    }
    const SlowRetention slow = SlowRules(all, rules, *rules.now_us).run();
    const RetentionPlan done = project_->retain(rules).value();
    REQUIRE(done.segments == slow.gone.size());
    REQUIRE(done.left == 0);
    for (const auto& [id, rule] : slow.gone) model_.erase(id);
  }

  void keep_snapshot() {
    kept_ = project_->snapshot().value();
    kept_contents_ = contents(*kept_);
    for (auto& [id, known] : model_) ++known.reads;
  }

  void ask_id(const std::string& id) {
    const auto found = project_->snapshot().value().get(id).value();
    const auto known = model_.find(id);
    INFO(id);
    REQUIRE(found.has_value() == (known != model_.end()));
    if (!found) return;
    ++known->second.reads;
    const NewSegment& segment = known->second.segment;
    REQUIRE(found->text() == segment.text);
    REQUIRE(found->metadata().tier == segment.tier);
    REQUIRE(found->metadata().pinned == segment.pinned);
    REQUIRE(found->metadata().touched_at == segment.touched_at);
    REQUIRE(found->metadata().task == segment.task);
  }

  void ask_task(const std::string& task) {
    std::set<std::string> expected, told;
    u64 tokens = 0;
    for (const auto& [id, known] : model_) {
      if (known.segment.task != task || known.segment.tier != Tier::working) continue;
      expected.insert(id);
      tokens += known.segment.tokens.value_or(0);
    }
    const Snapshot now = project_->snapshot().value();
    const WorkingSet set = now.working_set(task).value();
    for (const Metadata& one : set.segments) told.insert(one.id);
    REQUIRE(told == expected);
    REQUIRE(set.tokens == tokens);
    const auto is_later = [](const Metadata& a, const Metadata& b) {
      return a.touched_at.microseconds > b.touched_at.microseconds;
    };
    REQUIRE(std::is_sorted(set.segments.begin(), set.segments.end(), is_later));
    for (int time = 0; time < 2; ++time) {
      const Answer found =
          now.search({.text = "text", .where = "tier:working task:" + task}).value();
      REQUIRE(found.total == expected.size());
    }
  }

  // Restarts and merges lose no read; an id that went and came again begins anew.
  void ask_accesses() {
    std::vector<std::string> ids;
    for (const auto& [id, known] : model_) ids.push_back(id);
    const auto accesses = project_->snapshot().value().accesses(ids).value();
    for (usize i = 0; i < ids.size(); ++i) {
      INFO(ids[i]);
      REQUIRE(accesses[i].count == model_.at(ids[i]).reads);
    }
  }

  std::mt19937_64 random_;
  TestStore store_;
  std::shared_ptr<Project::State> state_;
  std::optional<Project> project_;
  Model model_;
  u64 texts_ = 0;
  std::optional<Snapshot> kept_;
  Contents kept_contents_;
};

void run_together(const store::StoreConfig& config, int stores, int steps) {
  for (int n = 0; n < stores; ++n) {
    const u64 seed = std::random_device{}();
    INFO("seed " << seed);
    Together together(seed, config);
    for (int step = 0; step < steps; ++step) {
      together.step();
      together.ask_some();
    }
    together.ask_all();
  }
}

TEST_CASE("whatever is done to a project in any order, it is what a map says", "[together]") {
  run_together(sealing_after(40), 3, 150);
}

TEST_CASE("the same of a project that is kept by the month", "[together]") {
  run_together(by_month(), 3, 150);
}

}  // namespace
}  // namespace shale::store

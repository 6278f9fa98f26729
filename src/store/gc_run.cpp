#include "store/gc_run.hpp"

#include <string_view>
#include <unordered_map>

#include "store/batch.hpp"
#include "store/change_feed.hpp"
#include "store/project.hpp"
#include "store/stash.hpp"

namespace shale::store {

namespace {

constexpr usize batch_changes_max = 10'000;
constexpr u64 news_changes_max = 100'000;  // read at once

class GcRun {
 public:
  GcRun(Project::State& project, const GcPlan& plan)
      : project_(project), plan_(plan), known_(plan.lsn) {
    done_.lsn = plan.lsn;
  }

  Result<Committed> run() {
    TRY(check_plan());
    list_candidates();
    while (!open_.empty()) {
      const Result<bool> stepped = step();
      if (!stepped) return Unexpected{with_what_was_done(stepped.error())};
    }
    return std::move(done_);
  }

 private:
  // Where a candidate stands in the plan, and what has become of it.
  struct Place {
    usize at = 0;
    bool is_changed = false;
  };

  // Roots and edges may lie in what could not be read.
  Result<void> check_plan() const {
    if (plan_.faults.empty()) return {};
    const Fault& fault = plan_.faults.front();
    return fail_at(ErrorCode::corrupt,
                   "What may go cannot be told, and nothing was changed: " + fault.message,
                   fault.file, fault.offset);
  }

  // Of an id that occurs twice the first place counts.
  void list_candidates() {
    open_.reserve(plan_.candidates.size());
    for (usize i = 0; i < plan_.candidates.size(); ++i) {
      open_.emplace(plan_.candidates[i].id, Place{i});
    }
  }

  // News, and one batch; false where that was in conflict with something newer.
  Result<bool> step() {
    const usize changed_before = done_.missing.size();
    TRY(take_news());
    const bool is_news = done_.missing.size() > changed_before || !has_conflict_;
    usize end = next_;
    const Batch batch = next_batch(end);
    if (batch.size() > 0) {
      Result<Committed> committed = commit_batch(project_, batch.state(), Durability::full);
      has_conflict_ = !committed && committed.error().code == ErrorCode::conflict;
      if (has_conflict_ && is_news) return false;
      if (!committed) return Unexpected{std::move(committed).error()};
      add(*std::move(committed));
    }
    for (; next_ < end; ++next_) open_.erase(plan_.candidates[next_].id);
    return true;
  }

  // What was committed since it was looked last: a snapshot's worth, its end is what the next batch
  // is made from.
  Result<void> take_news() {
    const std::shared_ptr<const View> view = TRY(settled_view(project_));
    for (bool more = true; more;) {
      const Changes news =
          TRY(changes_in(project_, *view, {.since = known_, .limit = news_changes_max}));
      TRY(check_news(news));
      for (const ChangedBatch& batch : news.batches) {
        for (const Change& change : batch.changes) leave_alone(change.id);
      }
      known_ = news.lsn;
      more = news.more;
    }
    return {};
  }

  Result<void> check_news(const Changes& news) const {
    if (!news.faults.empty()) {
      const Fault& fault = news.faults.front();
      return fail_at(ErrorCode::corrupt,
                     "What was changed since the plan cannot be told: " + fault.message, fault.file,
                     fault.offset);
    }
    if (news.kept_after > known_) {
      return fail(ErrorCode::conflict,
                  "The plan is too old: what was changed since is not kept any more");
    }
    return {};
  }

  // Those of this run's own batches are not open any more.
  void leave_alone(const std::string& id) {
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.is_changed) return;
    found->second.is_changed = true;
    done_.missing.push_back(id);
  }

  // From next_ on; sets `end` behind the last candidate that it looked at.
  Batch next_batch(usize& end) const {
    Batch batch;
    batch.require_unchanged_since(known_);
    for (end = next_; end < plan_.candidates.size() && batch.size() < batch_changes_max; ++end) {
      const GcCandidate& one = plan_.candidates[end];
      const auto found = open_.find(one.id);
      if (found == open_.end() || found->second.at != end || found->second.is_changed) continue;
      if (one.action == GcAction::erase) {
        batch.erase(one.id);
      } else {
        batch.update(one.id, Update{.tier = Tier::stashed});
      }
    }
    return batch;
  }

  void add(Committed committed) {
    done_.lsn = committed.lsn;
    done_.updated += committed.updated;
    done_.erased += committed.erased;
    done_.missing.insert(done_.missing.end(), committed.missing.begin(), committed.missing.end());
  }

  Error with_what_was_done(Error error) const {
    if (done_.erased + done_.updated == 0) return error;
    error.message += " (until then " + std::to_string(done_.erased) + " were erased and " +
                     std::to_string(done_.updated) + " stashed)";
    return error;
  }

  Project::State& project_;
  const GcPlan& plan_;
  u64 known_;       // what was committed up to there is known
  usize next_ = 0;  // the first candidate that no batch has held
  Committed done_;
  bool has_conflict_ = false;  // the last batch
  // By id, those from next_ on. Views the plan.
  std::unordered_map<std::string_view, Place> open_;
};

}  // namespace

Result<Committed> run_gc(Project::State& project, const GcPlan& plan) {
  return GcRun(project, plan).run();
}

}  // namespace shale::store

#include "store/retention.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/system.hpp"
#include "query/retention.hpp"
#include "store/durability.hpp"
#include "store/guarded_erase.hpp"
#include "store/lost_files.hpp"
#include "store/merger.hpp"
#include "store/project.hpp"
#include "store/shard_drop.hpp"

namespace shale::store {

namespace {

constexpr int passes_max = 8;  // each time folds took the changes that it had to know
constexpr u32 block_documents = 4096;

using Ranges = std::vector<std::optional<query::CreatedRange>>;

i64 first_moment_of(u32 month) {
  const std::chrono::year_month_day first{std::chrono::year(int(month / 100)),
                                          std::chrono::month(month % 100), std::chrono::day(1)};
  const std::chrono::sys_time<std::chrono::microseconds> moment = std::chrono::sys_days(first);
  return moment.time_since_epoch().count();
}

std::optional<query::CreatedRange> range_of(u32 month) {
  const bool is_month = month % 100 >= 1 && month % 100 <= 12 && month / 100 <= 32'767;
  if (!is_month) return std::nullopt;
  const u32 next = month % 100 == 12 ? month + 89 : month + 1;
  return query::CreatedRange{first_moment_of(month), first_moment_of(next)};
}

// Of each index of the view. A shard of a month says so in MANIFEST.
Ranges ranges_of(const View& view) {
  Ranges ranges(view.indexes.size());
  for (usize at = 0; at < view.shard_count(); ++at) {
    for (const catalog::ShardEntry& entry : view.edition->manifest.shards) {
      if (entry.id == view.indexes[at].index->file_id()) ranges[at] = range_of(entry.month);
    }
  }
  return ranges;
}

// What the rules choose in one view.
struct Choice {
  std::shared_ptr<const View> view;
  Ranges ranges;
  query::RetentionChoice chosen;

  bool is_whole_shard(usize at) const {
    const u32 going = chosen.leaving[at].count();
    return at < view->shard_count() && going > 0 && going == chosen.leaving[at].live;
  }
};

Result<Choice> choose(std::shared_ptr<const View> view, const RetentionRules& rules) {
  Choice choice;
  choice.ranges = ranges_of(*view);
  choice.chosen = TRY(query::choose_leaving(view->indexes, choice.ranges, rules,
                                            rules.now_us.value_or(now_microseconds())));
  choice.view = std::move(view);
  TRY(check_still_there(*choice.view));
  return choice;
}

void add(const RetentionPlan& more, RetentionPlan& all) {
  if (all.rows.empty()) all.rows.resize(more.rows.size());
  for (usize i = 0; i < more.rows.size(); ++i) {
    all.rows[i].rule = more.rows[i].rule;
    all.rows[i].segments += more.rows[i].segments;
    all.rows[i].text_bytes += more.rows[i].text_bytes;
    all.rows[i].tokens += more.rows[i].tokens;
  }
  all.segments += more.segments;
  all.text_bytes += more.text_bytes;
  all.tokens += more.tokens;
}

Result<RetentionPlan> summed(const Project::State& project, Choice& choice) {
  RetentionPlan plan = TRY(query::sum_of_leaving(choice.view->indexes, choice.chosen.leaving));
  plan.pinned = choice.chosen.pinned;
  plan.faults = choice.view->edition->faults;
  for (Fault& fault : choice.chosen.faults) plan.faults.push_back(fault);
  for (Fault& fault : plan.faults) fault.project = project.name;
  return plan;
}

class Retention {
 public:
  Retention(Project::State& project, const RetentionRules& rules, const ProgressCallback& progress,
            std::stop_token stop, bool is_patient)
      : project_(project),
        rules_(rules),
        progress_(progress),
        stop_(std::move(stop)),
        is_patient_(is_patient) {}

  Result<RetentionPlan> run() {
    for (int pass = 0; pass < passes_max; ++pass) {
      const bool is_done = TRY(pass_once());
      if (!is_done) continue;
      TRY(sync_project(project_));
      return std::move(done_);
    }
    return fail_at(ErrorCode::busy, "Folds overtook the rules of retention each time",
                   project_.paths.manifest().string());
  }

 private:
  // False: what was changed meanwhile is not kept; the rest needs a new choice.
  Result<bool> pass_once() {
    const u64 incarnation = project_.incarnation.load();
    TRY(choose_anew());
    if (has_whole_shards()) {
      const std::optional<MergeLock> lock = TRY(lock_merges());
      // Document by document they would go by the hundred thousand: the next time, then.
      if (!lock.has_value()) return true;
      TRY(choose_anew());
      if (TRY(fold_older_logs())) TRY(choose_anew());
      TRY(drop(incarnation));
    }
    const bool is_done = TRY(erase_rest());
    const RetentionPlan plan = TRY(summed(project_, choice_));
    add(plan, done_);
    done_.pinned = plan.pinned;
    done_.faults = plan.faults;
    return is_done;
  }

  Result<void> choose_anew() {
    std::shared_ptr<const View> view = TRY(settled_view(project_));
    choice_ = TRY(choose(std::move(view), rules_));
    return {};
  }

  bool has_whole_shards() const {
    for (usize at = 0; at < choice_.view->shard_count(); ++at) {
      if (choice_.is_whole_shard(at)) return true;
    }
    return false;
  }

  Result<std::optional<MergeLock>> lock_merges() {
    if (!is_patient_) return MergeLock::try_acquire(project_, {});
    return std::optional<MergeLock>(TRY(MergeLock::acquire(project_)));
  }

  // Under the merge lock. Whether logs had to be folded so that shards can be dropped.
  Result<bool> fold_older_logs() {
    bool is_held_up = false;
    const catalog::Manifest& manifest = choice_.view->edition->manifest;
    for (usize at = 0; at < choice_.view->shard_count(); ++at) {
      if (!choice_.is_whole_shard(at)) continue;
      const FileId id = choice_.view->indexes[at].index->file_id();
      for (const catalog::ShardEntry& entry : manifest.shards) {
        is_held_up |= entry.id == id && !may_be_dropped(manifest, entry);
      }
    }
    if (!is_held_up) return false;
    TRY(seal_to_merge(project_, false));
    const MergePlanner plan_for = [](const View& view) -> Result<std::optional<MergePlan>> {
      std::optional<MergePlan> plan;
      std::vector<FileId> logs = sealed_logs(view.edition->manifest);
      if (!logs.empty()) plan = MergePlan{{}, std::move(logs), false};
      return plan;
    };
    (void)TRY(merge_as_planned(project_, plan_for, stop_));
    return true;
  }

  // Under the merge lock.
  Result<void> drop(u64 incarnation) {
    std::vector<DropCandidate> candidates;
    for (usize at = 0; at < choice_.view->shard_count(); ++at) {
      if (choice_.is_whole_shard(at)) candidates.push_back(TRY(candidate_of(at)));
    }
    if (candidates.empty()) return {};
    for (const DropCandidate& one :
         TRY(drop_shards(project_, *choice_.view, incarnation, candidates))) {
      ++done_.shards_dropped;
      dropped_.push_back(one.at);
      done_.left += one.died.size();
      remove_from(choice_.chosen.leaving[one.at], one.died);
    }
    return {};
  }

  Result<DropCandidate> candidate_of(usize at) const {
    DropCandidate candidate{at, choice_.chosen.leaving[at].count(), 0, 0, {}};
    if (const auto& range = choice_.ranges[at]) {
      candidate.created_first = range->first;
      candidate.created_last = range->end - 1;
      return candidate;
    }
    candidate.created_first = std::numeric_limits<i64>::max();
    candidate.created_last = std::numeric_limits<i64>::min();
    const Index& index = *choice_.view->indexes[at].index;
    std::vector<i64> created;
    for (u32 first = 0; first < index.document_count(); first += block_documents) {
      created.resize(std::min(block_documents, index.document_count() - first));
      TRY(index.numbers(Field::created, first, created));
      for (const i64 one : created) {
        candidate.created_first = std::min(candidate.created_first, one);
        candidate.created_last = std::max(candidate.created_last, one);
      }
    }
    return candidate;
  }

  // False: as pass_once(). What was not erased is no longer among what leaves.
  Result<bool> erase_rest() {
    GuardedErase erase(project_, choice_.view->committed);
    bool is_known = true;
    for (usize at = 0; at < choice_.view->indexes.size(); ++at) {
      if (std::find(dropped_.begin(), dropped_.end(), at) != dropped_.end()) continue;
      query::Leaving& leaving = choice_.chosen.leaving[at];
      const std::vector<u32> docs = leaving.to_vector();
      for (usize begin = 0; begin < docs.size(); begin += GuardedErase::batch_ids) {
        const usize count = std::min(docs.size() - begin, GuardedErase::batch_ids);
        const std::span<const u32> some = std::span(docs).subspan(begin, count);
        if (is_known) is_known = TRY(erase_some(erase, at, some));
        if (!is_known) remove_from(leaving, some);
      }
    }
    dropped_.clear();
    return is_known;
  }

  Result<bool> erase_some(GuardedErase& erase, usize at, std::span<const u32> docs) {
    std::vector<std::string> ids(docs.size());
    TRY(choice_.view->indexes[at].index->ids_of(docs,
                                                [&](usize i, std::string_view id) -> Result<void> {
                                                  ids[i] = id;
                                                  return {};
                                                }));
    TRY(check_still_there(*choice_.view));
    const auto left = TRY(erase.erase(ids));
    if (!left.has_value()) return false;
    for (const usize i : *left) choice_.chosen.leaving[at].remove(docs[i]);
    done_.left += left->size();
    erased_ += docs.size() - left->size();
    const bool go_on = !progress_ || progress_({0, 0, erased_});
    if (go_on && !stop_.stop_requested()) return true;
    return fail(ErrorCode::cancelled, "Retention was cancelled: what has gone by then has gone");
  }

  static void remove_from(query::Leaving& leaving, std::span<const u32> docs) {
    for (const u32 doc : docs) leaving.remove(doc);
  }

  Project::State& project_;
  const RetentionRules& rules_;
  const ProgressCallback& progress_;
  std::stop_token stop_;
  bool is_patient_;
  Choice choice_;
  std::vector<usize> dropped_;  // indexes of the choice's view
  u64 erased_ = 0;
  RetentionPlan done_;
};

}  // namespace

Result<RetentionPlan> plan_retention(Project::State& project, const RetentionRules& rules) {
  std::shared_ptr<const View> view = TRY(snapshot_view(project));
  Choice choice = TRY(choose(std::move(view), rules));
  RetentionPlan plan = TRY(summed(project, choice));
  TRY(check_still_there(*choice.view));
  for (usize at = 0; at < choice.view->indexes.size(); ++at) {
    plan.shards_dropped += choice.is_whole_shard(at) ? 1 : 0;
  }
  return plan;
}

Result<RetentionPlan> apply_retention(Project::State& project, const RetentionRules& rules,
                                      const ProgressCallback& progress, std::stop_token stop) {
  // The rules are read by columns before the lease is asked for: who may not write must not come
  // that far.
  if (project.is_private) return Unexpected{Lease::acquire(project, "retain").error()};
  return Retention(project, rules, progress, std::move(stop), true).run();
}

Result<void> apply_retention_if_free(Project::State& project, const RetentionRules& rules,
                                     std::stop_token stop) {
  if (project.is_private) return {};
  const ProgressCallback nobody;
  (void)TRY(Retention(project, rules, nobody, std::move(stop), false).run());
  return {};
}

}  // namespace shale::store

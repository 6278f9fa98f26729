#include "store/merger.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/file.hpp"
#include "model/record.hpp"
#include "store/access_carry.hpp"
#include "store/changes_draft.hpp"
#include "store/durability.hpp"
#include "store/lease.hpp"
#include "store/lost_files.hpp"
#include "store/orphans.hpp"
#include "store/overlay_changes.hpp"
#include "store/project.hpp"
#include "store/publish.hpp"
#include "store/recount.hpp"
#include "store/shard_builder.hpp"

namespace shale::store {

namespace {

constexpr u64 step_text_bytes_max = u64(256) << 20;  // about two seconds of merging
constexpr int attempts_max = 8;  // a log is left where a syncer dies: rarely once in a merge

class MergeJob {
 public:
  MergeJob(Project::State& project, const MergePlan& plan, std::stop_token stop)
      : project_(project),
        plan_(plan),
        stop_(std::move(stop)),
        drafts_(project.paths),
        access_drafts_(project.paths),
        changes_(project) {}

  // Shards that no manifest came to name go away again.
  ~MergeJob() {
    std::vector<std::filesystem::path> built;
    for (const Output& output : outputs_) {
      built.push_back(project_.paths.shard(output.built.entry.id));
    }
    if (!built.empty()) remove_unless_named(project_.paths, built);
  }
  MergeJob(const MergeJob&) = delete;

  u64 counted() const {
    u64 sum = 0;
    for (const Output& output : outputs_) sum += output.built.counted;
    return sum;
  }

  Result<MergeEnd> run() {
    start_ = TRY(settled_view(project_));
    TRY(collect_sources());
    TRY(build());
    if (!plan_.logs.empty()) TRY(changes_.write(*start_->edition, plan_.logs));
    TRY(check_still_there(*start_));
    if (!TRY(catch_up())) return MergeEnd::overtaken;
    const AccessLock accesses = TRY(AccessLock::acquire(project_));
    const std::vector<CarriedShard> carried = carried_shards();
    TRY(carry_accesses(accesses, sources_, carried, access_drafts_));
    const MergeEnd end = TRY(commit_leased());
    // Else they stay at versions that are dead, and are the live ones' all the same.
    if (end == MergeEnd::published) static_cast<void>(hand_on_accesses(project_, carried));
    return end;
  }

 private:
  struct Output {
    DocumentPlan plan;
    BuiltShard built;
    u32 month = 0;
  };

  Result<void> collect_sources() {
    for (const IndexView& one : stored_indexes(*start_)) {
      const FileId id = one.index->file_id();
      if (!is_one_of(plan_.shards, id) && !is_one_of(plan_.logs, id)) continue;
      sources_.push_back({one, std::dynamic_pointer_cast<const shard::Shard>(one.index)});
    }
    if (sources_.size() != plan_.shards.size() + plan_.logs.size()) {
      if (!start_->edition->faults.empty()) {
        const Fault& fault = start_->edition->faults.front();
        return fail_at(ErrorCode::corrupt, fault.message, fault.file, fault.offset);
      }
      return fail_at(ErrorCode::corrupt, "A file to be merged cannot be read",
                     project_.paths.shard_folder().string());
    }
    return {};
  }

  Result<void> build() {
    std::vector<u32> months = {0};
    if (plan_.split_months) months = TRY(months_of(sources_));
    for (const u32 month : months) {
      Output output;
      output.month = month;
      output.plan = TRY(
          plan_documents(sources_, plan_.split_months ? std::optional<u32>(month) : std::nullopt));
      if (output.plan.documents.empty()) continue;
      BuildRequest request = build_request(project_, *start_);
      request.sources = sources_;
      request.plan = &output.plan;
      request.replaced = plan_.shards;
      request.replaced.insert(request.replaced.end(), plan_.logs.begin(), plan_.logs.end());
      request.newest_dictionary = TRY(newest_dictionary(*start_));
      request.stop = stop_;
      request.counting.recount = plan_.recount;
      output.built = TRY(build_shard(request));
      outputs_.push_back(std::move(output));
    }
    return {};
  }

  // What the lease would have to wait for, without it: the overlays as of now, and the log's sync.
  // False: overtaken already.
  Result<bool> catch_up() {
    const std::shared_ptr<const View> now = TRY(settled_view(project_));
    if (!TRY(inputs_hold(*now))) return false;
    (void)TRY(next_manifest(*now));
    TRY(sync_project(project_));
    return true;
  }

  Result<MergeEnd> commit_leased() {
    Lease lease = TRY(Lease::acquire(project_, "merge"));
    return commit(lease);
  }

  std::vector<CarriedShard> carried_shards() const {
    std::vector<CarriedShard> carried;
    carried.reserve(outputs_.size());
    for (const Output& output : outputs_) carried.push_back({output.built.entry.id, &output.plan});
    return carried;
  }

  Result<MergeEnd> commit(Lease& lease) {
    // What an overlay calls dead is dead for good: the batch that superseded it must not be lost.
    TRY(make_committed_durable(lease));
    if (!TRY(inputs_hold(*lease.view()))) return MergeEnd::overtaken;
    catalog::Manifest next = TRY(next_manifest(*lease.view()));
    TRY(publish_edition(lease, std::move(next)));
    count_merge();
    // What one who was killed has left may be as long as all that was merged.
    // Not where another store stands at the path since.
    if (TRY(project_.shared_lock_file()->still_at_path())) {
      remove_orphans(project_.paths, lease.view()->edition->manifest, Orphans::but_overlays);
    }
    return MergeEnd::published;
  }

  void count_merge() const {
    u64 read = 0, written = 0;
    for (const catalog::ShardEntry& entry : start_->edition->manifest.shards) {
      if (is_one_of(plan_.shards, entry.id)) read += entry.file_bytes;
    }
    for (const catalog::LogEntry& entry : start_->edition->manifest.logs) {
      if (is_one_of(plan_.logs, entry.id)) read += entry.sealed_end;
    }
    for (const Output& output : outputs_) written += output.built.entry.file_bytes;
    project_.figures.add_merge(plan_.shards.empty(), read, written, clock_nanoseconds() - began_);
  }

  // Whether what start_ saw has the LSNs it had there, by which later updates are told from those
  // that are in the new shards already. Of a log that was left (leave_log.hpp) the last batches
  // went on to another, under new ones.
  bool still_vouched_for(const catalog::Manifest& now) const {
    const FileId active = start_->edition->manifest.logs.back().id;
    if (start_->committed.log_sequence() != active.sequence) return true;
    return std::any_of(now.logs.begin(), now.logs.end(), [&](const catalog::LogEntry& log) {
      return log.id == active && (log.sealed_end == 0 || log.last_lsn >= start_->committed);
    });
  }

  // Whether what was read is what is there now. A store that was replaced has a merge lock of its
  // own, which is not held here: an error.
  Result<bool> inputs_hold(const View& now) const {
    if (project_.incarnation.load() != incarnation_) {
      return fail_at(ErrorCode::busy, "The store was replaced in the middle of a merge",
                     project_.paths.manifest().string());
    }
    const auto is_there = [&](const auto& entries, FileId id) {
      return std::any_of(entries.begin(), entries.end(),
                         [&](const auto& entry) { return entry.id == id; });
    };
    const catalog::Manifest& manifest = now.edition->manifest;
    bool all = still_vouched_for(manifest);
    for (const FileId id : plan_.shards) all &= is_there(manifest.shards, id);
    for (const FileId id : plan_.logs) all &= is_there(manifest.logs, id);
    return all;
  }

  // The edition that would come after `now`, with its overlay files on disk.
  Result<catalog::Manifest> next_manifest(const View& now) {
    catalog::Manifest next = now.edition->manifest;
    if (!plan_.logs.empty()) TRY(keep_what_logs_said(now, next));
    std::vector<catalog::ShardEntry> entries;
    for (const Output& output : outputs_) entries.push_back(TRY(carry_over(output, now)));
    replace_inputs(next, entries);
    if (!plan_.logs.empty()) changes_.apply(next);
    next.as_of = now.committed;
    TRY(check_still_there(*start_));  // nothing made of zeros is published
    TRY(check_still_there(now));
    return next;
  }

  // Tombstones and updates of the folded logs for shards that stay: into their own files.
  Result<void> keep_what_logs_said(const View& now, catalog::Manifest& next) {
    for (usize i = 0; i < next.shards.size(); ++i) {
      catalog::ShardEntry& entry = next.shards[i];
      if (is_one_of(plan_.shards, entry.id)) continue;
      for (usize at = 0; at < now.shard_count(); ++at) {
        const IndexView& one = now.indexes[at];
        if (one.index->file_id() != entry.id) continue;
        TRY(drafts_.write(*one.overlay, *now.edition->overlays[i], now.committed, entry));
      }
    }
    return {};
  }

  // What happened to the inputs' documents since the merge began, beside the new shard.
  Result<catalog::ShardEntry> carry_over(const Output& output, const View& now) {
    Overlay overlay;
    std::map<FileId, const std::vector<u32>*> numbers;
    for (usize s = 0; s < sources_.size(); ++s) {
      const FileId id = sources_[s].view.index->file_id();
      numbers[id] = &output.plan.new_numbers[s];
      Bitmap died = dead_now(now, id);
      died -= sources_[s].view.overlay->dead;
      for (const u32 doc : died.to_vector()) {
        const u32 number = output.plan.new_numbers[s][doc];
        if (number != no_document) overlay.dead.add(number);
      }
    }
    for (const auto& log : now.logs) {
      TRY(log->for_each_update(start_->committed, [&](const delta::LogIndex::UpdateEntry& entry) {
        const auto found = numbers.find(entry.index);
        if (found == numbers.end()) return;
        const u32 number = (*found->second)[to_index(entry.doc)];
        if (number == no_document) return;
        Update& sum = overlay.patches[number];
        sum = merge_updates(std::move(sum), entry.update);
      }));
    }
    catalog::ShardEntry entry = output.built.entry;
    entry.as_of = start_->committed;
    entry.month = output.month;
    entry.level = plan_.shards.empty() ? 0 : 1;
    TRY(drafts_.write(overlay, Overlay{}, now.committed, entry));
    return entry;
  }

  static Bitmap dead_now(const View& now, FileId id) {
    for (const IndexView& one : now.indexes) {
      if (one.index->file_id() == id) return one.overlay->dead;
    }
    return {};
  }

  void replace_inputs(catalog::Manifest& next,
                      const std::vector<catalog::ShardEntry>& entries) const {
    const bool folds = !plan_.logs.empty();
    std::erase_if(next.shards,
                  [&](const auto& entry) { return is_one_of(plan_.shards, entry.id); });
    std::erase_if(next.logs, [&](const auto& entry) { return is_one_of(plan_.logs, entry.id); });
    for (const catalog::ShardEntry& entry : entries) {
      next.next_sequence = std::max(next.next_sequence, entry.id.sequence + 1);
      next.written_bytes += entry.file_bytes;
      if (folds && plan_.shards.empty()) next.ingested_bytes += entry.text_bytes;
      next.shards.push_back(entry);
    }
  }

  Project::State& project_;
  const MergePlan& plan_;
  std::stop_token stop_;
  std::shared_ptr<const View> start_;
  std::vector<MergeSource> sources_;
  std::vector<Output> outputs_;
  OverlayDrafts drafts_;
  DraftFiles access_drafts_;
  ChangesDraft changes_;
  u64 incarnation_ = project_.incarnation.load();
  u64 began_ = clock_nanoseconds();
};

u64 text_bytes(const catalog::Manifest& manifest, const std::vector<FileId>& shards) {
  u64 sum = 0;
  for (const catalog::ShardEntry& entry : manifest.shards) {
    if (is_one_of(shards, entry.id)) sum += entry.text_bytes;
  }
  return sum;
}

}  // namespace

Result<MergeEnd> run_merge(Project::State& project, const MergePlan& plan, std::stop_token stop) {
  return MergeJob(project, plan, std::move(stop)).run();
}

Result<void> seal_to_merge(Project::State& project, bool only_if_due) {
  Lease lease = TRY(Lease::acquire(project, "seal"));
  if (only_if_due && !TRY(seal_is_due(lease, 0, 0))) return {};
  return seal_active_log(lease);
}

Result<std::optional<MergeStep>> merge_as_planned(Project::State& project,
                                                  const MergePlanner& plan_for,
                                                  const std::stop_token& stop) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const std::shared_ptr<const View> view = TRY(settled_view(project));
    const std::optional<MergePlan> plan = TRY(plan_for(*view));
    if (!plan.has_value()) return std::optional<MergeStep>();
    MergeJob job(project, *plan, stop);
    if (TRY(job.run()) == MergeEnd::overtaken) continue;
    return std::optional<MergeStep>(
        {text_bytes(view->edition->manifest, plan->shards), job.counted()});
  }
  return fail_at(ErrorCode::busy, "Each time a merge was at its end, the log had been left",
                 project.paths.manifest().string());
}

Result<void> merge_project(Project::State& project, bool full, const ProgressCallback& progress,
                           std::stop_token stop) {
  TRY(seal_to_merge(project, false));
  const MergeLock lock = TRY(MergeLock::acquire(project));
  u64 done_bytes = 0;
  bool is_full = full;
  const MergePlanner plan_for = [&](const View& view) -> Result<std::optional<MergePlan>> {
    const catalog::Manifest& manifest = view.edition->manifest;
    return is_full ? full_merge(manifest) : next_merge(manifest, ~u64(0));
  };
  for (;;) {
    const std::optional<MergeStep> step = TRY(merge_as_planned(project, plan_for, stop));
    if (!step.has_value()) break;
    is_full = false;
    done_bytes += step->text_bytes;
    if (progress && !progress({done_bytes, 0, 0})) {
      return fail(ErrorCode::cancelled, "The merge was cancelled");
    }
    if (full) break;
  }
  return count_missing(project, stop);
}

Result<bool> fold_sealed(Project::State& project, usize waiting,
                         std::chrono::milliseconds patience) {
  const std::optional<MergeLock> lock = TRY(MergeLock::try_acquire(project, patience));
  if (!lock.has_value()) return false;
  const MergePlanner plan_for = [&](const View& view) -> Result<std::optional<MergePlan>> {
    std::optional<MergePlan> plan;
    std::vector<FileId> logs = sealed_logs(view.edition->manifest);
    if (logs.size() >= waiting) plan = MergePlan{{}, std::move(logs), false};
    return plan;
  };
  return TRY(merge_as_planned(project, plan_for, {})).has_value();
}

Result<bool> merge_step(Project::State& project) {
  if (project.is_private) return false;
  const std::optional<MergeLock> lock = TRY(MergeLock::try_acquire(project, {}));
  if (!lock.has_value()) return false;
  TRY(seal_to_merge(project, true));
  const auto plan_for = [](const View& view) -> Result<std::optional<MergePlan>> {
    return next_merge(view.edition->manifest, step_text_bytes_max);
  };
  return TRY(merge_as_planned(project, plan_for, {})).has_value();
}

}  // namespace shale::store

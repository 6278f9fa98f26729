#include "store/project.hpp"

#include <shale/stats.hpp>

#include "base/file_memory.hpp"
#include "base/system.hpp"
#include "store/accesses.hpp"
#include "store/async_commits.hpp"
#include "store/bulk.hpp"
#include "store/current_view.hpp"
#include "store/durability.hpp"
#include "store/gc_run.hpp"
#include "store/lease.hpp"
#include "store/lost_files.hpp"
#include "store/merger.hpp"
#include "store/project_stats.hpp"
#include "store/recount.hpp"
#include "store/recovery.hpp"
#include "store/retention.hpp"
#include "store/slots.hpp"
#include "store/stash.hpp"

namespace shale {

namespace store {

Result<std::shared_ptr<Project::State>> open_project(const ProjectRequest& request) {
  // The last handle may be a snapshot that outlives its store and the housekeeper.
  const std::shared_ptr<Project::State> project(new Project::State, [](Project::State* last) {
    keep_accesses(*last, true);
    delete last;
  });
  project->volume = MemoryVolume::of(request.store);
  project->name = request.name;
  project->paths.folder = request.store / "projects" / catalog::encode_project_name(request.name);
  project->options = request.options;
  project->config = request.config;
  project->caches = request.caches;
  if (!request.options.read_only) {
    const Sharing sharing = TRY(
        sharing_in(request.surroundings, project->paths.folder, request.options.any_file_system));
    project->is_alone = sharing.is_alone;
    project->boot = sharing.boot;
  }
  if (!TRY(path_exists(project->paths.manifest()))) {
    if (request.options.read_only || !request.options.create) {
      return fail_at(ErrorCode::not_found, "There is no project '" + request.name + "'",
                     project->paths.folder.string());
    }
    TRY(create_project(project->paths, request.name, request.config));
  }
  TRY(open_project_state(*project));
  if (project->options.hot_bytes > 0 && project->volume == nullptr) {
    project->hot_pages = std::make_unique<HotPages>(*project);
  }
  return project;
}

namespace {

bool is_repairable(const Project::State& project, const Result<std::shared_ptr<const View>>& view) {
  if (project.is_private) return false;
  if (view) return index_is_gone(*(*view)->edition);
  return view.error().code == ErrorCode::not_found || view.error().code == ErrorCode::busy;
}

// Taking the lease settles what a killed holder left, and what was lost.
Result<std::shared_ptr<const View>> repaired_view(Project::State& project) {
  return TRY(Lease::acquire(project, "repair")).view();
}

}  // namespace

Result<std::shared_ptr<const View>> snapshot_view(Project::State& project) {
  Result<std::shared_ptr<const View>> view = current_view(project);
  if (!is_repairable(project, view)) return view;
  if (!view) {
    // A reader who has anything to show does not wait for one who is at it.
    if (const std::shared_ptr<const View> before = view_of_before(project); before != nullptr) {
      const auto lease = Lease::try_acquire(project, "repair", {});
      return lease && lease->has_value() ? (*lease)->view() : before;
    }
  }
  Result<std::shared_ptr<const View>> repaired = repaired_view(project);
  return repaired || !view ? repaired : view;  // where that has logs missing, it says so
}

Result<std::shared_ptr<const View>> settled_view(Project::State& project) {
  Result<std::shared_ptr<const View>> view = current_view(project);
  if (!is_repairable(project, view)) return view;
  return repaired_view(project);
}

}  // namespace store

Result<Committed> Project::commit(const Batch& batch, Durability durability) {
  TRY(check_process(*state_));
  return store::commit_batch(*state_, batch.state(), durability);
}

Result<void> Project::commit_async(Batch batch, Completion done, Durability durability) {
  TRY(check_process(*state_));
  if (const auto commits = state_->async_commits.lock()) {
    return commits->add({state_, std::move(batch), std::move(done), durability},
                        state_->options.busy_timeout);
  }
  // The store is closed, and its thread gone: nobody is left to wait for.
  done(store::commit_batch(*state_, batch.state(), durability));
  return {};
}

Result<void> Project::stash_async(NewSegment segment, Completion done, Durability durability) {
  Batch batch;
  batch.stash(std::move(segment));
  return commit_async(std::move(batch), std::move(done), durability);
}

Result<Committed> Project::ingest(const Batch& batch, const ProgressCallback& progress,
                                  std::stop_token stop) {
  TRY(check_process(*state_));
  return store::ingest_batch(*state_, batch.state(), progress, std::move(stop));
}

Result<Snapshot> Project::snapshot(const SnapshotOptions& options) const {
  TRY(check_process(*state_));
  const store::Sampled timed(state_->figures, Operation::snapshot);
  state_->kept_views.drop_old();
  // For a project that outlives its store, and with that its housekeeper.
  if (state_->accesses.counts.is_crowded()) store::keep_accesses(*state_, false);
  auto view = TRY(store::snapshot_view(*state_));
  if (options.durable_only) view = TRY(store::durable_view(*state_, view));
  return Snapshot(
      std::make_shared<const Snapshot::State>(Snapshot::State{state_, std::move(view)}));
}

Result<void> Project::merge(bool full, const ProgressCallback& progress, std::stop_token stop) {
  TRY(check_process(*state_));
  return store::merge_project(*state_, full, progress, std::move(stop));
}

Result<std::uint64_t> Project::recount_tokens(const ProgressCallback& progress,
                                              std::stop_token stop) {
  TRY(check_process(*state_));
  return store::recount_project(*state_, progress, std::move(stop));
}

Result<bool> Project::merge_step() {
  TRY(check_process(*state_));
  return store::merge_step(*state_);
}

Result<ProjectStats> Project::stats() const {
  TRY(check_process(*state_));
  return store::project_stats(*state_);
}

Result<Committed> Project::run_gc(const GcPlan& plan) {
  TRY(check_process(*state_));
  return store::run_gc(*state_, plan);
}

Result<RetentionPlan> Project::plan_retention(const RetentionRules& rules) const {
  TRY(check_process(*state_));
  return store::plan_retention(*state_, rules);
}

Result<RetentionPlan> Project::retain(const RetentionRules& rules, const ProgressCallback& progress,
                                      std::stop_token stop) {
  TRY(check_process(*state_));
  return store::apply_retention(*state_, rules, progress, std::move(stop));
}

Result<Verified> Project::verify(const ProgressCallback& progress, std::stop_token stop) const {
  TRY(check_process(*state_));
  return store::verify_project(*state_, progress, stop);
}

Result<void> Project::sync() {
  TRY(check_process(*state_));
  return store::sync_project(*state_);
}

Result<std::vector<OpenBy>> Project::who() const {
  TRY(check_process(*state_));
  return store::open_by(*state_);
}

const std::string& Project::name() const noexcept { return state_->name; }

}  // namespace shale
